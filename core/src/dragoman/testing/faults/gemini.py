"""The dialect of the Gemini API: https://ai.google.dev/api/generate-content."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dragoman.spec.response import Usage
from dragoman.testing.faults import gemini_endpoints
from dragoman.testing.faults.gemini_requests import read_gemini_request
from dragoman.testing.faults.samples import SampleCall, SampleSeal, SampleUsage
from dragoman.testing.faults.server_dialect import Json, SampleReply, ServerDialect, event

__all__ = ["GEMINI"]

_STATUS_NAMES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_USAGE = {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5}


def _chunk(*parts: Json, finish: str | None = None, usage: Json | None = None, **more: Any) -> Json:
    candidate: Json = {"content": {"role": "model", "parts": list(parts)}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    metadata = {"usageMetadata": usage} if usage else {}
    return {"candidates": [candidate], **metadata, "modelVersion": "served", "responseId": "r1", **more}


def _error(status: int) -> Json:
    return _error_body(status, f"status {status} was asked for")


def _error_body(status: int, message: str, *details: Json, status_name: str | None = None) -> Json:
    known: Json = {"code": status, "message": message, "details": list(details)}
    status_name = status_name or _STATUS_NAMES.get(status)
    return {"error": known | ({"status": status_name} if status_name else {})}


def _text(text: str) -> Json:
    return {"text": text}


def _call(name: str, city: str | None) -> Json:
    arguments = {} if city is None else {"args": {"city": city}}
    return {"functionCall": {"name": name, **arguments}}


_END = event(_chunk(finish="STOP", usage=_USAGE))
_FINE = event(_chunk(_text("fine")))
_WHOLE = _chunk(_text("fine"), finish="STOP", usage=_USAGE)
_BLOCKED = {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 3}}
UNUSUAL_REPLIES = {
    "blocked": SampleReply(events=(event(_BLOCKED),), whole=_BLOCKED),
    "too_long": SampleReply(
        events=(_FINE, event(_chunk(finish="MAX_TOKENS", usage=_USAGE))),
        whole=_chunk(_text("fine"), finish="MAX_TOKENS", usage=_USAGE),
    ),
    "tools_interleaved": SampleReply(
        events=(event(_chunk(_call("weather", "Oslo"))), event(_chunk(_call("weather", "Rome"))), _END),
        whole=_chunk(_call("weather", "Oslo"), _call("weather", "Rome"), finish="STOP", usage=_USAGE),
    ),
    "tool_without_arguments": SampleReply(
        events=(event(_chunk(_call("clock", None))), _END),
        whole=_chunk(_call("clock", None), finish="STOP", usage=_USAGE),
    ),
    "usage_absent": SampleReply(
        events=(_FINE, event(_chunk(finish="STOP"))), whole=_chunk(_text("fine"), finish="STOP")
    ),
    "usage_last": SampleReply(events=(_FINE, _END), whole=_WHOLE),
    "usage_growing": SampleReply(
        events=(
            event(_chunk(_text("fi"), usage={"promptTokenCount": 3, "candidatesTokenCount": 1})),
            event(_chunk(_text("ne"), usage=_USAGE)),
            _END,
        ),
        whole=_WHOLE,
    ),
    "nulls": SampleReply(
        events=(
            event({"candidates": None}),
            event({"candidates": [{"content": None}]}),
            event({"candidates": [{"content": {"parts": None}}]}),
            _FINE,
            _END,
        ),
        whole=_chunk(_text("fine"), finish="STOP", usage=_USAGE, promptFeedback=None),
    ),
}


def _with_reason(reason: str) -> SampleReply:
    return SampleReply(
        events=(_FINE, event(_chunk(finish=reason, usage=_USAGE))),
        whole=_chunk(_text("fine"), finish=reason, usage=_USAGE),
    )


def _with_usage(usage: Usage, **report: int) -> SampleUsage:
    events = (_FINE, event(_chunk(finish="STOP", usage=report)))
    whole = _chunk(_text("fine"), finish="STOP", usage=report)
    return SampleUsage(reply=SampleReply(events=events, whole=whole), usage=usage)


def _calling(calls: Sequence[SampleCall]) -> SampleReply | None:
    """Return each call in one event, as the dialect does. Its arguments must be an object."""
    parts: list[Json] = []
    for each in calls:
        arguments = each.given
        if arguments is None:
            return None
        identifier: Json = {"id": each.call_id} if each.call_id else {}
        parts.append({"functionCall": {**identifier, "name": each.name, "args": arguments}})
    events = (*(event(_chunk(part)) for part in parts), _END)
    return SampleReply(events=events, whole=_chunk(*parts, finish="STOP", usage=_USAGE))


_THOUGHT = {"text": "hm", "thought": True}
_SIGNED = {"text": "fine", "thoughtSignature": "signature-1"}


def _choosing(texts: Sequence[str]) -> Json:
    """Return candidates in another order than that of their indices: the last one first."""
    candidates = [
        {**_chunk(_text(text), finish="STOP")["candidates"][0], "index": index} for index, text in enumerate(texts)
    ]
    return {**_WHOLE, "candidates": candidates[::-1]}


GEMINI = ServerDialect(
    name="google",
    read_request=read_gemini_request,
    endings=(":generateContent", ":streamGenerateContent"),
    is_streamed=lambda request: ":streamGenerateContent" in request.path,
    opening=(),
    speak=lambda text: event(_chunk(_text(text))),
    closing=lambda _: (_END,),
    unfinished=(event({"usageMetadata": _USAGE}),),
    unknown=(event({"novelty": {"a": 1}}), event(_chunk(novelty=2))),
    whole=lambda text: _chunk(_text(text), finish="STOP", usage=_USAGE),
    hollow={"candidates": [], "modelVersion": "served"},
    error=_error,
    failing=event(_error_body(503, "The model is overloaded.")),
    coded={
        "context_overflow": (
            400,
            _error_body(400, "The input token count (9) exceeds the maximum number of tokens allowed (8)."),
        ),
        "insufficient_quota": (429, _error_body(429, "Quota exceeded for metric: requests, limit: 0, model: served")),
        "retry_info": (
            429,
            _error_body(429, "wait", {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"}),
        ),
        "error_code_number": (404, {"error": {"message": "no such model", "code": 404}}),
        "error_text": (404, {"error": "no such model"}),
        "error_detail": (404, {"error": {"message": "no such model", "code": "not_found", "status": None}}),
        "error_foreign": (503, {"error": {"message": "busy", "type": "overloaded_error", "code": None}}),
    },
    unusual_replies=UNUSUAL_REPLIES,
    identity=("r1", "served"),
    finish=_with_reason,
    finishes={
        "STOP": "stop",
        "MAX_TOKENS": "length",
        "SAFETY": "content_filter",
        "RECITATION": "content_filter",
        "MALFORMED_FUNCTION_CALL": "error",
    },
    counts={
        "plain": _with_usage(
            Usage(input_tokens=3, output_tokens=2), promptTokenCount=3, candidatesTokenCount=2, totalTokenCount=5
        ),
        "cache and reasoning": _with_usage(
            Usage(input_tokens=10, output_tokens=7, cache_read_tokens=4, reasoning_tokens=5),
            promptTokenCount=10,
            cachedContentTokenCount=4,
            candidatesTokenCount=2,
            thoughtsTokenCount=5,
            totalTokenCount=17,
        ),
    },
    calling=_calling,
    reasoned=SampleReply(
        events=(event(_chunk(_THOUGHT)), _FINE, _END),
        whole=_chunk(_THOUGHT, _text("fine"), finish="STOP", usage=_USAGE),
    ),
    choosing=_choosing,
    sealed=SampleSeal(
        reply=SampleReply(events=(event(_chunk(_SIGNED)), _END), whole=_chunk(_SIGNED, finish="STOP", usage=_USAGE)),
        words=("signature-1",),
    ),
    embeddings=gemini_endpoints.EMBEDDINGS,
    listing=gemini_endpoints.LISTING,
    counting=gemini_endpoints.COUNTING,
)
