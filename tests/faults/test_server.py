"""The fault server itself, as any client sees it."""

from __future__ import annotations

import _thread
import asyncio
import contextlib
import io
import json
import runpy
import sys
import threading
import urllib.request
from typing import Any
from urllib.error import HTTPError

import pytest

from dragoman.testing.faults import FAULTS, SERVER_DIALECTS, FaultServer, __main__ as program
from dragoman.testing.faults.__main__ import main
from dragoman.testing.fixtures import faults

__all__ = ["faults"]

CHAT = "/v1/chat/completions"


def post(url: str, body: Any = None) -> tuple[int, bytes]:
    request = urllib.request.Request(url, json.dumps(body or {}).encode(), {"content-type": "application/json"})  # noqa: S310  # the loopback
    try:
        with urllib.request.urlopen(request, timeout=5) as reply:  # noqa: S310  # as above
            return reply.status, reply.read()
    except HTTPError as error:
        with error:
            return error.code, error.read()


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
def test_it_speaks_the_dialect_of_the_path(faults: FaultServer, path: str, body: Any, expected: bytes) -> None:
    status, said = post(faults.url_of("ok") + path, body)
    assert status == 200
    assert expected in said


def test_each_request_meets_the_next_fault_in_turn(faults: FaultServer) -> None:
    url = faults.url_of("status_500", "retry_after_1", "ok") + CHAT
    assert [post(url)[0] for _ in range(4)] == [500, 429, 200, 500]


def test_a_name_that_is_none_is_refused_at_once(faults: FaultServer) -> None:
    with pytest.raises(LookupError, match="known are"):
        faults.url_of("no_such_thing")


@pytest.mark.parametrize(
    ("path", "body", "complaint"),
    [
        ("/nothing" + CHAT, {}, "no fault is called 'nothing'"),
        ("/ok/v1/elsewhere", {}, "no dialect"),
        ("/stall" + CHAT, {}, "stall befalls streams alone"),
        ("/length_long" + CHAT, {"stream": True}, "length_long befalls no stream"),
    ],
)
def test_what_cannot_be_is_said(path: str, body: Any, complaint: str) -> None:
    with pytest.raises(ExceptionGroup) as caught, FaultServer() as server:
        assert post(server.url + path, body)[0] == 500
    (error,) = caught.value.exceptions
    assert complaint in str(error)


def test_a_body_that_is_no_json_asks_for_no_stream(faults: FaultServer) -> None:
    request = urllib.request.Request(faults.url_of("ok") + CHAT, b"{", method="POST")  # noqa: S310  # the loopback
    with urllib.request.urlopen(request, timeout=5) as reply:  # noqa: S310  # as above
        assert reply.headers["content-type"] == "application/json"


def test_every_fault_has_words() -> None:
    assert all(fault.summary.endswith(".") for fault in FAULTS.values())
    assert [server_dialect.name for server_dialect in SERVER_DIALECTS] == [
        "openai-chat",
        "openai-responses",
        "anthropic",
        "google",
    ]


def test_it_takes_the_port_it_is_given() -> None:
    with FaultServer() as server:
        port = server.port
    with FaultServer(port) as server:
        assert server.url == f"http://127.0.0.1:{port}"


def test_the_program_lists_the_faults(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--list"])
    assert "Fall silent after some events." in capsys.readouterr().out


async def left_early(url: str) -> None:
    host, _, path = url.removeprefix("http://").partition("/")
    reader, writer = await asyncio.open_connection(*host.split(":"))
    body = b'{"stream": true}'
    writer.write(f"POST /{path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
    await reader.readuntil(b"Hello")
    writer.close()


class Written(io.StringIO):
    """Let another thread wait for what the program prints."""

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


def test_the_program_says_what_was_sent_and_who_hung_up() -> None:
    written = Written()

    def visit() -> None:
        try:
            url = written.wait_for("serving on ").partition("serving on ")[2].partition(";")[0]
            asyncio.run(left_early(f"{url}/stall{CHAT}"))
            written.wait_for(f"hung up on /stall{CHAT}")
        finally:
            _thread.interrupt_main()

    visitor = threading.Thread(target=visit)
    with contextlib.redirect_stdout(written):
        visitor.start()
        main([])
    visitor.join()
    assert f"POST /stall{CHAT}" in written.getvalue()
    assert "hung up on" in written.getvalue()


def test_the_program_ends_when_it_is_told_to(capsys: pytest.CaptureFixture[str]) -> None:
    main([], seconds=0.05)
    assert "serving on http://127.0.0.1:" in capsys.readouterr().out


def test_it_is_a_program(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["faults", "--list"])
    assert program.__file__ is not None
    runpy.run_path(program.__file__, run_name="__main__")
    assert "stall" in capsys.readouterr().out
