"""Faults of the reply as a whole: its status, its headers, its body."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from dragoman.testing.faults.fault import Asked, Maker, fault
from dragoman.testing.faults.server_dialect import TEXTS, Json
from dragoman.testing.faults.server_dialects import SERVER_DIALECTS
from dragoman.testing.reply import EVENT_STREAM, Reply, Script

__all__: list[str] = []

STATUSES = (400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 504, 529)
REDIRECTS = (301, 302, 303, 307, 308)
WAITS = {
    "1": {"retry-after": "1"},
    "fraction": {"retry-after": "0.2"},
    "ms": {"retry-after-ms": "30", "retry-after": "9"},
    "0": {"retry-after": "0"},
    "30": {"retry-after": "30"},
    "3600": {"retry-after": "3600"},
    "inf": {"retry-after": "inf"},
    "negative": {"retry-after": "-5"},
    "nan": {"retry-after": "nan"},
    "junk": {"retry-after": "soon"},
    "past": {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"},
}
_PAGE = b"<!doctype html><html><body>" + b"The gateway is out for lunch. " * 60 + b"</body></html>"


def _failed(asked: Asked, status: int, headers: dict[str, str] | None = None) -> Reply:
    return Reply.json(asked.server_dialect.error(status), status=status, headers=headers or {})


def _kind(asked: Asked) -> str:
    return EVENT_STREAM if asked.streamed else "application/json"


def _enter(name: str, summary: str, make: Maker) -> None:
    def maker(asked: Asked) -> Script:
        return make(asked)

    maker.__doc__ = summary
    fault(name=name)(maker)


def _status(status: int) -> Maker:
    return lambda asked: _failed(asked, status)


def _waiting(headers: dict[str, str]) -> Maker:
    return lambda asked: _failed(asked, 429, headers)


def _coded(name: str) -> Maker:
    def make(asked: Asked) -> Script:
        status, body = asked.server_dialect.coded[name]
        return Reply.json(body, status=status)

    return make


def _odd(name: str) -> Maker:
    def make(asked: Asked) -> Script:
        oddity = asked.server_dialect.unusual_replies[name]
        return Reply.sse(b"".join(oddity.events)) if asked.streamed else Reply.json(oddity.whole)

    return make


def _redirect(status: int, host: str, path: str) -> Maker:
    def make(asked: Asked) -> Script:
        port = asked.request.headers["host"].rpartition(":")[2]
        where = path or asked.request.path
        return Reply(status=status, headers={"location": f"http://{host}:{port}{where}"})

    return make


for _number in STATUSES:
    _enter(f"status_{_number}", f"Report an error with the status {_number}.", _status(_number))
for _name, _headers in WAITS.items():
    _stated = ", ".join(f"{key}: {value}" for key, value in _headers.items())
    _enter(f"retry_after_{_name}", f"Answer 429 with {_stated}.", _waiting(_headers))
for _number in REDIRECTS:
    _enter(f"redirect_{_number}", f"Redirect to another origin with {_number}.", _redirect(_number, "localhost", "/ok"))
_enter("redirect_same", "Redirect to another path of the same origin.", _redirect(307, "127.0.0.1", "/ok"))
_enter("redirect_loop", "Redirect to the address that was asked.", _redirect(308, "127.0.0.1", ""))
for _name in sorted({name for server_dialect in SERVER_DIALECTS for name in server_dialect.coded}):
    _enter(_name, f"Report an error of the vendor's own: {_name.replace('_', ' ')}.", _coded(_name))
for _name in sorted({name for server_dialect in SERVER_DIALECTS for name in server_dialect.unusual_replies}):
    _enter(_name, f"Answer unusually: {_name.replace('_', ' ')}.", _odd(_name))


@fault()
def retry_after_date(asked: Asked) -> Script:
    """Answer 429 with a date in half a minute as retry-after."""
    when = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    return _failed(asked, 429, {"retry-after": when})


@fault()
def should_retry_true(asked: Asked) -> Script:
    """Answer 400 with x-should-retry: true."""
    return _failed(asked, 400, {"x-should-retry": "true"})


@fault()
def should_retry_false(asked: Asked) -> Script:
    """Answer 503 with x-should-retry: false."""
    return _failed(asked, 503, {"x-should-retry": "false"})


@fault()
def html_200(_: Asked) -> Script:
    """Answer 200 with a page of HTML."""
    return Reply(headers={"content-type": "text/html; charset=utf-8"}, body=_PAGE)


@fault()
def empty_200(asked: Asked) -> Script:
    """Answer 200 with an empty body."""
    return Reply(headers={"content-type": _kind(asked)})


@fault()
def json_error_200(asked: Asked) -> Script:
    """Answer 200 with the body of an error."""
    return Reply.json(asked.server_dialect.error(503))


@fault()
def json_200(asked: Asked) -> Script:
    """Answer with a whole reply, also where a stream was asked for."""
    return Reply.json(asked.server_dialect.whole("".join(TEXTS)))


@fault()
def half_json_200(asked: Asked) -> Script:
    """Answer 200 with half a JSON text, its length as declared."""
    body = json.dumps(asked.server_dialect.whole("".join(TEXTS))).encode()
    return Reply(headers={"content-type": "application/json"}, body=body[: len(body) // 2])


@fault()
def null_200(_: Asked) -> Script:
    """Answer 200 with null."""
    return Reply.json(None)


@fault()
def list_200(_: Asked) -> Script:
    """Answer 200 with a list of numbers."""
    return Reply.json([1, 2])


@fault()
def hollow_200(asked: Asked) -> Script:
    """Answer 200 with a reply that holds no answer."""
    hollow: Json = asked.server_dialect.hollow
    return Reply.json(hollow)


@fault()
def deep_200(_: Asked) -> Script:
    """Answer 200 with 100,000 nested lists."""
    return Reply(headers={"content-type": "application/json"}, body=b"[" * 100_000 + b"]" * 100_000)
