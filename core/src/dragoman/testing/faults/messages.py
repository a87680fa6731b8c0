"""The dialect of the Anthropic Messages API: https://docs.anthropic.com/en/api/messages-streaming."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dragoman.spec.response import Usage
from dragoman.testing.faults import messages_endpoints
from dragoman.testing.faults.messages_requests import read_messages_request
from dragoman.testing.faults.samples import SampleCall, SampleSeal, SampleUsage
from dragoman.testing.faults.server_dialect import Events, Json, SampleReply, ServerDialect, event

__all__ = ["MESSAGES"]

_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}


def _named(kind: str, **fields: Any) -> bytes:
    return event({"type": kind, **fields}, kind)


def _message(reason: str | None, *content: Json, usage: Json | None = None) -> Json:
    known = {"id": "msg_1", "type": "message", "role": "assistant", "model": "served", "content": list(content)}
    return {**known, "stop_reason": reason, "stop_sequence": None, "usage": usage or _USAGE}


def _error(status: int) -> Json:
    kind = _TYPES.get(status, "invalid_request_error" if status < 500 else "api_error")  # noqa: PLR2004  # first status of server errors
    return _error_body(kind, f"status {status} was asked for")


def _error_body(kind: str, message: str) -> Json:
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}


def _begin(index: int, block: Json) -> bytes:
    return _named("content_block_start", index=index, content_block=block)


def _delta(index: int, kind: str, **fields: Any) -> bytes:
    return _named("content_block_delta", index=index, delta={"type": kind, **fields})


def _input(index: int, piece: str) -> bytes:
    return _delta(index, "input_json_delta", partial_json=piece)


def _stop(index: int) -> bytes:
    return _named("content_block_stop", index=index)


def _end(reason: str | None, *, usage: Json | None = None) -> Events:
    counted = {"usage": {"output_tokens": 2} if usage is None else usage}
    ending = {"stop_reason": reason, "stop_sequence": None}
    return (_named("message_delta", delta=ending, **counted), _named("message_stop"))


def _speak(text: str) -> bytes:
    return _delta(0, "text_delta", text=text)


_USAGE = {"input_tokens": 3, "output_tokens": 2}
_START = _named("message_start", message=_message(None, usage={"input_tokens": 3, "output_tokens": 1}))
_OPENING = (_START, _begin(0, {"type": "text", "text": ""}))
_FINE = {"type": "text", "text": "fine"}
_FINE_EVENTS = (*_OPENING, _speak("fine"), _stop(0))


def _call(name: str, city: str | None) -> Json:
    given = {} if city is None else {"city": city}
    return {"type": "tool_use", "id": f"call_{city}", "name": name, "input": given}


def _open_call(name: str, city: str | None) -> Json:
    return _call(name, city) | {"input": {}}


UNUSUAL_REPLIES = {
    "blocked": SampleReply(events=(_START, *_end("refusal")), whole=_message("refusal")),
    "too_long": SampleReply(events=(*_FINE_EVENTS, *_end("max_tokens")), whole=_message("max_tokens", _FINE)),
    "tools_interleaved": SampleReply(
        events=(
            _START,
            _begin(0, _open_call("weather", "Oslo")),
            _input(0, '{"city":'),
            _begin(1, _open_call("weather", "Rome")),
            _input(1, '{"city":"Rome"}'),
            _input(0, '"Oslo"}'),
            _stop(1),
            _stop(0),
            *_end("tool_use"),
        ),
        whole=_message("tool_use", _call("weather", "Oslo"), _call("weather", "Rome")),
    ),
    "tool_without_arguments": SampleReply(
        events=(_START, _begin(0, _call("clock", None)), _input(0, ""), _stop(0), *_end("tool_use")),
        whole=_message("tool_use", _call("clock", None)),
    ),
    "tool_cut": SampleReply(
        events=(_START, _begin(0, _open_call("weather", "Oslo")), _input(0, '{"city":"Os'), *_end("max_tokens")),
        whole=_message("max_tokens", _call("weather", None)),
    ),
    "usage_absent": SampleReply(
        events=(
            _named("message_start", message={"id": "msg_1", "role": "assistant", "content": []}),
            *_FINE_EVENTS[1:],
            _named("message_delta", delta={"stop_reason": "end_turn"}),
            _named("message_stop"),
        ),
        whole=_message("end_turn", _FINE) | {"usage": None},
    ),
    "usage_last": SampleReply(events=(*_FINE_EVENTS, *_end("end_turn")), whole=_message("end_turn", _FINE)),
    "usage_growing": SampleReply(
        events=(
            *_FINE_EVENTS,
            _named("message_delta", delta={"stop_reason": None}, usage={"output_tokens": 1}),
            *_end("end_turn", usage={"input_tokens": 3, "output_tokens": 2}),
        ),
        whole=_message("end_turn", _FINE),
    ),
    "nulls": SampleReply(
        events=(
            *_OPENING,
            _named("content_block_delta", index=0, delta={"type": "text_delta", "text": None}),
            _speak("fine"),
            _stop(0),
            *_end("end_turn"),
        ),
        whole=_message("end_turn", {**_FINE, "citations": None}),
    ),
    "delta_unopened": SampleReply(
        events=(*_FINE_EVENTS, _delta(5, "text_delta", text="?")), whole=_message("end_turn", _FINE)
    ),
    "stop_twice": SampleReply(events=(*_FINE_EVENTS, _stop(0), *_end("end_turn")), whole=_message("end_turn", _FINE)),
}


def _with_reason(reason: str) -> SampleReply:
    return SampleReply(events=(*_FINE_EVENTS, *_end(reason)), whole=_message(reason, _FINE))


def _with_usage(usage: Usage, **report: int) -> SampleUsage:
    started = _named("message_start", message=_message(None, usage={**report, "output_tokens": 1}))
    reply = SampleReply(
        events=(started, *_FINE_EVENTS[1:], *_end("end_turn", usage={"output_tokens": report["output_tokens"]})),
        whole=_message("end_turn", _FINE, usage=report),
    )
    return SampleUsage(reply=reply, usage=usage)


def _calling(calls: Sequence[SampleCall]) -> SampleReply | None:
    """Return calls that are open at the same time. Each needs an id, and its arguments must be an object."""
    inputs = [each.given for each in calls]
    if not all(each.call_id for each in calls) or None in inputs:
        return None
    blocks = [
        {"type": "tool_use", "id": each.call_id, "name": each.name, "input": given}
        for each, given in zip(calls, inputs, strict=True)
    ]
    started = [_begin(index, {**block, "input": {}}) for index, block in enumerate(blocks)]
    pieces = [_input(index, piece) for index, each in enumerate(calls) for piece in each.pieces]
    stops = [_stop(index) for index in range(len(calls))]
    return SampleReply(
        events=(_START, *started, *pieces, *stops, *_end("tool_use")), whole=_message("tool_use", *blocks)
    )


_REFUSING = {"type": "refusal", "category": "harm", "explanation": "I will not."}
REFUSED = SampleReply(
    events=(
        _START,
        _named(
            "message_delta", delta={"stop_reason": "refusal", "stop_details": _REFUSING}, usage={"output_tokens": 2}
        ),
        _named("message_stop"),
    ),
    whole=_message("refusal") | {"stop_details": _REFUSING},
)
REASONED = SampleReply(
    events=(
        _START,
        _begin(0, {"type": "thinking", "thinking": ""}),
        _delta(0, "thinking_delta", thinking="hm"),
        _delta(0, "signature_delta", signature="signature-1"),
        _stop(0),
        _begin(1, {"type": "redacted_thinking", "data": "encrypted-1"}),
        _stop(1),
        _begin(2, {"type": "text", "text": ""}),
        _delta(2, "text_delta", text="fine"),
        _stop(2),
        *_end("end_turn"),
    ),
    whole=_message(
        "end_turn",
        {"type": "thinking", "thinking": "hm", "signature": "signature-1"},
        {"type": "redacted_thinking", "data": "encrypted-1"},
        _FINE,
    ),
)

MESSAGES = ServerDialect(
    name="anthropic",
    read_request=read_messages_request,
    endings=("/messages",),
    request_id="request-id",
    opening=_OPENING,
    speak=_speak,
    closing=lambda _: (_stop(0), *_end("end_turn")),
    unfinished=(_stop(0), _named("message_stop")),
    unknown=(_named("message_novelty", novelty={"a": 1}), _delta(0, "novelty_delta", novelty=2)),
    whole=lambda text: _message("end_turn", {"type": "text", "text": text}),
    hollow={"id": "msg_1", "type": "message", "role": "assistant"},
    error=_error,
    failing=event(_error_body("overloaded_error", "Overloaded"), "error"),
    coded={
        "context_overflow": (400, _error_body("invalid_request_error", "prompt is too long: 9 tokens > 8 maximum")),
        "insufficient_quota": (
            400,
            _error_body("invalid_request_error", "Your credit balance is too low to access the Anthropic API."),
        ),
        "error_code_number": (404, {"error": {"message": "no such model", "code": 404}}),
        "error_text": (404, {"error": "no such model"}),
        "error_detail": (404, {"detail": "no such model"}),
        "error_foreign": (503, {"error": {"message": "busy", "type": "server_error", "code": None}}),
    },
    unusual_replies=UNUSUAL_REPLIES,
    identity=("msg_1", "served"),
    finish=_with_reason,
    finishes={
        "end_turn": "stop",
        "stop_sequence": "stop",
        "max_tokens": "length",
        "model_context_window_exceeded": "length",
        "tool_use": "tool_calls",
        "pause_turn": "paused",
        "refusal": "refusal",
    },
    counts={
        "plain": _with_usage(Usage(input_tokens=3, output_tokens=2), input_tokens=3, output_tokens=2),
        "cache": _with_usage(
            Usage(input_tokens=9, output_tokens=2, cache_read_tokens=4, cache_write_tokens=2),
            input_tokens=3,
            output_tokens=2,
            cache_read_input_tokens=4,
            cache_creation_input_tokens=2,
        ),
    },
    calling=_calling,
    reasoned=REASONED,
    refused=REFUSED,
    sealed=SampleSeal(reply=REASONED, words=("signature-1", "encrypted-1")),
    prompts=messages_endpoints.PROMPTS,
    listing=messages_endpoints.LISTING,
    counting=messages_endpoints.COUNTING,
)
