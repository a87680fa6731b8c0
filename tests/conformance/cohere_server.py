"""The dialect of Cohere's server: https://docs.cohere.com/docs/streaming and https://docs.cohere.com/reference/errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dragoman import Usage
from dragoman.testing.faults import SampleCall, SampleReply, SampleUsage, ServerDialect, event

Json = dict[str, Any]

_USAGE: Json = {
    "billed_units": {"input_tokens": 1, "output_tokens": 2},
    "tokens": {"input_tokens": 3.0, "output_tokens": 2.0},
}


def _sent(kind: str, message: Json | None = None, index: int = 0, **delta: Any) -> bytes:
    said = {} if message is None else {"message": message}
    return event({"type": kind, "index": index, "delta": {**said, **delta}}, kind)


def _text(words: str | None, index: int = 0) -> bytes:
    return _sent("content-delta", {"content": {"text": words}}, index)


def _end(reason: str | None, usage: Json | None = _USAGE) -> bytes:
    return _sent("message-end", finish_reason=reason, usage=usage)


def _whole(*content: Json, reason: str = "COMPLETE", usage: Json | None = _USAGE, **message: Any) -> Json:
    said = {"role": "assistant", "content": list(content), **message}
    return {"id": "m1", "finish_reason": reason, "message": said, "usage": usage}


def _called(call_id: str, name: str, arguments: str) -> Json:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def _begins(call_id: str, name: str, index: int = 0) -> bytes:
    return _sent("tool-call-start", {"tool_calls": _called(call_id, name, "")}, index)


def _argues(piece: str, index: int = 0) -> bytes:
    return _sent("tool-call-delta", {"tool_calls": {"function": {"arguments": piece}}}, index)


_START = event({"type": "message-start", "id": "m1", "delta": {"message": {"role": "assistant"}}}, "message-start")
_OPEN = _sent("content-start", {"content": {"type": "text", "text": ""}})
_FINE: Json = {"type": "text", "text": "fine"}
_SAID = (_START, _OPEN, _text("fine"))
_OSLO, _ROME = '{"city": "Oslo"}', '{"city": "Rome"}'


def _finishing(reason: str) -> SampleReply:
    return SampleReply(events=(*_SAID, _end(reason)), whole=_whole(_FINE, reason=reason))


def _calling(calls: Sequence[SampleCall]) -> SampleReply:
    events = [_START, _sent("tool-plan-delta", {"tool_plan": "I will look."})]
    for index, each in enumerate(calls):
        events += [_begins(each.call_id, each.name, index), *(_argues(piece, index) for piece in each.pieces)]
        events.append(_sent("tool-call-end", index=index))
    tools = [_called(each.call_id, each.name, each.arguments) for each in calls]
    whole = _whole(reason="TOOL_CALL", tool_calls=tools, tool_plan="I will look.")
    return SampleReply(events=(*events, _end("TOOL_CALL")), whole=whole)


def _counting(report: Json, usage: Usage) -> SampleUsage:
    answer = SampleReply(events=(*_SAID, _end("COMPLETE", report)), whole=_whole(_FINE, usage=report))
    return SampleUsage(reply=answer, usage=usage)


_CITED: Json = {
    "start": 0,
    "end": 4,
    "text": "fine",
    "sources": [{"type": "document", "id": "doc:0", "document": {"id": "doc:0", "text": "It is fine."}}],
    "type": "TEXT_CONTENT",
}
_UNUSUAL = {
    "tools_interleaved": SampleReply(
        events=(
            *(_START, _begins("c1", "weather"), _argues(_OSLO[:7]), _begins("c2", "weather", 1), _argues(_ROME, 1)),
            *(_argues(_OSLO[7:]), _end("TOOL_CALL")),
        ),
        whole=_whole(reason="TOOL_CALL", tool_calls=[_called("c1", "weather", _OSLO), _called("c2", "weather", _ROME)]),
    ),
    "tool_without_arguments": SampleReply(
        events=(_START, _begins("c1", "clock"), _sent("tool-call-end"), _end("TOOL_CALL")),
        whole=_whole(reason="TOOL_CALL", tool_calls=[_called("c1", "clock", "null")]),
    ),
    "tool_cut": SampleReply(
        events=(_START, _begins("c1", "weather"), _argues('{"city":"Os'), _end("MAX_TOKENS")),
        whole=_whole(reason="MAX_TOKENS", tool_calls=[_called("c1", "weather", '{"city":"Os')]),
    ),
    "citations": SampleReply(
        events=(*_SAID, _sent("citation-start", {"citations": _CITED}), _sent("citation-end"), _end("COMPLETE")),
        whole=_whole(_FINE, citations=[_CITED]),
    ),
    "too_long": _finishing("MAX_TOKENS"),
    "usage_absent": SampleReply(events=(*_SAID, _end("COMPLETE", None)), whole=_whole(_FINE, usage=None)),
    "usage_last": _finishing("COMPLETE"),
    "nulls": SampleReply(
        events=(_START, _sent("content-start", {"content": None}), _text(None), _text("fine"), _end("COMPLETE")),
        whole=_whole(_FINE, tool_calls=None, tool_plan=None, citations=None),
    ),
}

COHERE = ServerDialect(
    name="cohere",
    endings=("/v2/chat",),
    opening=(_START, _OPEN),
    speak=_text,
    closing=lambda _: (_sent("content-end"), _end("COMPLETE")),
    unfinished=(_sent("content-end"),),
    unknown=(event({"type": "novelty", "a": 1}, "novelty"),),
    whole=lambda words: _whole({"type": "text", "text": words}),
    hollow={"id": "m1"},
    error=lambda status: {"id": "e1", "message": f"status {status} was asked for"},
    failing=_sent("message-end", error="the model is overloaded", finish_reason="ERROR"),
    coded={
        "context_overflow": (400, {"message": "too many tokens: size limit exceeded by 9 tokens"}),
        "insufficient_quota": (
            429,
            {"message": "You are using a Trial key, which is limited to 1000 API calls / month."},
        ),
        "bad_token": (498, {"message": "invalid api token"}),
    },
    unusual_replies=_UNUSUAL,
    identity=("m1", None),
    finish=_finishing,
    finishes={
        "COMPLETE": "stop",
        "STOP_SEQUENCE": "stop",
        "MAX_TOKENS": "length",
        "ERROR": "error",
        "TIMEOUT": "error",
    },
    counts={
        "plain": _counting(_USAGE, Usage(input_tokens=3, output_tokens=2)),
        "cached": _counting(
            {**_USAGE, "cached_tokens": 1}, Usage(input_tokens=3, output_tokens=2, cache_read_tokens=1)
        ),
        "billed alone": _counting(
            {"billed_units": {"input_tokens": 1, "output_tokens": 2}}, Usage(input_tokens=1, output_tokens=2)
        ),
    },
    calling=_calling,
    reasoned=SampleReply(
        events=(
            _START,
            _sent("content-start", {"content": {"type": "thinking", "thinking": ""}}),
            _sent("content-delta", {"content": {"thinking": "hm"}}),
            _sent("content-end"),
            _sent("content-start", {"content": {"type": "text", "text": ""}}, 1),
            _text("fine", 1),
            _end("COMPLETE"),
        ),
        whole=_whole({"type": "thinking", "thinking": "hm"}, _FINE),
    ),
)
