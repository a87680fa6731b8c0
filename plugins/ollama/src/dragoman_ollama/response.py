"""Answers of Ollama as ours: parts, finish reasons, usage and metadata, for complete replies and for streams.

https://docs.ollama.com/api/chat and https://docs.ollama.com/api/usage
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dragoman import (
    Finish,
    FinishReason,
    Origin,
    Part,
    Reasoning,
    Response,
    Text,
    ToolCall,
    Usage,
    build_response,
)
from dragoman.http import arguments_text, calls_in, end_word, fields, members_of, number, said_once, word, words

FINISH: Mapping[str, FinishReason] = {
    "stop": FinishReason.STOP,
    "length": FinishReason.LENGTH,
}
"""Finish reasons by ``done_reason``. One that is not listed becomes ``other``, such as ``load`` and ``unload``, with
which the server reports that it only loaded or unloaded the model."""

METADATA = (
    "total_duration",
    "load_duration",
    "prompt_eval_duration",
    "eval_duration",
    "context",
    "remote_model",
    "remote_host",
)
"""Members of a reply that are kept as metadata of the response; the durations are in nanoseconds."""


def response(body: Mapping[str, Any]) -> Response:
    """Return the response of a complete reply."""
    metadata_of = members_of(body, METADATA)
    if body.get("logprobs"):
        metadata_of["logprobs"] = body["logprobs"]
    return build_response(
        parts(message_of(body)),
        finish(body) or Finish(reason=FinishReason.INTERRUPTED),
        usage=usage(body) or Usage(),
        origin=Origin(served_model=word(body.get("model")), created=timestamp(body.get("created_at"))),
        metadata=metadata_of,
        raw=body,
    )


def message_of(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the message of a reply or chunk; the answer to a prompt consists of members of the reply itself."""
    if "message" in body:
        return fields(body["message"])
    return {"content": body.get("response"), "thinking": body.get("thinking"), "tool_calls": body.get("tool_calls")}


def parts(message: Mapping[str, Any]) -> list[Part]:
    """Return the parts of a whole message."""
    found: list[Part] = []
    if thinking := words(message.get("thinking")):
        found.append(Reasoning(text=thinking))
    if text := words(message.get("content")):
        found.append(Text(text=text))
    calls = enumerate(calls_in(message))
    return [*found, *said_once(tool_call(call, position) for position, call in calls)]


def tool_call(call: Mapping[str, Any], position: int) -> ToolCall:
    """Return a tool call, which has an id only on newer servers.

    Args:
        call: the call.
        position: how many calls of the answer come before it.

    Raises:
        ProtocolError: if its arguments cannot be written as JSON.

    """
    function = fields(call.get("function"))
    return ToolCall(
        name=words(function.get("name")),
        call_id=word(call.get("id")) or f"call_{position}",
        arguments=arguments_text(function.get("arguments")),
    )


def finish(body: Mapping[str, Any]) -> Finish | None:
    """Return why an answer ended, ``None`` if it has not ended or was cut, for which there is no word."""
    reason = end_word(body.get("done_reason"))
    if not body.get("done") or reason is None:
        return None
    return Finish(reason=FINISH.get(reason, FinishReason.OTHER), raw=reason)


def usage(body: Mapping[str, Any]) -> Usage | None:
    """Return the usage, ``None`` if none is reported."""
    report = {name: body[name] for name in ("prompt_eval_count", "eval_count") if body.get(name) is not None}
    if not report:
        return None
    return Usage(
        input_tokens=number(report.get("prompt_eval_count")),
        output_tokens=number(report.get("eval_count")),
        raw=report,
    )


def timestamp(value: Any) -> float | None:
    """Return a time in ISO 8601 as seconds since 1970, ``None`` if it is not one."""
    try:
        return datetime.fromisoformat(value).timestamp() if isinstance(value, str) else None
    except (ValueError, OverflowError):  # the UTC offset may lead to a year outside 1 to 9999
        return None
