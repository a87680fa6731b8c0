"""Errors in place of a stream or within one: an object or a list, in one frame or indented over several lines."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dragoman import DragomanError, ProviderError
from dragoman.http import HttpReply
from dragoman.http.error_bodies import told_error
from fuzz.dialects import DIALECTS, DialectCase
from fuzz.outcome import decoded, streamed

SLOW: Any = {"error": {"code": 429, "message": "slow down", "more": [{"a": "}"}, {}]}}
BODIES = {"an object": SLOW, "a list": [SLOW], "a list of two": [SLOW, SLOW]}
TEXTUAL = {name: case for name, case in DIALECTS.items() if not name.startswith("bedrock")}
BEGUN = {"message": {"role": "assistant", "content": "Hi"}, "done": False}
END = b'\n{"message": {"content": "!"}, "done": true, "done_reason": "stop"}\n'


def check(error: Any) -> None:
    assert isinstance(error, ProviderError)
    assert (error.status, error.message) == (429, "slow down")


@pytest.mark.parametrize("dialect", TEXTUAL.values(), ids=TEXTUAL)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("indent", [None, 2, 0])
def test_in_place_of_a_stream(dialect: DialectCase, body: Any, indent: int | None) -> None:
    check(streamed(dialect, [json.dumps(body, indent=indent).encode()]).error)
    if indent is None:
        check(streamed(dialect, [b"data: " + json.dumps(body).encode() + b"\n\n"]).error)


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_in_place_of_an_answer(dialect: DialectCase) -> None:
    body = json.dumps(SLOW).encode()
    error = decoded(dialect, body)
    assert isinstance(error, DragomanError)
    check(told_error(error, dialect.make(), HttpReply(status=200, body=body)))  # as the provider does


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("indent", [None, 1, 4, 0, "\t"])
@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n\r\n", END])
def test_between_lines(body: Any, indent: Any, end: bytes) -> None:
    told = json.dumps(BEGUN).encode() + b"\n" + json.dumps(body, indent=indent).encode() + end
    for size in (1, 7, len(told)):
        error = streamed(DIALECTS["ollama.chat"], [told[at : at + size] for at in range(0, len(told), size)]).error
        check(error)
        assert error is not None
        assert error.partial is not None
        assert error.partial.text == "Hi"


@pytest.mark.parametrize("indent", [1, None])
def test_an_answer_may_be_indented(indent: int | None) -> None:
    told = [json.dumps(each, indent=indent).encode() + b"\n" for each in (BEGUN, json.loads(END))]
    outcome = streamed(DIALECTS["ollama.chat"], told)
    assert outcome.error is None
