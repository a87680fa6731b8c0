"""The fault server itself."""

from __future__ import annotations

import _thread
import asyncio
import contextlib
import io
import json
import pydoc
import runpy
import sys
import threading
import urllib.request
from typing import Any
from urllib.error import HTTPError

import pytest

from dragoman.testing.faults import (
    CHAT as CHAT_DIALECT,
    FAULTS,
    SERVER_DIALECTS,
    FaultContext,
    FaultServer,
    ServerDialect,
    ServerFraming,
    __main__ as program,
)
from dragoman.testing.faults.__main__ import main
from dragoman.testing.fixtures import faults

__all__ = ["faults"]

CHAT = "/v1/chat/completions"


def post(url: str, body: Any = None) -> tuple[int, bytes]:
    request = urllib.request.Request(url, json.dumps(body or {}).encode(), {"content-type": "application/json"})  # noqa: S310  # a loopback URL
    try:
        with urllib.request.urlopen(request, timeout=5) as reply:  # noqa: S310  # a loopback URL
            return reply.status, reply.read()
    except HTTPError as error:
        with error:
            return error.code, error.read()


@pytest.mark.parametrize("kind", [FaultServer, ServerDialect, ServerFraming, FaultContext])
def test_help_is_read_in_one_sitting(kind: type) -> None:
    text = pydoc.plain(pydoc.render_doc(kind))
    assert len(text) < (5000 if kind is FaultServer else 9000)
    assert max(map(len, text.split("\n"))) < 1500


def test_a_dialect_is_shown_by_its_name() -> None:
    assert repr(CHAT_DIALECT) == "<ServerDialect openai-chat>"
    assert repr(CHAT_DIALECT.framing) == "<ServerFraming a stream of server-sent events>"


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        (CHAT, {}, b'"chat.completion"'),
        (CHAT, {"stream": True}, b"data: [DONE]"),
        ("/v1/responses", {"stream": True}, b"event: response.completed"),
        ("/v1/messages", {"stream": True}, b"event: message_stop"),
        ("/v1beta/models/m:generateContent", {}, b'"candidates"'),
        ("/v1beta/models/m:streamGenerateContent?alt=sse", {}, b"data: "),
    ],
)
def test_the_path_selects_the_dialect(faults: FaultServer, path: str, body: Any, expected: bytes) -> None:
    status, body_ = post(faults.url_of("ok") + path, body)
    assert status == 200
    assert expected in body_


def test_successive_requests_get_successive_faults(faults: FaultServer) -> None:
    url = faults.url_of("status_500", "retry_after_1", "ok") + CHAT
    assert [post(url)[0] for _ in range(4)] == [500, 429, 200, 500]


def test_an_unknown_fault_is_refused(faults: FaultServer) -> None:
    with pytest.raises(LookupError, match="the faults are"):
        faults.url_of("no_such_thing")


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/nothing" + CHAT, {}, "unknown fault 'nothing'"),
        ("/ok/v1/elsewhere", {}, "no dialect"),
        ("/stall" + CHAT, {}, "stall does not apply to whole replies"),
        ("/length_long" + CHAT, {"stream": True}, "length_long does not apply to streams"),
    ],
)
def test_an_invalid_request_is_reported(path: str, body: Any, message: str) -> None:
    with pytest.raises(ExceptionGroup) as caught, FaultServer() as server:
        assert post(server.url + path, body)[0] == 500
    (error,) = caught.value.exceptions
    assert message in str(error)


def test_an_invalid_body_gets_a_whole_reply(faults: FaultServer) -> None:
    request = urllib.request.Request(faults.url_of("ok") + CHAT, b"{", method="POST")  # noqa: S310  # a loopback URL
    with urllib.request.urlopen(request, timeout=5) as reply:  # noqa: S310  # a loopback URL
        assert reply.headers["content-type"] == "application/json"


def test_every_fault_has_a_summary() -> None:
    assert all(fault.summary.endswith(".") for fault in FAULTS.values())
    assert [server_dialect.name for server_dialect in SERVER_DIALECTS] == [
        "openai-chat",
        "openai-responses",
        "anthropic",
        "google",
    ]


def test_the_port_can_be_chosen() -> None:
    with FaultServer() as server:
        port = server.port
    with FaultServer(port) as server:
        assert server.url == f"http://127.0.0.1:{port}"


def test_the_program_lists_the_faults(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--list"])
    assert "Stop sending after some events, with the connection open." in capsys.readouterr().out


async def disconnect_early(url: str) -> None:
    host, _, path = url.removeprefix("http://").partition("/")
    reader, writer = await asyncio.open_connection(*host.split(":"))
    body = b'{"stream": true}'
    writer.write(f"POST /{path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
    await reader.readuntil(b"Hello")
    writer.close()


class Output(io.StringIO):
    """Let another thread wait for output of the program."""

    def __init__(self) -> None:
        super().__init__()
        self.more = threading.Condition()

    def write(self, text: str) -> int:
        with self.more:
            self.more.notify_all()
            return super().write(text)

    def wait_for(self, text: str) -> str:
        with self.more:
            assert self.more.wait_for(lambda: text in self.getvalue(), 5), self.getvalue()
        return self.getvalue()


def test_the_program_prints_requests_and_hangups() -> None:
    written = Output()

    def visit() -> None:
        try:
            url = written.wait_for("serving on ").partition("serving on ")[2].partition(";")[0]
            asyncio.run(disconnect_early(f"{url}/stall{CHAT}"))
            written.wait_for(f"disconnected from /stall{CHAT}")
        finally:
            _thread.interrupt_main()

    visitor = threading.Thread(target=visit)
    with contextlib.redirect_stdout(written):
        visitor.start()
        main([])
    visitor.join()
    assert f"POST /stall{CHAT}" in written.getvalue()
    assert "disconnected from" in written.getvalue()


def test_the_program_stops_after_the_given_time(capsys: pytest.CaptureFixture[str]) -> None:
    main([], seconds=0.05)
    assert "serving on http://127.0.0.1:" in capsys.readouterr().out


def test_the_module_can_be_run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["faults", "--list"])
    assert program.__file__ is not None
    runpy.run_path(program.__file__, run_name="__main__")
    assert "stall" in capsys.readouterr().out
