"""The dialect of the OpenAI Responses API: https://platform.openai.com/docs/api-reference/responses-streaming."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from dragoman.spec.response import Usage
from dragoman.testing.faults import chat, openai_endpoints
from dragoman.testing.faults.responses_requests import read_responses_request
from dragoman.testing.faults.samples import SampleCall, SampleSeal, SampleUsage
from dragoman.testing.faults.server_dialect import Events, Json, SampleReply, ServerDialect, event

__all__ = ["RESPONSES"]

_USAGE = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}


def _named(kind: str, **fields: Any) -> bytes:
    return event({"type": kind, **fields}, kind)


def _message(*content: Json, status: str = "completed") -> Json:
    return {"id": "msg_1", "type": "message", "status": status, "role": "assistant", "content": list(content)}


def _text(text: str) -> Json:
    return {"type": "output_text", "text": text, "annotations": []}


def _response(*output: Json, status: str = "completed", **fields: Any) -> Json:
    known = {"id": "resp_1", "object": "response", "model": "served", "status": status, "output": list(output)}
    return {**known, "usage": _USAGE, **fields}


def _end(*output: Json, status: str = "completed", **fields: Any) -> bytes:
    return _named(f"response.{status}", response=_response(*output, status=status, **fields))


def _speak(text: str) -> bytes:
    return _named("response.output_text.delta", item_id="msg_1", output_index=0, content_index=0, delta=text)


def _closing(text: str) -> Events:
    item = _message(_text(text))
    return (
        _named("response.output_text.done", item_id="msg_1", output_index=0, content_index=0, text=text),
        _named("response.output_item.done", output_index=0, item=item),
        _end(item),
    )


def _whole(text: str) -> Json:
    return _response(_message(_text(text)))


_CREATED = _named("response.created", response=_response(status="in_progress", usage=None))
_OPENING = (
    _CREATED,
    _named("response.output_item.added", output_index=0, item=_message(status="in_progress")),
    _named("response.content_part.added", item_id="msg_1", output_index=0, content_index=0, part=_text("")),
)


def _incomplete(reason: str, *output: Json) -> SampleReply:
    fields: Json = {"status": "incomplete", "incomplete_details": {"reason": reason}}
    begun = (*_OPENING, _speak("fine")) if output else (_CREATED,)
    return SampleReply(events=(*begun, _end(*output, **fields)), whole=_response(*output, **fields))


def _call(name: str, city: str | None, status: str = "completed") -> Json:
    arguments = "" if city is None else f'{{"city":"{city}"}}'
    item = {"id": f"fc_{city}", "type": "function_call", "call_id": f"call_{city}", "name": name}
    return {**item, "status": status, "arguments": arguments}


def _added(index: int, item: Json) -> bytes:
    return _named("response.output_item.added", output_index=index, item={**item, "arguments": ""})


def _arguments_delta(index: int, item: Json, piece: str) -> bytes:
    return _named("response.function_call_arguments.delta", item_id=item["id"], output_index=index, delta=piece)


_OSLO, _ROME, _CLOCK = _call("weather", "Oslo"), _call("weather", "Rome"), _call("clock", None)
_CUT = {**_call("weather", "Os", "incomplete"), "arguments": '{"city":"Os'}
_BOTH = _response(_OSLO, _ROME)
UNUSUAL_REPLIES = {
    "blocked": _incomplete("content_filter"),
    "too_long": _incomplete("max_output_tokens", _message(_text("fine"), status="incomplete")),
    "tools_interleaved": SampleReply(
        events=(
            _CREATED,
            _added(0, _OSLO),
            _added(1, _ROME),
            _arguments_delta(0, _OSLO, '{"city":'),
            _arguments_delta(1, _ROME, '{"city":"Rome"}'),
            _arguments_delta(0, _OSLO, '"Oslo"}'),
            _end(_OSLO, _ROME),
        ),
        whole=_BOTH,
    ),
    "tool_without_arguments": SampleReply(events=(_CREATED, _added(0, _CLOCK), _end(_CLOCK)), whole=_response(_CLOCK)),
    "tool_cut": SampleReply(
        events=(
            _CREATED,
            _added(0, _CUT),
            _arguments_delta(0, _CUT, '{"city":"Os'),
            _end(_CUT, status="incomplete", incomplete_details={"reason": "max_output_tokens"}),
        ),
        whole=_response(_CUT, status="incomplete", incomplete_details={"reason": "max_output_tokens"}),
    ),
    "terminal_alone": SampleReply(
        events=(_CREATED, _end(_message(_text("fine")))), whole=_response(_message(_text("fine")))
    ),
    "usage_absent": SampleReply(
        events=(*_OPENING, _speak("fine"), _end(_message(_text("fine")), usage=None)),
        whole=_response(_message(_text("fine")), usage=None),
    ),
    "usage_last": SampleReply(
        events=(*_OPENING, _speak("fine"), *_closing("fine")), whole=_response(_message(_text("fine")))
    ),
    "nulls": SampleReply(
        events=(*_OPENING, _speak("fine"), _end(_message(_text("fine")), error=None, incomplete_details=None)),
        whole=_response(_message(_text("fine")), error=None, incomplete_details=None, reasoning=None),
    ),
}
_FAILURE = {"code": "server_error", "message": "the engine is on fire"}


_FINE = _message(_text("fine"))


def _with_reason(reason: str) -> SampleReply:
    if reason == "completed":
        return SampleReply(events=(*_OPENING, _speak("fine"), *_closing("fine")), whole=_response(_FINE))
    return _incomplete(reason, _FINE)


def _with_usage(usage: Usage, **report: Any) -> SampleUsage:
    events = (*_OPENING, _speak("fine"), _end(_FINE, usage=report))
    return SampleUsage(reply=SampleReply(events=events, whole=_response(_FINE, usage=report)), usage=usage)


def _calling(calls: Sequence[SampleCall]) -> SampleReply:
    """Interleave the argument fragments of the calls."""
    items = [
        {"id": f"fc_{index}", "type": "function_call", "call_id": each.call_id, "name": each.name}
        | {"status": "completed", "arguments": each.arguments}
        for index, each in enumerate(calls)
    ]
    events = [_CREATED, *(_added(index, item) for index, item in enumerate(items))]
    for turn in zip_longest(*(each.pieces for each in calls)):
        events += [
            _arguments_delta(index, items[index], piece) for index, piece in enumerate(turn) if piece is not None
        ]
    return SampleReply(events=(*events, _end(*items)), whole=_response(*items))


_THOUGHT = {
    "id": "rs_1",
    "type": "reasoning",
    "summary": [{"type": "summary_text", "text": "hm"}],
    "encrypted_content": "encrypted-1",
}
_THOUGHT_DELTA: Json = {"item_id": "rs_1", "output_index": 0, "summary_index": 0, "delta": "hm"}
_FINE_DELTA = _named("response.output_text.delta", item_id="msg_1", output_index=1, content_index=0, delta="fine")
REASONED = SampleReply(
    events=(
        _CREATED,
        _named("response.output_item.added", output_index=0, item={**_THOUGHT, "summary": []}),
        _named("response.reasoning_summary_text.delta", **_THOUGHT_DELTA),
        _named("response.output_item.done", output_index=0, item=_THOUGHT),
        _named("response.output_item.added", output_index=1, item=_message(status="in_progress")),
        _FINE_DELTA,
        _end(_THOUGHT, _FINE),
    ),
    whole=_response(_THOUGHT, _FINE),
)
_REFUSAL = _message({"type": "refusal", "refusal": "I will not."})
REFUSED = SampleReply(
    events=(
        _CREATED,
        _named("response.output_item.added", output_index=0, item=_message(status="in_progress")),
        _named("response.refusal.delta", item_id="msg_1", output_index=0, content_index=0, delta="I will not."),
        _end(_REFUSAL),
    ),
    whole=_response(_REFUSAL),
)

RESPONSES = ServerDialect(
    name="openai-responses",
    read_request=read_responses_request,
    endings=("/responses",),
    opening=_OPENING,
    speak=_speak,
    closing=_closing,
    unfinished=(b"data: [DONE]\n\n",),
    unknown=(
        _named("response.novelty", novelty={"a": 1}),
        _named("response.in_progress", response={"id": "resp_1", "novelty": 2}),
    ),
    whole=_whole,
    hollow={"object": "response"},
    error=chat.error,
    failing=_named("error", error=_FAILURE, sequence_number=7),
    coded={name: body for name, body in chat.CODED.items() if name != "no_db_connection"},
    unusual_replies={
        **UNUSUAL_REPLIES,
        "failed": SampleReply(
            events=(*_OPENING, _speak("fine"), _end(status="failed", error=_FAILURE)),
            whole=_response(status="failed", error=_FAILURE),
        ),
    },
    identity=("resp_1", "served"),
    finish=_with_reason,
    finishes={"completed": "stop", "max_output_tokens": "length", "content_filter": "content_filter"},
    counts={
        "plain": _with_usage(Usage(input_tokens=3, output_tokens=2), input_tokens=3, output_tokens=2),
        "cache and reasoning": _with_usage(
            Usage(input_tokens=10, output_tokens=7, cache_read_tokens=4, reasoning_tokens=5),
            input_tokens=10,
            output_tokens=7,
            input_tokens_details={"cached_tokens": 4},
            output_tokens_details={"reasoning_tokens": 5},
        ),
    },
    calling=_calling,
    reasoned=REASONED,
    refused=REFUSED,
    sealed=SampleSeal(reply=REASONED, words=("encrypted-1",)),
    embeddings=openai_endpoints.EMBEDDINGS,
    listing=openai_endpoints.LISTING,
)
