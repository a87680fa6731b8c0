"""A sound reply that is cut at any byte is the same answer, or an error that holds what had arrived."""

from __future__ import annotations

import json

import pytest

from dragoman import ProtocolError, Response, StreamEnd, StreamInterruptedError
from fuzz.dialects import DIALECTS, DialectCase
from fuzz.outcome import decoded, streamed

AFTER = {"bedrock.converse_stream": 1}
"""How many events follow the one that ends an answer: the usage, without which it is complete."""
every_speaker = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)


def answer_of(dialect: DialectCase, wire: bytes) -> Response:
    end = streamed(dialect, [wire]).events[-1]
    assert isinstance(end, StreamEnd)
    return end.response


@every_speaker
def test_a_stream(dialect: DialectCase) -> None:
    wire = b"".join(dialect.server_dialect.stream())
    # The line ends after the terminal signal say nothing more.
    ended = dialect.server_dialect.ended()
    ended = ended[: len(ended) - AFTER.get(dialect.api, 0)]
    terminal = len(b"".join(ended).removesuffix(b"\n").removesuffix(b"\n"))
    whole = answer_of(dialect, wire)
    for length in range(len(wire)):
        outcome = streamed(dialect, [wire[:length]])
        if outcome.error is None:
            assert isinstance(end := outcome.events[-1], StreamEnd)
            assert length >= terminal, f"an answer after {length} of {terminal} bytes"
            assert end.response.message == whole.message
            assert end.response.finish == whole.finish
        else:
            assert length < terminal, f"no answer after {length} of {terminal} bytes"
            assert isinstance(outcome.error, StreamInterruptedError | ProtocolError)
            said = outcome.error.partial.text if outcome.error.partial else ""
            assert whole.text.startswith(said)


@every_speaker
def test_what_was_sent_before_the_cut_is_in_the_partial_answer(dialect: DialectCase) -> None:
    for number in range(1, 4):
        texts = ("one ", "two ", "three ")[:number]
        error = streamed(dialect, [b"".join(dialect.server_dialect.begun(*texts))]).error
        assert isinstance(error, StreamInterruptedError)
        assert error.partial is not None
        assert error.partial.text == "".join(texts)


@every_speaker
def test_a_whole_reply(dialect: DialectCase) -> None:
    body = json.dumps(dialect.server_dialect.whole("Hello, wörld 🌍!"), ensure_ascii=False).encode()
    assert isinstance(decoded(dialect, body), Response)
    for length in range(len(body)):
        assert isinstance(decoded(dialect, body[:length]), StreamInterruptedError | ProtocolError), length


def test_a_whole_reply_that_is_an_array() -> None:
    dialect = DIALECTS["google.generate"]
    body = json.dumps([dialect.server_dialect.whole("Hello"), dialect.server_dialect.whole("!")]).encode()
    assert isinstance(decoded(dialect, body), Response)
    for length in range(len(body)):
        assert isinstance(decoded(dialect, body[:length]), StreamInterruptedError | ProtocolError), length
