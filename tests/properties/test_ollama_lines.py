"""Laws of Ollama's answers: whole and in lines they say the same, and no value in any member is unforeseen."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from hypothesis import given, strategies as st

from dragoman import Assembler, DragomanError, Response, StreamEnd, StreamStart
from dragoman.http import Frame, HttpReply
from dragoman_ollama.dialect import Ollama

TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
CALLS = st.fixed_dictionaries(
    {"function": st.fixed_dictionaries({"name": TEXTS, "arguments": st.dictionaries(TEXTS, ANY, max_size=2)})},
    optional={"id": TEXTS},
)
LOGPROBS = st.lists(st.fixed_dictionaries({"token": TEXTS, "logprob": st.floats(-9, 0)}), min_size=1, max_size=2)
FUNCTION = st.fixed_dictionaries({}, optional={"name": ANY, "arguments": ANY})
ODD_CALLS = st.lists(ANY | st.fixed_dictionaries({}, optional={"id": ANY, "function": ANY | FUNCTION}), max_size=2)
ODD_MESSAGE = st.fixed_dictionaries({}, optional={"content": ANY, "thinking": ANY, "tool_calls": ANY | ODD_CALLS})
ODD = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(
            ("model", "created_at", "response", "done", "done_reason", "error", "context", "logprobs"), ANY
        ),
        **dict.fromkeys(("prompt_eval_count", "eval_count", "total_duration", "signin_url"), ANY),
        "message": ANY | ODD_MESSAGE,
    },
)


def collected(lines: list[Any]) -> Response:
    """Return the answer of a stream of these objects."""
    decoder, assembler = Ollama().decoder(), Assembler(StreamStart())
    for line in lines:
        for event in decoder.feed(Frame(json.dumps(line).encode())):
            assembler.feed(event)
        if decoder.done:
            break
    for event in decoder.close():
        assembler.feed(event)
    end = assembler.end()[-1]
    assert isinstance(end, StreamEnd)
    return end.response


@given(st.lists(TEXTS, max_size=3), st.lists(TEXTS, max_size=3), st.lists(CALLS, max_size=3), LOGPROBS)
def test_whole_and_streamed_answers_are_the_same(
    thoughts: list[str], texts: list[str], calls: list[Any], logprobs: list[Any]
) -> None:
    said = [{"thinking": each} for each in thoughts] + [{"content": each} for each in texts]
    said += [{"tool_calls": [each]} for each in calls]
    end = {"done": True, "done_reason": "stop", "eval_count": 2, "logprobs": logprobs}
    known = {"model": "served", "created_at": "2026-08-07T06:08:14Z"}
    message = {"thinking": "".join(thoughts), "content": "".join(texts), "tool_calls": calls}

    streamed = collected([*({**known, "message": each} for each in said), {**known, "message": {}, **end}])
    whole = Ollama().decode(HttpReply(status=200, body=json.dumps({**known, "message": message, **end}).encode()))

    assert (streamed.message, streamed.finish, streamed.usage) == (whole.message, whole.finish, whole.usage)
    assert (streamed.metadata, streamed.origin) == (whole.metadata, whole.origin)


@given(st.lists(ODD | ANY, min_size=1, max_size=4))
def test_any_value_in_any_member_is_read_or_an_error(lines: list[Any]) -> None:
    for read in (
        lambda: collected(lines),
        lambda: Ollama().decode(HttpReply(status=200, body=json.dumps(lines[0]).encode())),
    ):
        with suppress(DragomanError):
            assert isinstance(read(), Response)


@given(ODD | ANY, st.sampled_from([200, 400, 401, 404, 429, 500, 503]))
def test_any_error_is_told(body: Any, status: int) -> None:
    assert str(Ollama().error(HttpReply(status=status, body=json.dumps(body).encode())))
