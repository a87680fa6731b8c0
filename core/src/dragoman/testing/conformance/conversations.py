"""Conversations that every dialect can send, for comparison with what its server reads."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from dragoman.spec.media import Bytes, Media, Url
from dragoman.spec.message import Message
from dragoman.spec.parts import Part, Text, ToolCall, ToolResult

__all__ = ["CONVERSATIONS", "MEDIA", "any_conversation", "needs_tools"]

_ASKED = Message("user", "What is the weather in Oslo?")
_PNG = Bytes(data=b"\x89PNG\r\n\x1a\n-a picture of the suite")
_JPEG = Bytes(data=b"\xff\xd8\xff\xe0-another picture of the suite")
_LINK = Url(url="https://media.example/of-the-suite")


def _call(number: int, name: str = "weather", **arguments: Any) -> ToolCall:
    return ToolCall(name=name, call_id=f"call_{number}", arguments=json.dumps(arguments))


def _result(number: int, content: Any, name: str = "weather", outcome: str = "ok") -> ToolResult:
    return ToolResult(call_id=f"call_{number}", name=name, content=content, outcome=outcome)


def _assistant(*parts: Part) -> Message:
    return Message("assistant", parts)


def _tool(*results: ToolResult) -> Message:
    return Message("tool", results)


CONVERSATIONS: Mapping[str, Sequence[Message]] = {
    "question": [Message("user", "Who are you?")],
    "instructions": [Message("system", "Answer in one word."), Message("user", "Who are you?")],
    "dialogue": [
        Message("system", "Answer in one word."),
        Message("user", "one"),
        Message("assistant", "two"),
        Message("user", "three"),
        Message("assistant", "four"),
        Message("user", "five"),
    ],
    "instructions in between": [
        Message("system", "Answer in one word."),
        Message("user", "one"),
        Message("assistant", "two"),
        Message("system", "Answer in two words."),
        Message("user", "three"),
    ],
    "repeated words": [
        Message("user", "again"),
        Message("assistant", "fine"),
        Message("user", "again"),
        Message("assistant", "fine"),
        Message("user", "again"),
    ],
    "white space around": [Message("user", "    return x\n\n  pass\n")],
    "instructions of two messages": [
        Message("system", "Answer in one word."),
        Message("system", "Be kind."),
        Message("user", "Who are you?"),
    ],
    "two messages of the user": [Message("user", "first"), Message("user", "second")],
    "texts of one message": [Message("user", [Text(text="first words"), Text(text="last words")])],
    "unusual letters": [Message("user", 'wörld 🌍 "quoted"\n\tnew line \\ </s> {"a": 1}')],
    "call": [_ASKED, _assistant(_call(1, city="Oslo")), _tool(_result(1, "It rains."))],
    "text beside a call": [
        _ASKED,
        _assistant(Text(text="Let me see."), _call(1, city="Oslo")),
        _tool(_result(1, "It rains.")),
    ],
    "calls at once": [
        _ASKED,
        _assistant(_call(1, city="Oslo"), _call(2, "clock"), _call(3, city="Rome")),
        _tool(_result(1, "It rains."), _result(2, "noon", "clock"), _result(3, "The sun shines.")),
    ],
    "calls one after the other": [
        _ASKED,
        _assistant(_call(1, city="Oslo")),
        _tool(_result(1, "It rains.")),
        _assistant(_call(2, city="Rome")),
        _tool(_result(2, "The sun shines.")),
        Message("assistant", "Rain, and sun."),
        Message("user", "And in Bergen?"),
    ],
    "arguments of every type": [
        _ASKED,
        _assistant(
            _call(1, city="Öslo", since=9_007_199_254_740_993, days=[1, 2.5, None], more={"deep": [True, {"a": "b"}]})
        ),
        _tool(_result(1, "It rains.")),
    ],
    "result of data": [
        _ASKED,
        _assistant(_call(1, city="Oslo")),
        _tool(_result(1, {"degrees": [17, None], "ok": True})),
    ],
    "failed result": [_ASKED, _assistant(_call(1, city="Oslo")), _tool(_result(1, "It went wrong.", outcome="error"))],
    "empty result": [
        _ASKED,
        _assistant(_call(1, city="Oslo"), _call(2, "clock")),
        _tool(_result(1, ""), _result(2, "noon", "clock")),
    ],
    "result and a message": [
        _ASKED,
        _assistant(_call(1, city="Oslo")),
        _tool(_result(1, "It rains.")),
        Message("user", "And tomorrow?"),
    ],
}
"""Conversations by name."""


def _shown(*parts: Part) -> Sequence[Message]:
    return [Message("user", [Text(text="Look."), *parts])]


MEDIA: Mapping[str, Sequence[Message]] = {
    "image": _shown(Media(source=_PNG, media_type="image/png")),
    "images": _shown(Media(source=_JPEG, media_type="image/jpeg"), Media(source=_PNG, media_type="image/png")),
    "image at an address": _shown(Media(source=_LINK, media_type="image/jpeg")),
    "image before": [
        *_shown(Media(source=_PNG, media_type="image/png")),
        Message("assistant", "A picture."),
        Message("user", "Of what?"),
    ],
    "document": _shown(Media(source=Bytes(data=b"%PDF-1.7 of the suite"), media_type="application/pdf")),
    "sound": _shown(Media(source=Bytes(data=b"RIFF----WAVE of the suite"), media_type="audio/wav")),
}
"""Conversations with media by name; a provider may refuse each."""


def needs_tools(messages: Sequence[Message]) -> bool:
    """Return whether a conversation contains calls."""
    return any(message.of_type(ToolCall) for message in messages)


_TEXTS = st.text("abcdefghijklmnopqrstuvwxyzäß🌍 ,.\n", min_size=1, max_size=12).map(str.strip).filter(bool)


@st.composite
def any_conversation(draw: st.DrawFn, *, tools: bool) -> list[Message]:
    """Draw a conversation: instructions, turns, and rounds of calls with their results.

    Args:
        draw: the function of Hypothesis.
        tools: whether to draw calls.

    """
    messages = [Message("system", draw(_TEXTS))] if draw(st.booleans()) else []
    calls = 0
    for _ in range(draw(st.integers(0, 3))):
        messages.append(Message("user", [Text(text=each) for each in draw(st.lists(_TEXTS, min_size=1, max_size=2))]))
        made = [
            _call(calls + number, draw(st.sampled_from(["weather", "clock"])), city=draw(_TEXTS))
            for number in range(draw(st.integers(0, 3)) if tools else 0)
        ]
        calls += len(made)
        said = [Text(text=draw(_TEXTS))] if draw(st.booleans()) or not made else []
        messages.append(_assistant(*said, *made))
        if made:
            messages.append(_tool(*(_result(int(each.call_id[5:]), draw(_TEXTS), each.name) for each in made)))
            messages.append(Message("assistant", draw(_TEXTS)))
    return [*messages, Message("user", draw(_TEXTS))]
