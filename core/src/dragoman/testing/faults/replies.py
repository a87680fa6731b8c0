"""Faults of whole replies: status, headers and body."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from dragoman.testing.faults.fault import FaultContext, Maker, fault
from dragoman.testing.faults.server_dialect import TEXTS, Json
from dragoman.testing.faults.server_dialects import SERVER_DIALECTS
from dragoman.testing.reply import Reply, Script

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


def _failed(context: FaultContext, status: int, headers: dict[str, str] | None = None) -> Reply:
    return Reply.json(context.server_dialect.error(status), status=status, headers=headers or {})


def _content_type(context: FaultContext) -> str:
    return context.server_dialect.framing.media_type if context.streamed else "application/json"


def _register(name: str, summary: str, make: Maker) -> None:
    def maker(context: FaultContext) -> Script:
        return make(context)

    maker.__doc__ = summary
    fault(name=name)(maker)


def _status(status: int) -> Maker:
    return lambda context: _failed(context, status)


def _waiting(headers: dict[str, str]) -> Maker:
    return lambda context: _failed(context, 429, headers)


def _coded(name: str) -> Maker:
    def make(context: FaultContext) -> Script:
        status, body = context.server_dialect.coded[name]
        return Reply.json(body, status=status)

    return make


def _unusual(name: str) -> Maker:
    def make(context: FaultContext) -> Script:
        reply = context.server_dialect.unusual_replies[name]
        return context.server_dialect.reply(b"".join(reply.events)) if context.streamed else Reply.json(reply.whole)

    return make


def _redirect(status: int, host: str, path: str) -> Maker:
    def make(context: FaultContext) -> Script:
        port = context.request.headers["host"].rpartition(":")[2]
        location = path or context.request.path
        return Reply(status=status, headers={"location": f"http://{host}:{port}{location}"})

    return make


for _number in STATUSES:
    _register(f"status_{_number}", f"Report an error with the status {_number}.", _status(_number))
for _name, _headers in WAITS.items():
    _values = ", ".join(f"{key}: {value}" for key, value in _headers.items())
    _register(f"retry_after_{_name}", f"Answer 429 with {_values}.", _waiting(_headers))
for _number in REDIRECTS:
    _register(
        f"redirect_{_number}", f"Redirect to another origin with {_number}.", _redirect(_number, "localhost", "/ok")
    )
_register("redirect_same", "Redirect to another path of the same origin.", _redirect(307, "127.0.0.1", "/ok"))
_register("redirect_loop", "Redirect to the requested URL.", _redirect(308, "127.0.0.1", ""))
for _name in sorted({name for server_dialect in SERVER_DIALECTS for name in server_dialect.coded}):
    _register(_name, f"Report an error specific to the vendor: {_name.replace('_', ' ')}.", _coded(_name))
for _name in sorted({name for server_dialect in SERVER_DIALECTS for name in server_dialect.unusual_replies}):
    _register(_name, f"Send an unusual but valid answer: {_name.replace('_', ' ')}.", _unusual(_name))


@fault()
def retry_after_date(context: FaultContext) -> Script:
    """Answer 429 with a retry-after date 30 seconds in the future."""
    when = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    return _failed(context, 429, {"retry-after": when})


@fault()
def should_retry_true(context: FaultContext) -> Script:
    """Answer 400 with x-should-retry: true."""
    return _failed(context, 400, {"x-should-retry": "true"})


@fault()
def should_retry_false(context: FaultContext) -> Script:
    """Answer 503 with x-should-retry: false."""
    return _failed(context, 503, {"x-should-retry": "false"})


@fault()
def html_200(_: FaultContext) -> Script:
    """Answer 200 with an HTML page."""
    return Reply(headers={"content-type": "text/html; charset=utf-8"}, body=_PAGE)


@fault()
def empty_200(context: FaultContext) -> Script:
    """Answer 200 with an empty body."""
    return Reply(headers={"content-type": _content_type(context)})


@fault()
def json_error_200(context: FaultContext) -> Script:
    """Answer 200 with an error body."""
    return Reply.json(context.server_dialect.error(503))


@fault(replies=False)
def json_200(context: FaultContext) -> Script:
    """Answer with a whole reply, although a stream was requested."""
    return Reply.json(context.server_dialect.whole("".join(TEXTS)))


@fault()
def half_json_200(context: FaultContext) -> Script:
    """Answer 200 with truncated JSON and a matching content-length."""
    body = json.dumps(context.server_dialect.whole("".join(TEXTS))).encode()
    return Reply(headers={"content-type": "application/json"}, body=body[: len(body) // 2])


@fault()
def null_200(_: FaultContext) -> Script:
    """Answer 200 with null."""
    return Reply.json(None)


@fault()
def list_200(_: FaultContext) -> Script:
    """Answer 200 with a list of numbers."""
    return Reply.json([1, 2])


@fault()
def hollow_200(context: FaultContext) -> Script:
    """Answer 200 with a reply that contains no answer."""
    hollow: Json = context.server_dialect.hollow
    return Reply.json(hollow)


@fault()
def deep_200(_: FaultContext) -> Script:
    """Answer 200 with 100,000 nested lists."""
    return Reply(headers={"content-type": "application/json"}, body=b"[" * 100_000 + b"]" * 100_000)
