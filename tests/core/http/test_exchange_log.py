"""What the log shows of an exchange."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given, strategies as st

from dragoman import Secret
from dragoman.http import HttpRequest
from dragoman.http.exchange_log import log_exchange
from dragoman.http.json import dumps

LOGGER = logging.getLogger("dragoman.test")


def logged(caplog: pytest.LogCaptureFixture, request: HttpRequest, **more: object) -> str:
    caplog.set_level(logging.DEBUG, "dragoman")
    caplog.clear()
    log_exchange(LOGGER, request, 200, {"content-type": "application/json"}, **more)  # type: ignore[arg-type]  # its own
    (record,) = caplog.records
    return record.getMessage()


def test_a_request_is_outlined(caplog: pytest.LogCaptureFixture) -> None:
    body = {
        "model": "m-1",
        "stream": True,
        "temperature": 0.5,
        "stop": None,
        "user": "private",
        "messages": ["private", "private"],
        "metadata": {"private": 1},
    }
    request = HttpRequest(
        url="https://h.example/v1/chat?api-version=private&x=",
        headers={"content-type": "application/json", "authorization": Secret("private"), "X-Own": "private"},
        body=dumps(body),
    )
    assert logged(caplog, request, size=12, request_id="req_1") == (
        "POST https://h.example/v1/chat?api-version=********&x=******** "
        "{content-type: application/json, authorization: ********, X-Own: ********} "
        "model=m-1 stream=True temperature=0.5 stop=None user=<7 characters> messages=<2 members> "
        f"metadata=<1 members> ({len(dumps(body))} bytes) -> 200 application/json, 12 bytes, request req_1"
    )


@pytest.mark.parametrize(
    ("body", "shown"), [(None, "no body"), (b"", "no body"), (b"\x00\xff", "2 bytes"), (b"[1]", "3 bytes")]
)
def test_another_body_is_measured(caplog: pytest.LogCaptureFixture, body: bytes | None, shown: str) -> None:
    request = HttpRequest(url="https://h.example/", body=body, method="GET")
    assert f"{{}} {shown} -> 200 application/json, a stream, request None" in logged(caplog, request)


@given(name=st.text(), text=st.text(), number=st.integers(0, 2**40))
def test_a_line_is_one_line_that_rules_no_terminal(name: str, text: str, number: int) -> None:
    records: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: records.append(record.getMessage())  # type: ignore[method-assign]  # a handler for one test
    logger = logging.Logger("own", logging.DEBUG)  # noqa: LOG001  # of this test alone
    logger.addHandler(handler)
    request = HttpRequest(url="https://h.example/", body=dumps({"model": text, "n": number, f"x{name}": text}))
    log_exchange(logger, request, 200, {"content-type": text})
    assert len(records[0].split("\n")) == 1
    assert "\x1b" not in records[0]
