"""The dialect of an Ollama server: https://docs.ollama.com/api/chat and https://docs.ollama.com/api/errors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from dragoman import Usage
from dragoman.testing.faults import LINES, SampleCall, SampleReply, SampleUsage, ServerDialect
from dragoman.testing.framings import json_line
from dragoman.testing.reply import Received

Json = dict[str, Any]
_COUNTS = {"prompt_eval_count": 3, "eval_count": 2}


def _chunk(content: Any = "", **message: Any) -> Json:
    said = {"role": "assistant", "content": content, **message}
    return {"model": "served", "created_at": "2026-08-07T06:08:14.732370123Z", "message": said, "done": False}


def _done(reason: str = "stop", counts: Json | None = None) -> Json:
    durations = {"total_duration": 4819895166, "load_duration": 27509166}
    report = _COUNTS if counts is None else counts
    return {"done": True, "done_reason": reason, **durations, **report}


def _end(reason: str = "stop", counts: Json | None = None) -> bytes:
    return json_line({**_chunk(), **_done(reason, counts)})


def _whole(message: Json, reason: str = "stop", counts: Json | None = None) -> Json:
    return {**_chunk(**message), **_done(reason, counts)}


def _reply(*messages: Json, reason: str = "stop", counts: Json | None = None, whole: Json | None = None) -> SampleReply:
    """Return an answer in pieces, and whole; the members of all pieces together unless given."""
    events = (*(json_line(_chunk(**each)) for each in messages), _end(reason, counts))
    known: Json = {name: value for each in messages for name, value in each.items()}
    return SampleReply(events=events, whole=_whole(known if whole is None else whole, reason, counts))


def _call(name: str, arguments: Json, call_id: str = "") -> Json:
    function = {"name": name, "arguments": arguments}
    return {"id": call_id, "function": function} if call_id else {"function": function}


def _calling(calls: Sequence[SampleCall]) -> SampleReply | None:
    """Return each call in one line, as the dialect does. Its arguments must be an object."""
    if any(each.given is None for each in calls):
        return None
    made = [_call(each.name, each.given or {}, each.call_id) for each in calls]
    return _reply(*({"tool_calls": [each]} for each in made), whole={"tool_calls": made})


def _counted(usage: Usage, **report: int) -> SampleUsage:
    return SampleUsage(reply=_reply({"content": "fine"}, counts=report), usage=usage)


def is_streamed(request: Received) -> bool:
    """Return whether a request asks for a stream, which is the default of the API."""
    body: Any = json.loads(request.body)
    return body.get("stream", True)


_OSLO, _ROME = _call("weather", {"city": "Oslo"}), _call("weather", {"city": "Rome"})

OLLAMA = ServerDialect(
    name="ollama",
    framing=LINES,
    endings=("/api/chat", "/api/generate"),
    is_streamed=is_streamed,
    opening=(),
    speak=lambda text: json_line(_chunk(text)),
    closing=lambda _: (_end(),),
    unfinished=(json_line(_chunk()),),
    unknown=(json_line({"novelty": {"a": 1}}), json_line({**_chunk(), "novelty": 2})),
    whole=lambda text: _whole({"content": text}),
    hollow={"model": "served", "done": True},
    error=lambda status: {"error": f"status {status} was asked for"},
    failing=json_line({"error": "an error was encountered while running the model: unexpected EOF"}),
    coded={
        "context_overflow": (400, {"error": "prompt too long; exceeded max context length by 12 tokens"}),
        "error_code_number": (404, {"error": {"message": "no such model", "code": 404}}),
        "error_text": (404, {"error": "no such model"}),
        "error_detail": (404, {"detail": "no such model"}),
        "error_foreign": (503, {"error": {"message": "busy", "type": "server_error", "code": None}}),
    },
    unusual_replies={
        "too_long": _reply({"content": "fine"}, reason="length"),
        "tools_interleaved": _reply(
            {"tool_calls": [_OSLO]}, {"tool_calls": [_ROME]}, whole={"tool_calls": [_OSLO, _ROME]}
        ),
        "tool_without_arguments": _reply({"tool_calls": [_call("clock", {})]}),
        "usage_absent": _reply({"content": "fine"}, counts={}),
        "usage_last": _reply({"content": "fine"}),
        "nulls": SampleReply(
            events=(
                json_line({**_chunk(), "message": None}),
                json_line(_chunk(None, thinking=None, tool_calls=None)),
                json_line(_chunk("fine")),
                _end(),
            ),
            whole=_whole({"content": "fine", "thinking": None, "tool_calls": None}),
        ),
    },
    identity=(None, "served"),
    finish=lambda reason: _reply({"content": "fine"}, reason=reason),
    finishes={"stop": "stop", "length": "length", "load": "other", "unload": "other"},
    counts={
        "plain": _counted(Usage(input_tokens=3, output_tokens=2), prompt_eval_count=3, eval_count=2),
        "of a cached prompt": _counted(Usage(output_tokens=2), eval_count=2),
    },
    calling=_calling,
    reasoned=_reply({"thinking": "hm"}, {"content": "fine"}),
)
