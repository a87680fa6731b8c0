"""What recorded exchanges of the OpenAI chat dialect say."""

from __future__ import annotations

import json
from typing import Any

from attrs import evolve

from dragoman import (
    AuthenticationError,
    BadRequestError,
    ContentFilterError,
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

STATUSES: dict[int, type[DragomanError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    402: QuotaExceededError,
    403: PermissionDeniedError,
    404: NotFoundError,
    429: RateLimitError,
    503: OverloadedError,
    529: OverloadedError,
}
CODES: dict[str, type[DragomanError]] = {
    "insufficient_quota": QuotaExceededError,
    "context_length_exceeded": ContextWindowExceededError,
    "content_filter": ContentFilterError,
    "rate_limit_exceeded": RateLimitError,
    "model_not_found": NotFoundError,
}
FINISHES = {"stop": "stop", "length": "length", "tool_calls": "tool_calls", "content_filter": "content_filter"}


def expected(recording: Recording) -> Expected:
    """Work out what an exchange says."""
    if recording.status >= 400:
        return of_error(recording.status, recording.body_json if recording.has_json else None)
    if recording.has_json:
        body = recording.body_json
        if body.get("error"):
            return of_error(200, body)
        return of_choices(body)
    return of_stream([json.loads(data) for _, data in events(recording) if data != "[DONE]"])


def of_error(status: int, body: Any) -> Expected:
    """Expect the error that a body and status stand for."""
    if isinstance(body, list) and body:
        body = body[0]
    error = body.get("error") if isinstance(body, dict) else None
    error = error if isinstance(error, dict) else {}
    by_code = CODES.get(str(error.get("code"))) or CODES.get(str(error.get("type")))
    code = str(error.get("code") or "")
    if status < 400 and code.isdigit():
        status = int(code)
    return Expected(error=by_code or STATUSES.get(status) or (ServerError if status >= 500 else DragomanError))


def of_choices(body: Any) -> Expected:
    """Expect what the choices of a whole reply say, the first of them and the further ones."""
    first, *others = sorted(body["choices"], key=lambda choice: choice.get("index", 0))
    further = [of_message({}, other.get("message") or other, other) for other in others]
    return evolve(of_message(body, first.get("message") or first, first), alternatives=tuple(further))


def of_message(body: Any, message: Any, choice: Any) -> Expected:
    """Expect what a whole message says."""
    calls = [function_of(call) for call in message.get("tool_calls") or []]
    if message.get("function_call"):
        calls.append(message["function_call"])
    usage = body.get("usage") or {}
    content = message.get("content", message.get("text"))
    return Expected(
        text=content if isinstance(content, str) else "".join(part.get("text", "") for part in content or []),
        reasoning=message.get("reasoning_content") or message.get("reasoning") or "",
        tool_calls=tuple((call["name"], parsed(call["arguments"])) for call in calls),
        finish=finish(choice.get("finish_reason"), calls=bool(calls), refusal=bool(message.get("refusal"))),
        raw_finish=choice.get("finish_reason"),
        input_tokens=usage.get("prompt_tokens"),
        output_tokens=usage.get("completion_tokens"),
        response_id=body.get("id") or None,
    )


def function_of(call: Any) -> Any:
    """Return name and arguments of a tool call; a custom tool has an input in place of arguments."""
    return call.get("function") or {"name": call["custom"]["name"], "arguments": call["custom"]["input"]}


def finish(raw: str | None, *, calls: bool, refusal: bool) -> str:
    """Return our word for an end."""
    if raw == "function_call" or (raw == "stop" and calls):
        return "tool_calls"
    if raw == "stop" and refusal:
        return "refusal"
    return FINISHES.get(raw or "", "other")


def of_stream(chunks: list[Any]) -> Expected:
    """Expect what the chunks of a stream say together."""
    message: dict[str, Any] = {"content": "", "reasoning": "", "refusal": ""}
    calls: dict[int, dict[str, str]] = {}
    body: dict[str, Any] = {"id": None, "usage": None}
    reason = None
    for chunk in chunks:
        if chunk.get("error"):
            return of_error(200, chunk)
        body["id"] = body["id"] or chunk.get("id")
        body["usage"] = chunk.get("usage") or body["usage"]
        for choice in chunk.get("choices") or []:
            if choice.get("index", 0) != 0:
                continue
            delta = choice.get("delta") or {"content": choice.get("text")}
            message["content"] += delta.get("content") or ""
            message["reasoning"] += delta.get("reasoning_content") or delta.get("reasoning") or ""
            message["refusal"] += delta.get("refusal") or ""
            pieces = list(delta.get("tool_calls") or [])
            if delta.get("function_call"):
                pieces.append({"index": 0, "function": delta["function_call"]})
            for piece in pieces:
                call = calls.setdefault(piece.get("index", 0), {"name": "", "arguments": ""})
                call["name"] += (piece.get("function") or {}).get("name") or ""
                call["arguments"] += (piece.get("function") or {}).get("arguments") or ""
            reason = choice.get("finish_reason") or reason
    if reason is None:
        return Expected(error=StreamInterruptedError)
    message["tool_calls"] = [{"function": calls[index]} for index in sorted(calls)]
    return of_message(body, message, {"finish_reason": reason})


def config(recording: Recording, url: str) -> LLMConfig:
    """Point the provider at the loopback server."""
    body = recording.request.body
    model = body.get("model") if isinstance(body, dict) else None
    model = model or "gpt-4o"
    return LLMConfig(model=model, provider="openai", api_key="sk-loopback", api_base=f"{url}/v1", api="chat")


def is_chat(recording: Recording) -> bool:
    """Leave out what is not a chat completion."""
    return "/completions" in recording.request.url


REPLAYS = {"openai.chat": Replay(expected=expected, config=config, where=is_chat)}
