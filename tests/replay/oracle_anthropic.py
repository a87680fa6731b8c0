"""What recorded exchanges of the Messages API say."""

from __future__ import annotations

import json
from typing import Any

from dragoman import (
    AuthenticationError,
    BadRequestError,
    ContextWindowExceededError,
    DragomanError,
    LLMConfig,
    NotFoundError,
    OverloadedError,
    PermissionDeniedError,
    QuotaExceededError,
    RateLimitError,
    ServerError,
    StreamInterruptedError,
)
from recordings import Recording
from replay.judge import Expected, Replay, events, parsed

TYPES: dict[str, type[DragomanError]] = {
    "invalid_request_error": BadRequestError,
    "authentication_error": AuthenticationError,
    "billing_error": QuotaExceededError,
    "permission_error": PermissionDeniedError,
    "not_found_error": NotFoundError,
    "request_too_large": BadRequestError,
    "rate_limit_error": RateLimitError,
    "api_error": ServerError,
    "timeout_error": ServerError,
    "overloaded_error": OverloadedError,
}
FINISHES = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "pause_turn": "paused",
    "compaction": "paused",
    "refusal": "refusal",
}


def expected(recording: Recording) -> Expected:
    """Work out what an exchange says."""
    if recording.status >= 400:
        return of_error(recording.body_json)
    if recording.has_json:
        return of_message(recording.body_json)
    return of_stream([json.loads(data) for _, data in events(recording)])


def of_error(body: Any) -> Expected:
    """Expect the error that a body stands for."""
    kind, message = body["error"]["type"], body["error"]["message"]
    if kind == "invalid_request_error" and "prompt is too long" in message:
        return Expected(error=ContextWindowExceededError, code=kind)
    if kind == "invalid_request_error" and ("credit balance" in message or "usage limits" in message):
        return Expected(error=QuotaExceededError, code=kind)
    return Expected(error=TYPES[kind], code=kind)


def of_message(message: Any) -> Expected:
    """Expect what a whole message says."""
    blocks = message["content"]
    calls = [block for block in blocks if block["type"] == "tool_use"]
    usage = message["usage"]
    total = [usage.get(name) for name in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")]
    return Expected(
        text="".join(block["text"] for block in blocks if block["type"] == "text"),
        reasoning="".join(block["thinking"] for block in blocks if block["type"] == "thinking"),
        tool_calls=tuple((call["name"], call["input"]) for call in calls),
        finish=finish(message["stop_reason"], calls=bool(calls)),
        raw_finish=message["stop_reason"],
        input_tokens=sum(number or 0 for number in total),
        output_tokens=usage["output_tokens"],
        response_id=message["id"],
    )


def finish(raw: str | None, *, calls: bool) -> str:
    """Return our word for an end; a plain end with calls to run is one for their sake."""
    word = FINISHES.get(raw or "", "other")
    return "tool_calls" if word == "stop" and calls else word


def of_stream(found: list[Any]) -> Expected:
    """Expect what the events of a stream say together."""
    message: dict[str, Any] = {}
    blocks: dict[int, Any] = {}
    inputs: dict[int, str] = {}
    ended = False
    for event in found:
        kind = event["type"]
        if kind == "error":
            return of_error(event)
        if kind == "message_start":
            message = event["message"]
        elif kind == "content_block_start":
            blocks[event["index"]] = event["content_block"]
        elif kind == "content_block_delta":
            grow(blocks[event["index"]], event["delta"], inputs, event["index"])
        elif kind == "message_delta":
            message["stop_reason"] = event["delta"]["stop_reason"]
            message["usage"] |= event["usage"]
        ended = ended or kind == "message_stop"
    if not ended:
        return Expected(error=StreamInterruptedError)
    for index, text in inputs.items():
        blocks[index]["input"] = parsed(text)
    return of_message({**message, "content": [blocks[index] for index in sorted(blocks)]})


def grow(block: Any, delta: Any, inputs: dict[int, str], index: int) -> None:
    """Add a delta to its block."""
    if delta["type"] == "text_delta":
        block["text"] += delta["text"]
    elif delta["type"] == "thinking_delta":
        block["thinking"] += delta["thinking"]
    elif delta["type"] == "input_json_delta" and delta["partial_json"]:
        inputs[index] = inputs.get(index, "") + delta["partial_json"]


def config(recording: Recording, url: str) -> LLMConfig:
    """Point the provider at the loopback server."""
    body = recording.request.body
    model = body.get("model") if isinstance(body, dict) else None
    return LLMConfig(model=model or "claude-sonnet-4-5", provider="anthropic", api_key="sk-loopback", api_base=url)


REPLAYS = {"anthropic.messages": Replay(expected=expected, config=config)}
