"""Unusual statuses, headers and errors, which all plugins must handle in the same way."""

from __future__ import annotations

import json
import logging
import pickle
from collections.abc import Iterable
from typing import Any

import pytest
from attrs import frozen

from dragoman import DragomanError, ProtocolError, ProviderError, RateLimitError, RedirectError, ServerError
from dragoman.http.header_values import header_text
from dragoman.spec.plain_text import printable
from dragoman.spec.serialization import to_dict
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from faults.clients import CLIENTS, Client, ask

EVIL = "a\x1b]52;c;eA==\x07b\x9b31m\u202e\u2028\r\n" + "x" * 5_000
STREAMED = pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
EVERYONE = pytest.mark.parametrize("client", CLIENTS.values(), ids=lambda client: client.name)
DATES = ("Mon, 01 Jan 2020 00:00:00 +99999999999999999999", "Mon, 01 Jan 0001 00:00:00 +2359", "1e400", "-5", "((((")


@frozen
class Raw:
    """Answer with these bytes."""

    data: bytes

    def steps(self) -> Iterable[bytes]:
        """Return the step."""
        return (self.data,)


def answer(client: Client, status: str, *headers: str) -> Raw:
    """Return a whole answer under another status."""
    body = json.dumps(client.server_dialect.whole("fine")).encode()
    return raw(status, body, "content-type: application/json", *headers)


def raw(status: str, body: bytes, *headers: str) -> Raw:
    head = "\r\n".join([f"HTTP/1.1 {status} odd", *headers, f"content-length: {len(body)}", "", ""])
    return Raw(head.encode("latin-1") + body)


async def failure(client: Client, script: Any, *, streamed: bool = False) -> DragomanError:
    """Return the error that a reply leads to."""
    with LoopbackServer(script) as server:
        outcome = await ask(client.config(server.url), streamed=streamed)
    assert outcome.error is not None
    return outcome.error


@STREAMED
@pytest.mark.parametrize("status", ["000", "099", "101", "600", "999"])
@EVERYONE
async def test_a_status_outside_of_http_is_no_answer(client: Client, status: str, *, streamed: bool) -> None:
    script = raw(status, b"") if status == "101" else answer(client, status)
    error = await failure(client, script, streamed=streamed)
    assert type(error) is ServerError
    assert error.status in {int(status), None}


@STREAMED
@pytest.mark.parametrize(("status", "kind"), [("204", DragomanError), ("304", ProviderError), ("300", ProviderError)])
@EVERYONE
async def test_a_reply_without_a_body_is_no_answer(
    client: Client, status: str, kind: type[DragomanError], *, streamed: bool
) -> None:
    assert isinstance(await failure(client, raw(status, b""), streamed=streamed), kind)


@pytest.mark.parametrize("status", ["1000", "-1", "2e2"])
async def test_a_status_that_is_none_breaks_http(status: str) -> None:
    assert isinstance(await failure(CLIENTS["openai"], raw(status, b"{}")), ProtocolError)


@pytest.mark.parametrize("name", ["retry-after", "retry-after-ms", "x-ratelimit-reset", "x-ratelimit-reset-requests"])
@pytest.mark.parametrize("value", DATES)
@EVERYONE
async def test_a_wait_that_cannot_be_is_none_or_bounded(client: Client, value: str, name: str) -> None:
    error = await failure(client, raw("429", b"{}", f"{name}: {value}", "date: Mon, 01 Jan 0001 00:00:00 +2359"))
    assert type(error) is RateLimitError
    assert error.retry_after is None or 0 <= error.retry_after <= 31 * 86_400


@pytest.mark.parametrize("delay", ["-5s", "1e400s", "nans", "soon", "9" * 400 + "s", {"seconds": 1}, ""])
async def test_a_delay_in_a_body_is_bounded_too(delay: Any) -> None:
    info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}
    report = {"error": {"code": 429, "message": "no", "status": "RESOURCE_EXHAUSTED", "details": [info]}}
    error = await failure(CLIENTS["google"], Reply.json(report, status=429))
    assert error.retry_after is None or 0 <= error.retry_after <= 31 * 86_400


def fit_to_be_logged(error: DragomanError, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("of.the.caller").error("%s", error)
    reported = [
        caplog.text,
        repr(error),
        error.code or "",
        error.parameter or "",
        error.request_id or "",
        error.body or "",
    ]
    reported += [str(error.__cause__), *error.headers.values(), *map(str, error.args)]
    for text in reported:
        assert printable(text) == text
        assert text.encode().decode() == text
    assert max(map(len, [error.code or "", error.parameter or "", error.request_id or ""])) <= 200
    assert max(map(len, reported)) < 3_000
    assert pickle.dumps(error)


@STREAMED
@EVERYONE
async def test_what_an_error_says_is_fit_to_be_logged(
    client: Client, caplog: pytest.LogCaptureFixture, *, streamed: bool
) -> None:
    said = {"message": EVIL, "type": EVIL, "code": EVIL, "param": EVIL, "status": EVIL}
    script = Reply.json({"error": said, "request_id": EVIL}, status=400, headers={"x-request-id": "a\x1b\x9bb"})
    error = await failure(client, script, streamed=streamed)
    assert error.message.startswith("a]52;c;eA==b31m")
    fit_to_be_logged(error, caplog)


@pytest.mark.parametrize(
    "script",
    [
        Reply(headers={"content-type": "te\x1b[31mxt/html\xff"}, body=b"<html>\x1b[2J\xc2\x9b"),
        Reply(status=302, headers={"location": "http://x/\x9b31m\x1b[31m\xff"}),
        Reply(headers={"content-encoding": "\x1b[31m\xff"}, body=b"x"),
        Reply(status=500, headers={"x-request-id": "caf\xe9\xff", "x-ratelimit-x": "\x9b" * 3_000}, body=b"\x1b[2J"),
        Reply.sse(b'data: {"error": {"message": "\\u001b[2J\\u009b\\u202e", "code": "\\u2028"}}\n\n'),
        Raw(b"HTTP/1.1 200 OK\r\n\x1b]52;c;eA==\x07\x9b: \x00\r\n\r\n"),
        Raw(b"\x1b]52;c;eA==\x07\x9b\r\n\r\n"),
    ],
    ids=["type", "location", "encoding", "headers", "event", "header", "status line"],
)
@STREAMED
@pytest.mark.parametrize("name", ["openai", "openai-responses", "anthropic", "google"])
async def test_what_a_head_says_is_fit_to_be_logged(
    name: str, script: Any, caplog: pytest.LogCaptureFixture, *, streamed: bool
) -> None:
    fit_to_be_logged(await failure(CLIENTS[name], script, streamed=streamed), caplog)


@STREAMED
@EVERYONE
async def test_bytes_of_a_header_that_are_no_text_spoil_no_answer(client: Client, *, streamed: bool) -> None:
    headers = ("x-request-id: caf\xe9\xff", "request-id: \xff", "x-ratelimit-x: \xc3\xa9\x9b")
    with LoopbackServer(answer(client, "200", *headers)) as server:
        outcome = await ask(client.config(server.url), streamed=streamed)
    assert outcome.response is not None
    assert outcome.response.origin.request_id == "caf\ufffd\ufffd"
    assert outcome.response.headers["x-ratelimit-x"] == "é\ufffd"
    assert json.dumps(to_dict(outcome.response), ensure_ascii=False).encode()


async def test_a_target_is_shown_as_far_as_it_is_text() -> None:
    error = await failure(CLIENTS["openai"], Reply(status=302, headers={"location": "http://x/\xff"}))
    assert isinstance(error, RedirectError)
    assert "http://x/\ufffd;" in error.message


@pytest.mark.parametrize(("value", "expected"), [("plain", "plain"), ("é\udcff", "é\ufffd"), ("a\tb\x1b", "a b")])
def test_the_value_of_a_header_is_text(value: str, expected: str) -> None:
    assert header_text(value) == expected


def test_the_value_of_a_header_is_bounded() -> None:
    assert len(header_text("x" * 8_000)) == 1_000
    assert len(header_text("x" * 8_000, 200)) == 200


LARGE = json.dumps({"error": dict.fromkeys(("message", "type", "code", "param"), "m" * 1_000_000)}).encode()


@pytest.mark.parametrize(
    "body",
    [LARGE, b"m" * 4_000_000, b'"' + b"\\ud800" * 600_000, b"[{}," * 1_000_000],
    ids=["json", "text", "halves", "deep"],
)
@EVERYONE
async def test_no_more_of_an_error_is_read_than_anybody_reads(client: Client, body: bytes) -> None:
    error = await failure(client, Reply(status=400, body=body))
    assert len(error.message) <= 2_000
    assert len(error.body or "") <= 500
