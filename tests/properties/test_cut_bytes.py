"""A sound reply that is cut at any byte is the same answer, or an error that holds what had arrived."""

from __future__ import annotations

import json

import pytest

from dragoman import ProtocolError, Response, StreamEnd, StreamInterruptedError
from fuzz.outcome import decoded, streamed
from fuzz.speakers import SPEAKERS, Speaker

every_speaker = pytest.mark.parametrize("speaker", SPEAKERS.values(), ids=SPEAKERS)


def answer_of(speaker: Speaker, wire: bytes) -> Response:
    end = streamed(speaker, [wire]).events[-1]
    assert isinstance(end, StreamEnd)
    return end.response


@every_speaker
def test_a_stream(speaker: Speaker) -> None:
    wire = b"".join(speaker.server_dialect.stream())
    terminal = (
        len(b"".join(speaker.server_dialect.ended())) - 2
    )  # the line ends after the terminal signal say nothing more
    whole = answer_of(speaker, wire)
    for length in range(len(wire)):
        outcome = streamed(speaker, [wire[:length]])
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
def test_what_was_sent_before_the_cut_is_in_the_partial_answer(speaker: Speaker) -> None:
    for number in range(1, 4):
        texts = ("one ", "two ", "three ")[:number]
        error = streamed(speaker, [b"".join(speaker.server_dialect.begun(*texts))]).error
        assert isinstance(error, StreamInterruptedError)
        assert error.partial is not None
        assert error.partial.text == "".join(texts)


@every_speaker
def test_a_whole_reply(speaker: Speaker) -> None:
    body = json.dumps(speaker.server_dialect.whole("Hello, wörld 🌍!"), ensure_ascii=False).encode()
    assert isinstance(decoded(speaker, body), Response)
    for length in range(len(body)):
        assert isinstance(decoded(speaker, body[:length]), StreamInterruptedError | ProtocolError), length


def test_a_whole_reply_that_is_an_array() -> None:
    speaker = SPEAKERS["google.generate"]
    body = json.dumps([speaker.server_dialect.whole("Hello"), speaker.server_dialect.whole("!")]).encode()
    assert isinstance(decoded(speaker, body), Response)
    for length in range(len(body)):
        assert isinstance(decoded(speaker, body[:length]), StreamInterruptedError | ProtocolError), length
