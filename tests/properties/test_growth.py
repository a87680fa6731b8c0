"""The work of decoding chat and Responses is linear in whatever a server repeats, streamed and whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from dragoman import ArgumentsDelta, Event, PartStart, ResponseSnapshot, Text, TextDelta, ToolCall
from dragoman.http.sse import ServerSentEvent
from fuzz.dialects import DIALECTS, DialectCase
from properties.growth import check_linear, of_reply, of_stream

CHAT = [dialect for dialect in DIALECTS.values() if dialect.server_dialect.name == "openai-chat"]
OWN_DECODERS = [DIALECTS["openai_compatible.chat"], DIALECTS["openrouter.chat"], DIALECTS["litellm_proxy.chat"]]
RESPONSES = [dialect for api, dialect in DIALECTS.items() if api.endswith(".responses")]
CITED = {"type": "url_citation", "url_citation": {"url": "u", "title": "t", "start_index": 0, "end_index": 1}}
LOGGED = {"token": "a", "logprob": -1.0, "bytes": [97], "top_logprobs": [{"token": "b", "logprob": -2.0}]}
IMAGE = {"type": "image_url", "image_url": {"url": "http://x.test/"}}
THOUGHT = {"type": "reasoning.text", "text": "ab ", "index": 0, "signature": "s"}

Shape = Callable[[int], list[Any]]


def call(**more: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": "f", "arguments": "{}"}, **more}


def deltas(*each: dict[str, Any], **more: Any) -> list[Any]:
    return [{"id": "c", "choices": [{"index": 0, "delta": delta, **more}]} for delta in each]


def times(delta: dict[str, Any]) -> Shape:
    return lambda n: deltas(*[delta] * n)


def argued(*pieces: str) -> list[Any]:
    return deltas(
        *({"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": each}}]} for each in pieces)
    )


CHAT_SHAPES: dict[str, Shape] = {
    "text": times({"content": "abcd "}),
    "text in parts": times({"content": [{"type": "text", "text": "abcd "}]}),
    "thoughts in parts": times({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "ab "}]}]}),
    "references": lambda n: deltas(
        *[{"content": "ab "}, {"content": [{"type": "reference", "reference_ids": [1]}]}] * n
    ),
    "refusal": times({"refusal": "no "}),
    "reasoning": times({"reasoning_content": "ab "}),
    "reasoning, another name": times({"reasoning": "ab "}),
    "details of reasoning": times({"reasoning_details": [THOUGHT]}),
    "blocks of thinking": times({"thinking_blocks": [{"type": "thinking", "thinking": "a", "signature": "s"}]}),
    "arguments": lambda n: argued(*["abc"] * n),
    "arguments within a text": lambda n: argued('"', *["abc" * 400] * n),
    "white space before arguments": lambda n: argued(*[" " * 1200] * n, "{}"),
    "white space after a word for none": lambda n: argued("nu", "ll", *[" " * 1200] * n),
    "calls": lambda n: deltas(*({"tool_calls": [call(index=i, id=f"c{i}")]} for i in range(n))),
    "calls at one place": lambda n: deltas(*({"tool_calls": [call(index=0, id=f"c{i}")]} for i in range(n))),
    "calls without a place": lambda n: deltas(*({"tool_calls": [call(id=f"c{i}")]} for i in range(n))),
    "calls without anything": times({"tool_calls": [call()]}),
    "calls in one event": lambda n: deltas({"tool_calls": [call(id=f"c{i}") for i in range(n)]}),
    "calls by turns": lambda n: deltas(*({"tool_calls": [call(index=i % 9, id=f"c{i % 9}")]} for i in range(n))),
    "legacy call": times({"function_call": {"name": "f", "arguments": "abc"}}),
    "annotations": lambda n: deltas({"content": "x"}, *[{"annotations": [CITED]}] * n),
    "annotations in one event": lambda n: deltas({"content": "x", "annotations": [CITED] * n}),
    "text and annotations by turns": lambda n: deltas(*[{"content": "ab "}, {"annotations": [CITED]}] * n),
    "sound": times({"audio": {"id": "a", "transcript": "abcd ", "data": "AAAA"}}),
    "images": times({"images": [IMAGE]}),
    "images in one event": lambda n: deltas({"images": [IMAGE] * n}),
    "log probabilities": lambda n: deltas(*[{"content": "a"}] * n, logprobs={"content": [LOGGED]}),
    "another choice": lambda n: [{"choices": [{"index": 1, "delta": {"content": "abcd "}}]}] * n,
    "other choices": lambda n: [{"choices": [{"index": i + 1, "delta": {"content": "ab"}}]} for i in range(n)],
    "choices in one event": lambda n: [{"choices": [{"index": 0, "delta": {"content": "ab"}}] * n}],
    "usage": lambda n: [{"choices": [], "usage": {"prompt_tokens": i, "completion_tokens": 1}} for i in range(n)],
    "new ids": lambda n: [{"id": f"{i}", "model": f"m{i}", "choices": []} for i in range(n)],
    "unknown members": lambda n: [{"choices": [], f"x{i}": i} for i in range(n)],
}
END = {"choices": [{"index": 0, "delta": {"content": "z"}, "finish_reason": "stop"}]}
URL = {"type": "url_citation", "url": "u", "title": "t", "start_index": 0, "end_index": 1}


def item(number: int, **more: Any) -> dict[str, Any]:
    return {
        "type": "function_call",
        "id": f"i{number}",
        "call_id": f"c{number}",
        "name": "f",
        "arguments": "{}",
        **more,
    }


def said(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}", "item_id": "i", "output_index": 0, "content_index": 0, **more}


def added(n: int) -> list[Any]:
    return [{"type": "response.output_item.added", "output_index": i, "item": item(i)} for i in range(n)]


def ended(output: Any = ()) -> dict[str, Any]:
    response = {"id": "r", "model": "m", "status": "completed", "output": [*output]}
    return {"type": "response.completed", "response": response}


def message(**more: Any) -> dict[str, Any]:
    content = [{"type": "output_text", "text": "x", "annotations": [], **more}]
    return {"type": "message", "id": "i", "role": "assistant", "content": content}


RESPONSES_SHAPES: dict[str, Shape] = {
    "text": lambda n: [said("output_text.delta", delta="abcd ")] * n + [ended()],
    "refusal": lambda n: [said("refusal.delta", delta="no ")] * n + [ended()],
    "arguments": lambda n: [
        *added(1),
        *[said("function_call_arguments.delta", item_id="i0", delta="abc")] * n,
        ended(),
    ],
    "annotations": lambda n: [
        said("output_text.delta", delta="x"),
        *[said("output_text.annotation.added", annotation=URL)] * n,
        ended(),
    ],
    "text and annotations by turns": lambda n: [
        *[said("output_text.delta", delta="x"), said("output_text.annotation.added", annotation=URL)] * n,
        ended([message(annotations=[URL] * n)]),
    ],
    "items": lambda n: [*added(n), ended(map(item, range(n)))],
    "items whose ids change": lambda n: [*added(n), ended(item(i, id=f"j{i}") for i in range(n))],
    "items that were never streamed": lambda n: [ended(map(item, range(n)))],
    "items without places": lambda n: [
        *({"type": "response.output_item.added", "item": item(i)} for i in range(n)),
        ended(map(item, range(n))),
    ],
    "contents": lambda n: [*(said("output_text.delta", delta="x", content_index=i) for i in range(n)), ended()],
    "summaries": lambda n: [
        *(said("reasoning_summary_text.delta", delta="x", summary_index=i) for i in range(n)),
        ended(),
    ],
    "reasoning": lambda n: [said("reasoning_text.delta", delta="x")] * n + [ended()],
    "keepalives": lambda n: [{"type": "keepalive"}] * n + [ended([message()])],
    "states": lambda n: [
        *({"type": "response.in_progress", "response": {"id": f"r{i}"}} for i in range(n)),
        ended([message()]),
    ],
    "log probabilities": lambda n: [ended([message(logprobs=[{"token": "a", "logprob": -1.0}] * n)])],
}


def body(events: list[Any]) -> bytes:
    return b"".join(b"data: " + json.dumps(each).encode() + b"\n\n" for each in events)


@pytest.mark.parametrize("shape", CHAT_SHAPES)
@pytest.mark.parametrize("dialect", OWN_DECODERS, ids=lambda dialect: dialect.api)
def test_a_stream_of_chat(dialect: DialectCase, shape: str) -> None:
    check_linear(lambda n: of_stream(dialect.make(), body([*CHAT_SHAPES[shape](n), END]) + b"data: [DONE]\n\n"))


@pytest.mark.parametrize("dialect", CHAT, ids=lambda dialect: dialect.api)
def test_a_stream_of_all_that_chat_repeats(dialect: DialectCase) -> None:
    def everything(n: int) -> bytes:
        events = [event for shape in CHAT_SHAPES.values() for event in shape(max(1, n // 8))]
        return body([*events, END]) + b"data: [DONE]\n\n"

    check_linear(lambda n: of_stream(dialect.make(), everything(n)))


@pytest.mark.parametrize("shape", RESPONSES_SHAPES)
@pytest.mark.parametrize("dialect", RESPONSES, ids=lambda dialect: dialect.api)
def test_a_stream_of_responses(dialect: DialectCase, shape: str) -> None:
    check_linear(lambda n: of_stream(dialect.make(), body(RESPONSES_SHAPES[shape](n))))


WHOLE_CHAT: dict[str, Callable[[int], dict[str, Any]]] = {
    "calls": lambda n: {"tool_calls": [call(id=f"c{i}") for i in range(n)]},
    "calls without ids": lambda n: {"tool_calls": [call()] * n},
    "annotations": lambda n: {"content": "x", "annotations": [CITED] * n},
    "texts": lambda n: {"content": [{"type": "text", "text": "x"}] * n},
    "images": lambda n: {"content": "x", "images": [IMAGE] * n},
    "details of reasoning": lambda n: {"content": "x", "reasoning_details": [THOUGHT] * n},
    "blocks of thinking": lambda n: {"content": "x", "thinking_blocks": [{"type": "thinking", "thinking": "a"}] * n},
}


@pytest.mark.parametrize("shape", WHOLE_CHAT)
@pytest.mark.parametrize("dialect", CHAT, ids=lambda dialect: dialect.api)
def test_a_whole_reply_of_chat(dialect: DialectCase, shape: str) -> None:
    def reply(n: int) -> bytes:
        choice = {"index": 0, "message": WHOLE_CHAT[shape](n), "finish_reason": "stop"}
        return json.dumps({"choices": [choice], "usage": {"prompt_tokens": 1}}).encode()

    check_linear(lambda n: of_reply(dialect.make(), reply(n)))


@pytest.mark.parametrize("dialect", CHAT, ids=lambda dialect: dialect.api)
def test_choices_and_log_probabilities_of_a_whole_reply(dialect: DialectCase) -> None:
    def reply(n: int) -> bytes:
        message = {"role": "assistant", "content": "x"}
        choices = [{"index": i, "message": message, "logprobs": {"content": [LOGGED] * 9}} for i in range(n)]
        choices[0]["logprobs"] = {"content": [LOGGED] * n}
        return json.dumps({"choices": choices}).encode()

    check_linear(lambda n: of_reply(dialect.make(), reply(n)))


@pytest.mark.parametrize("dialect", RESPONSES, ids=lambda dialect: dialect.api)
def test_a_whole_reply_of_responses(dialect: DialectCase) -> None:
    def reply(n: int) -> bytes:
        output = [message(annotations=[URL] * n, logprobs=[LOGGED] * n), *map(item, range(n)), *[message()] * n]
        return json.dumps(ended(output)["response"]).encode()

    check_linear(lambda n: of_reply(dialect.make(), reply(n)))


class _Naive:
    """Decode in a way whose work grows with the square of what is repeated."""

    def __init__(self, way: str) -> None:
        self.done = False
        self._way = way
        self._tuple: tuple[int, ...] = ()
        self._text = "x"
        self._list: list[int] = []
        self._dict: dict[int, int] = {}

    def feed(self, event: ServerSentEvent) -> list[Event]:
        getattr(self, self._way)(len(event.data))
        return []

    def close(self) -> list[Event]:
        from dragoman import Finish  # noqa: PLC0415  # used here alone

        return [ResponseSnapshot(finish=Finish(reason="stop"))]

    def tuples(self, number: int) -> None:
        self._tuple = (*self._tuple, number)

    def texts(self, number: int) -> None:
        self._text = f"{self._text}{number}"

    def dictionaries(self, number: int) -> None:
        self._dict = {**self._dict, len(self._dict): number}

    def searches(self, number: int) -> None:
        self._list.append(len(self._list))
        self._text = str(any(each == -number for each in self._list))

    def removals(self, number: int) -> None:
        self._list.append(number)
        self._list.append(-1)
        self._list.remove(-1)

    def linear(self, number: int) -> None:
        self._list.append(number)
        self._dict[len(self._dict)] = number


class _Dialect:
    def __init__(self, way: str) -> None:
        self._way = way

    def decoder(self) -> _Naive:
        return _Naive(self._way)


@pytest.mark.parametrize("way", ["tuples", "texts", "dictionaries", "searches", "removals"])
def test_the_count_sees_work_that_grows_with_the_square(way: str) -> None:
    dialect: Any = _Dialect(way)
    with pytest.raises(AssertionError, match="operations for"):
        check_linear(lambda n: of_stream(dialect, body([{}] * n)))


def test_the_count_lets_linear_work_pass() -> None:
    dialect: Any = _Dialect("linear")
    check_linear(lambda n: of_stream(dialect, body([{}] * n)))


def test_updates_do_not_join_a_text_again_and_again() -> None:
    """Text that goes on growing between updates of its part stays in pieces until it is asked for."""
    from dragoman import StreamStart  # noqa: PLC0415
    from dragoman.spec.assembly import Assembler  # noqa: PLC0415
    from dragoman.spec.events import PartUpdate  # noqa: PLC0415

    assembler = Assembler(StreamStart())
    assembler.feed(PartStart(0, Text(text="a")))
    for _ in range(3):
        assembler.feed(TextDelta(0, "b"))
        assembler.feed(PartUpdate(0, Text(text="", id="t")))
    assembler.feed(PartStart(1, ToolCall(name="", call_id="c")))
    assembler.feed(ArgumentsDelta(1, "{"))
    assembler.feed(PartUpdate(1, ToolCall(name="f", call_id="c")))
    assembler.feed(ArgumentsDelta(1, "}"))
    text, made = assembler.partial().message.parts
    assert text == Text(text="abbb", id="t")
    assert made == ToolCall(name="f", call_id="c", arguments="{}")
