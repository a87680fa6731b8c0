"""The dialect of OpenAI chat completions: https://platform.openai.com/docs/api-reference/chat-streaming."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from dragoman.spec.response import Usage
from dragoman.testing.faults import openai_endpoints
from dragoman.testing.faults.chat_requests import read_chat_request
from dragoman.testing.faults.samples import SampleCall, SampleUsage
from dragoman.testing.faults.server_dialect import Events, Json, SampleReply, ServerDialect, event

__all__ = ["CHAT"]

DONE = b"data: [DONE]\n\n"
_CODES: dict[int, tuple[str, str | None]] = {
    401: ("invalid_request_error", "invalid_api_key"),
    403: ("permission_error", None),
    404: ("invalid_request_error", "model_not_found"),
    429: ("requests", "rate_limit_exceeded"),
    503: ("overloaded_error", None),
    529: ("overloaded_error", None),
}
"""Error type and code of each status that differs from the default."""


def _chunk(delta: Json | None, finish: str | None = None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return event(
        {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "served", "choices": [choice], **more}
    )


def error(status: int) -> Json:
    """Return the body of an error with this status."""
    kind, code = _CODES.get(status, ("invalid_request_error" if status < 500 else "server_error", None))  # noqa: PLR2004
    return {"error": {"message": f"status {status} was asked for", "type": kind, "code": code, "param": None}}


def _whole(content: str | None, finish: str | None = "stop", usage: Json | None = None, **message: Any) -> Json:
    choice = {"index": 0, "message": {"role": "assistant", "content": content, **message}, "finish_reason": finish}
    reply: Json = {"id": "chatcmpl-1", "object": "chat.completion", "model": "served", "choices": [choice]}
    return reply | {"usage": usage or _USAGE}


_USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
_START = _chunk({"role": "assistant", "content": ""})
CODED: dict[str, tuple[int, Json]] = {
    "context_overflow": (400, {"error": {"message": "too long", "type": "x", "code": "context_length_exceeded"}}),
    "insufficient_quota": (
        429,
        {"error": {"message": "pay", "type": "insufficient_quota", "code": "insufficient_quota"}},
    ),
    "no_db_connection": (400, {"error": {"message": "No connected db.", "type": "no_db_connection", "code": "400"}}),
    "error_code_number": (404, {"error": {"message": "no such model", "type": None, "code": 404}}),
    "error_text": (404, {"error": "no such model"}),
    "error_detail": (404, {"detail": "no such model"}),
    "error_foreign": (529, {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}),
}


def _call(index: int | None, call_id: str | None, name: str | None, arguments: str | None) -> Json:
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    fields = (("index", index), ("id", call_id), ("type", "function" if call_id else None), ("function", function))
    return {key: value for key, value in fields if value is not None}


def _tools(*deltas: Json, finish: str = "tool_calls") -> Events:
    return (_START, *(_chunk({"tool_calls": [delta]}) for delta in deltas), _chunk({}, finish), DONE)


def _with_tool_calls(*calls: Json, finish: str = "tool_calls") -> Json:
    return _whole(None, finish, tool_calls=list(calls))


def _usage(**counts: Any) -> bytes:
    return event({"id": "chatcmpl-1", "choices": [], "usage": counts})


_RAIN, _SUN = (_call(None, f"call_{name}", "weather", f'{{"city":"{name}"}}') for name in ("Oslo", "Rome"))
_FINE = (_START, _chunk({"content": "fine"}))
_STOP = _chunk({}, "stop")
UNUSUAL_REPLIES = {
    "blocked": SampleReply(events=(_START, _chunk({}, "content_filter"), DONE), whole=_whole("", "content_filter")),
    "too_long": SampleReply(events=(*_FINE, _chunk({}, "length"), DONE), whole=_whole("fine", "length")),
    "tools_interleaved": SampleReply(
        events=_tools(
            _call(0, "call_Oslo", "weather", '{"city":'),
            _call(1, "call_Rome", "weather", ""),
            _call(0, None, None, '"Oslo"}'),
            _call(1, None, None, '{"city":"Rome"}'),
        ),
        whole=_with_tool_calls(_RAIN, _SUN),
    ),
    "tools_unnumbered": SampleReply(
        events=_tools(_RAIN, _SUN),
        whole=_with_tool_calls(_RAIN, _SUN),
    ),
    "tools_all_first": SampleReply(
        events=_tools({**_RAIN, "index": 0}, {**_SUN, "index": 0}),
        whole=_with_tool_calls(_RAIN, _SUN),
    ),
    "tool_without_arguments": SampleReply(
        events=_tools(_call(0, "call_1", "clock", None)), whole=_with_tool_calls(_call(None, "call_1", "clock", ""))
    ),
    "tool_cut": SampleReply(
        events=_tools(_call(0, "call_1", "weather", '{"city":"Os'), finish="length"),
        whole=_with_tool_calls(_call(None, "call_1", "weather", '{"city":"Os'), finish="length"),
    ),
    "usage_absent": SampleReply(events=(*_FINE, _STOP, DONE), whole=_whole("fine") | {"usage": None}),
    "usage_last": SampleReply(
        events=(*_FINE, _STOP, _usage(prompt_tokens=3, completion_tokens=2), DONE), whole=_whole("fine")
    ),
    "usage_growing": SampleReply(
        events=(
            _START,
            _chunk({"content": "fi"}, usage={"prompt_tokens": 3, "completion_tokens": 1}),
            _chunk({"content": "ne"}, usage={"prompt_tokens": 3, "completion_tokens": 2}),
            _STOP,
            DONE,
        ),
        whole=_whole("fine"),
    ),
    "nulls": SampleReply(
        events=(
            _chunk(None),
            _chunk({"content": None, "tool_calls": None}),
            _chunk({"content": "fine"}),
            event({"choices": [{"index": 0, "delta": {"content": None}}]}),
            _STOP,
            DONE,
        ),
        whole=_whole("fine", tool_calls=None, refusal=None, annotations=None),
    ),
}


def _with_usage(**counts: Any) -> SampleReply:
    return SampleReply(events=(*_FINE, _STOP, _usage(**counts), DONE), whole=_whole("fine", usage=counts))


COUNTS = {
    "plain": SampleUsage(
        reply=_with_usage(prompt_tokens=3, completion_tokens=2), usage=Usage(input_tokens=3, output_tokens=2)
    ),
    "no output": SampleUsage(
        reply=_with_usage(prompt_tokens=3, completion_tokens=0), usage=Usage(input_tokens=3, output_tokens=0)
    ),
    "cache and reasoning": SampleUsage(
        reply=_with_usage(
            prompt_tokens=10,
            completion_tokens=7,
            prompt_tokens_details={"cached_tokens": 4},
            completion_tokens_details={"reasoning_tokens": 5},
        ),
        usage=Usage(input_tokens=10, output_tokens=7, cache_read_tokens=4, reasoning_tokens=5),
    ),
}


def _calling(calls: Sequence[SampleCall]) -> SampleReply:
    """Interleave the argument fragments of the calls."""
    deltas = [_call(index, each.call_id or None, each.name, "") for index, each in enumerate(calls)]
    for turn in zip_longest(*(each.pieces for each in calls)):
        deltas += [_call(index, None, None, piece) for index, piece in enumerate(turn) if piece is not None]
    whole = (_call(None, each.call_id or None, each.name, each.arguments) for each in calls)
    return SampleReply(events=_tools(*deltas), whole=_with_tool_calls(*whole))


def _choosing(texts: Sequence[str]) -> Json:
    """Return choices in the order in which a server may finish them: the last one first."""
    choices = [{**_whole(text)["choices"][0], "index": index} for index, text in enumerate(texts)]
    return {**_whole(""), "choices": choices[::-1]}


CHAT = ServerDialect(
    name="openai-chat",
    read_request=read_chat_request,
    endings=("/chat/completions",),
    opening=(_START,),
    speak=lambda text: _chunk({"content": text}),
    closing=lambda _: (_STOP,),
    unfinished=(DONE,),
    mark=DONE,
    unknown=(event({"object": "chat.completion.novelty", "novelty": {"a": 1}}), _chunk({"novelty": [1]}, novelty=2)),
    whole=_whole,
    hollow={"id": "chatcmpl-1", "object": "chat.completion", "choices": []},
    error=error,
    failing=event(error(503)),
    coded=CODED,
    unusual_replies=UNUSUAL_REPLIES,
    identity=("chatcmpl-1", "served"),
    finish=lambda reason: SampleReply(events=(*_FINE, _chunk({}, reason), DONE), whole=_whole("fine", reason)),
    finishes={
        "stop": "stop",
        "length": "length",
        "tool_calls": "tool_calls",
        "function_call": "tool_calls",
        "content_filter": "content_filter",
    },
    counts=COUNTS,
    calling=_calling,
    reasoned=SampleReply(
        events=(_START, _chunk({"reasoning_content": "hm"}), _chunk({"content": "fine"}), _STOP, DONE),
        whole=_whole("fine", reasoning_content="hm"),
    ),
    refused=SampleReply(
        events=(_START, _chunk({"refusal": "I will "}), _chunk({"refusal": "not."}), _STOP, DONE),
        whole=_whole(None, refusal="I will not."),
    ),
    choosing=_choosing,
    prompts=openai_endpoints.PROMPTS,
    embeddings=openai_endpoints.EMBEDDINGS,
    listing=openai_endpoints.LISTING,
)
