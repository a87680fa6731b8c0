"""What is empty in a stream changes nothing: it is no end, no count and no part, wherever it comes."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, strategies as st

from dragoman import Finish, FinishReason, Response, StreamEnd, StreamInterruptedError
from dragoman.testing.faults.samples import SampleCall
from dragoman_llamacpp.request import LlamaCppChat
from fuzz.dialects import DIALECTS, DialectCase
from fuzz.outcome import decoded, streamed
from properties.mutations import Piece, pieces_of, stream_of

Value = Any

SPEAKERS = {
    **DIALECTS,
    "llamacpp.chat": DialectCase(
        api="llamacpp.chat", make=LlamaCppChat, server_dialect=DIALECTS["openai.chat"].server_dialect
    ),
}
CALLS = (
    SampleCall(call_id="call_1", name="weather", pieces=('{"city":', '"Oslo"}')),
    SampleCall(call_id="call_2", name="clock", pieces=("{}",)),
)
_WHOLE = ("usage_last", "usage_growing", "tools_interleaved", "tool_without_arguments", "too_long")
NO_END = (None, "", " ", "null", "None")
"""What servers send in place of the reason for an end while there is none."""


def samples(dialect: DialectCase) -> dict[str, Sequence[bytes]]:
    """Return good streams: texts, reasoning, calls, refusals, seals and counts."""
    server = dialect.server_dialect
    assert server.calling is not None
    calling = server.calling(CALLS)
    found = {"text": server.stream()}
    found |= {name: reply.events for name, reply in server.unusual_replies.items() if name in _WHOLE}
    found |= {f"counts: {name}": sample.reply.events for name, sample in server.counts.items()}
    others = {"calls": calling, "reasoned": server.reasoned, "refused": server.refused}
    found |= {name: reply.events for name, reply in others.items() if reply is not None}
    return {**found, **({"sealed": server.sealed.reply.events} if server.sealed is not None else {})}


# Chat completions.

_FUNCTIONS: tuple[Value, ...] = ({"name": "", "arguments": ""}, {"name": None, "arguments": None}, {}, None)
_DELTAS: tuple[Value, ...] = (
    None,
    {},
    *({name: value} for name in ("content", "refusal", "reasoning", "reasoning_content") for value in ("", None)),
    {"role": "assistant", "content": ""},
    *({"content": [part] if part else []} for part in ({}, {"type": "text", "text": ""}, {"type": "thinking"})),
    *({"tool_calls": value} for value in (None, [], [{}])),
    *(
        {"tool_calls": [{"index": index, "id": call_id, "function": function}]}
        for index in (None, 0, 7)
        for call_id in (None, "")
        for function in _FUNCTIONS
    ),
    *({"function_call": function} for function in _FUNCTIONS),
    *({"audio": audio} for audio in (None, {}, {"data": ""}, {"id": None, "transcript": ""})),
    *({"images": images} for images in (None, [], [{}], [{"image_url": {"url": ""}}])),
    *({"annotations": cited} for cited in (None, [], [{}], [{"url_citation": {}}])),
    *({"executed_tools": tools} for tools in (None, [], [{}])),
    *({"reasoning_details": said} for said in (None, [], [{}], [{"type": "reasoning.text", "text": "", "index": 0}])),
    {"extra_content": {}},
)
_ZEROS = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}


def chat(_: Sequence[Piece]) -> list[list[Piece]]:
    choices = [{"index": 0, "delta": delta, "finish_reason": None} for delta in _DELTAS]
    choices += [{"index": 0, "delta": {}, "finish_reason": reason} for reason in NO_END]
    choices += [{"index": 0, "delta": {"content": ""}, "logprobs": value} for value in (None, {}, {"content": []})]
    chunks: list[Value] = [{"choices": value} for value in (None, [], [{}], *([choice] for choice in choices))]
    chunks += [{"choices": [], "usage": value} for value in (None, {}, _ZEROS)]
    chunks += [{"choices": [], "x_groq": value} for value in (None, {}, {"usage": {}}, {"usage": _ZEROS})]
    return [[Piece("", chunk)] for chunk in chunks]


def chat_end(value: Value) -> Iterator[tuple[Value, str]]:
    for choice in value.get("choices") or () if isinstance(value, dict) else ():
        if choice.get("finish_reason"):
            yield choice, "finish_reason"


# The Responses API.

_TEXT_EVENTS = ("output_text", "refusal", "reasoning_summary_text", "reasoning_text", "function_call_arguments")


def responses(_: Sequence[Piece]) -> list[list[Piece]]:
    values: list[Value] = [
        {"type": f"response.{name}.delta", "delta": delta, "item_id": item, "output_index": 9}
        for name in _TEXT_EVENTS
        for delta in (None, "")
        for item in (None, "nowhere")
    ]
    values += [{"type": "response.in_progress", "response": value} for value in (None, {}, {"usage": None})]
    values += [{"type": "response.in_progress", "response": {"usage": {}, "status": end}} for end in NO_END]
    values += [{"type": name} for name in ("keepalive", "response.novelty", "response.output_text.done")]
    values += [{"type": f"response.output_item.{what}", "item": {}} for what in ("added", "done")]
    values += [{"type": "response.content_part.added", "part": part} for part in (None, {})]
    values += [{"type": "response.output_text.annotation.added", "annotation": cited} for cited in (None, {})]
    return [[Piece(value["type"], value)] for value in values]


def responses_end(value: Value) -> Iterator[tuple[Value, str]]:
    if isinstance(value, dict) and value.get("type") in {"response.completed", "response.incomplete"}:
        yield value, ""


# The Messages API.

_EMPTY_BLOCKS: tuple[Value, ...] = (
    {"type": "text", "text": ""},
    {"type": "text", "text": "", "citations": None},
    {"type": "thinking", "thinking": ""},
    {"type": "thinking", "thinking": "", "signature": ""},
)
_EMPTY_DELTAS: tuple[Value, ...] = (
    {"type": "text_delta", "text": ""},
    {"type": "thinking_delta", "thinking": ""},
    {"type": "signature_delta", "signature": ""},
    {"type": "input_json_delta", "partial_json": ""},
    {"type": "text_delta", "text": None},
    {"type": "text_delta"},
)
_ZERO_COUNTS = dict.fromkeys(
    ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"), 0
)


def _named(kind: str, **members: Value) -> Piece:
    return Piece(kind, {"type": kind, **members})


def _open_blocks(before: Sequence[Piece]) -> list[int]:
    opened: list[int] = []
    for piece in before:
        if piece.name == "content_block_start":
            opened.append(piece.value["index"])
        elif piece.name == "content_block_stop":
            opened.remove(piece.value["index"])
    return opened


def messages(before: Sequence[Piece]) -> list[list[Piece]]:
    groups = [[_named("ping")]]
    groups += [[_named("message_delta", delta=delta, usage=None)] for delta in (None, {})]
    groups += [[_named("message_delta", delta={"stop_reason": reason})] for reason in NO_END]
    groups += [[_named("message_delta", usage=usage)] for usage in (None, {}, _ZERO_COUNTS)]
    stop = _named("content_block_stop", index=50)
    for block in _EMPTY_BLOCKS:
        start = _named("content_block_start", index=50, content_block=block)
        groups += [[start, stop]]
        groups += [[start, _named("content_block_delta", index=50, delta=delta), stop] for delta in _EMPTY_DELTAS]
    for index in _open_blocks(before):
        groups += [[_named("content_block_delta", index=index, delta=delta)] for delta in _EMPTY_DELTAS]
    return groups


def messages_end(value: Value) -> Iterator[tuple[Value, str]]:
    if isinstance(value, dict) and value.get("type") == "message_delta" and value["delta"].get("stop_reason"):
        yield value["delta"], "stop_reason"


# Gemini.

_PARTS: tuple[Value, ...] = (
    {},
    *({"text": value} for value in ("", None)),
    {"thought": True, "text": ""},
    {"functionCall": {}},
    *({name: value} for name in ("inlineData", "fileData", "executableCode") for value in ({}, None)),
)


def gemini(_: Sequence[Piece]) -> list[list[Piece]]:
    contents: list[Value] = [None, {}, {"role": "model"}, {"parts": None}, {"parts": []}]
    contents += [{"parts": [part], "role": "model"} for part in _PARTS]
    candidates: list[Value] = [{}, *({"content": content, "index": 0} for content in contents)]
    candidates += [{"finishReason": reason} for reason in (*NO_END, "FINISH_REASON_UNSPECIFIED", 0)]
    chunks: list[Value] = [{}, *({"candidates": value} for value in (None, [], *([each] for each in candidates)))]
    zeros = {"promptTokenCount": 0, "candidatesTokenCount": 0, "totalTokenCount": 0}
    chunks += [{"usageMetadata": value} for value in (None, {}, zeros, {"promptTokenCount": None})]
    chunks += [{"promptFeedback": value} for value in (None, {})]
    return [[Piece("", chunk)] for chunk in chunks]


def gemini_end(value: Value) -> Iterator[tuple[Value, str]]:
    for candidate in value.get("candidates") or () if isinstance(value, dict) else ():
        if candidate.get("finishReason"):
            yield candidate, "finishReason"


# Cohere's API.

_COHERE_MESSAGES: tuple[Value, ...] = (
    *({"content": block} for block in (None, {}, {"text": ""}, {"text": None}, {"thinking": ""})),
    *({"tool_plan": plan} for plan in (None, "")),
    None,
    {},
)


def cohere(_: Sequence[Piece]) -> list[list[Piece]]:
    values: list[Value] = [
        {"type": kind, "index": 9, "delta": {"message": message}}
        for kind in ("content-start", "content-delta", "tool-plan-delta")
        for message in _COHERE_MESSAGES
    ]
    values += [{"type": kind, "index": 9} for kind in ("content-end", "tool-call-end", "citation-end", "novelty")]
    return [[Piece(value["type"], value)] for value in values]


def cohere_end(value: Value) -> Iterator[tuple[Value, str]]:
    if isinstance(value, dict) and value.get("type") == "message-end":
        yield value["delta"], "finish_reason"


EMPTY: dict[str, Callable[[Sequence[Piece]], list[list[Piece]]]] = {
    "openai-chat": chat,
    "openai-responses": responses,
    "anthropic": messages,
    "google": gemini,
    "cohere": cohere,
}
"""The empty events of each dialect of a server, in groups that belong together, after the events before them."""
ENDS: dict[str, Callable[[Value], Iterator[tuple[Value, str]]]] = {
    "openai-chat": chat_end,
    "openai-responses": responses_end,
    "anthropic": messages_end,
    "google": gemini_end,
    "cohere": cohere_end,
}
"""Where the events of each dialect of a server name the end: an object and its member, none for the event itself."""


def filled(data: st.DataObject, dialect: DialectCase, pieces: list[Piece]) -> list[Piece]:
    """Return a stream with empty events at any place of it."""
    pieces = [*pieces]
    for _ in range(data.draw(st.integers(min_value=1, max_value=6))):
        place = data.draw(st.integers(min_value=0, max_value=len(pieces)))
        pieces[place:place] = data.draw(st.sampled_from(EMPTY[dialect.server_dialect.name](pieces[:place])))
    return pieces


def endless(dialect: DialectCase, pieces: Sequence[Piece], instead: Value) -> list[Piece]:
    """Return a stream without its end: *instead* of the reason for it."""
    kept: list[Piece] = []
    for piece in copy.deepcopy(pieces):
        found = [*ENDS[dialect.server_dialect.name](piece.value)]
        for holder, member in found:
            if member:
                holder[member] = instead
        if not any(not member for _, member in found):
            kept.append(piece)
    return kept


def answer_of(dialect: DialectCase, pieces: Sequence[Piece]) -> Response:
    outcome = streamed(dialect, [stream_of(pieces)])
    assert outcome.error is None, outcome.error
    end = outcome.events[-1]
    assert isinstance(end, StreamEnd)
    return end.response


def counts_of(response: Response) -> list[int | None]:
    """Return the counts; a zero that a stream alone reports is one, but says no more than no count."""
    usage = response.usage
    counts = (usage.input_tokens, usage.output_tokens, usage.cache_read_tokens, usage.cache_write_tokens)
    return [count or None for count in (*counts, usage.reasoning_tokens)]


every_speaker = pytest.mark.parametrize(
    "speaker", [name for name, dialect in SPEAKERS.items() if dialect.server_dialect.name in EMPTY]
)
"""The dialects whose streams consist of events."""


@every_speaker
@given(data=st.data())
def test_empty_events_change_nothing(speaker: str, data: st.DataObject) -> None:
    dialect = SPEAKERS[speaker]
    name = data.draw(st.sampled_from(sorted(samples(dialect))))
    pieces = pieces_of(b"".join(samples(dialect)[name]))
    whole = answer_of(dialect, pieces)
    received = answer_of(dialect, filled(data, dialect, pieces))
    assert received.message == whole.message
    assert received.finish == whole.finish
    assert received.metadata == whole.metadata
    assert received.origin == whole.origin
    assert counts_of(received) == counts_of(whole)


@every_speaker
@given(data=st.data())
def test_a_stream_without_its_end_is_interrupted(speaker: str, data: st.DataObject) -> None:
    dialect = SPEAKERS[speaker]
    name = data.draw(st.sampled_from(sorted(samples(dialect))))
    pieces = pieces_of(b"".join(samples(dialect)[name]))
    whole = answer_of(dialect, pieces)
    cut = filled(data, dialect, endless(dialect, pieces, data.draw(st.sampled_from(NO_END))))
    error = streamed(dialect, [stream_of(cut)]).error
    assert isinstance(error, StreamInterruptedError)
    assert error.partial is not None
    assert error.partial.finish == Finish(reason=FinishReason.INTERRUPTED)
    assert (error.partial.text, error.partial.reasoning) == (whole.text, whole.reasoning)


@pytest.mark.parametrize("parts", [None, [], {}])
def test_a_stop_of_gemini_without_any_part_is_no_success(parts: Any) -> None:
    dialect = SPEAKERS["google.generate"]
    candidate = {"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}
    response = answer_of(dialect, [Piece("", {"candidates": [candidate]})])
    assert (response.finish, response.message.parts) == (Finish(reason=FinishReason.OTHER, raw="STOP"), ())
    whole = decoded(dialect, stream_of([Piece("", {"candidates": [candidate]})]).removeprefix(b"data: "))
    assert isinstance(whole, Response)
    assert whole.finish == response.finish
    said = {**candidate, "content": {"parts": [{"text": ""}]}}  # a stop sequence before the first word
    assert answer_of(dialect, [Piece("", {"candidates": [said]})]).finish.reason == FinishReason.STOP


@pytest.mark.parametrize("candidates", [None, [], [{}]])
def test_a_prompt_that_gemini_blocks_is_filtered_beside_an_empty_candidate(candidates: Any) -> None:
    dialect = SPEAKERS["google.generate"]
    chunk = {"candidates": candidates, "promptFeedback": {"blockReason": "SAFETY"}}
    whole = decoded(dialect, json.dumps(chunk).encode())
    assert isinstance(whole, Response)
    assert whole.finish == answer_of(dialect, [Piece("", chunk)]).finish
    assert whole.finish == Finish(reason=FinishReason.CONTENT_FILTER, raw="SAFETY")


@pytest.mark.parametrize("reason", ["BLOCK_REASON_UNSPECIFIED", *NO_END])
def test_no_reason_for_a_block_of_gemini_is_no_end(reason: str | None) -> None:
    chunk = {"promptFeedback": {"blockReason": reason}}
    error = streamed(SPEAKERS["google.generate"], [stream_of([Piece("", chunk)])]).error
    assert isinstance(error, StreamInterruptedError)


def whole_with(server: str, body: Any) -> Any:
    """Return a whole reply with every kind of emptiness in it."""
    if server == "openai-chat":
        message = body["choices"][0]["message"]
        message |= {
            "tool_calls": [{}],
            "function_call": {},
            "refusal": "",
            "reasoning_content": "",
            "annotations": [{}],
        }
        message |= {"audio": {"data": ""}, "images": [{}, {"image_url": {"url": ""}}]}
    elif server == "openai-responses":
        body["output"] = [{}, *body["output"], {}]
    elif server == "cohere":
        blocks = [{}, {"type": "text", "text": ""}, {"type": "thinking", "thinking": ""}]
        body["message"]["content"] = [*blocks, *body["message"]["content"], *blocks]
        body["message"] |= {"tool_calls": [{}], "tool_plan": "", "citations": []}
    elif server == "anthropic":
        body["content"] = [*_EMPTY_BLOCKS, *body["content"], *_EMPTY_BLOCKS]
    else:
        content = body["candidates"][0]["content"]
        content["parts"] = [*_PARTS, *content["parts"], *_PARTS]
    return body


@every_speaker
def test_a_whole_reply_with_empty_members_is_the_same_answer(speaker: str) -> None:
    dialect = SPEAKERS[speaker]
    server = dialect.server_dialect
    whole = decoded(dialect, json.dumps(server.whole("fine")).encode())
    padded = decoded(dialect, json.dumps(whole_with(server.name, copy.deepcopy(server.whole("fine")))).encode())
    assert isinstance(whole, Response)
    assert isinstance(padded, Response)
    assert (padded.message, padded.finish) == (whole.message, whole.finish)


@pytest.mark.parametrize("reason", NO_END)
@every_speaker
def test_a_whole_reply_without_a_reason_for_its_end_is_no_error(speaker: str, reason: str | None) -> None:
    dialect = SPEAKERS[speaker]
    server = dialect.server_dialect
    body = copy.deepcopy(server.whole("fine"))
    holder, member = next(
        (holder, name)
        for holder in (body, *body.get("choices", ()), *body.get("candidates", ()))
        for name in ("finish_reason", "finishReason", "stop_reason", "status")
        if name in holder
    )
    holder[member] = reason
    response = decoded(dialect, json.dumps(body).encode())
    assert isinstance(response, Response)
    end = FinishReason.STOP if server.name == "openai-responses" else FinishReason.OTHER  # items are complete or not
    assert (response.text, response.finish) == ("fine", Finish(reason=end))
