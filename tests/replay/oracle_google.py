"""What recorded exchanges with Gemini say."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

from dragoman import (
    AuthenticationError,
    BadRequestError,
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
from replay.judge import Expected, Replay, events

STATUSES: dict[int, type[DragomanError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    429: RateLimitError,
    503: OverloadedError,
}
FINISHES = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "BLOCKLIST": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "SPII": "content_filter",
    "MODEL_ARMOR": "content_filter",
    "UNEXPECTED_TOOL_CALL": "error",
    "TOO_MANY_TOOL_CALLS": "error",
    "MISSING_THOUGHT_SIGNATURE": "error",
    "1": "stop",
    "2": "length",
    "3": "content_filter",
}


def expected(recording: Recording) -> Expected:
    """Work out what an exchange says."""
    found = chunks(recording)
    failure = next((chunk["error"] for chunk in found if chunk.get("error")), None)
    if failure is not None or recording.status >= 400:
        return of_error(recording.status, failure or {})
    return of_chunks(found)


def chunks(recording: Recording) -> list[Any]:
    """Return the chunks of a reply: of a stream, of an array, or the one there is."""
    if recording.chunks is not None:
        return list(recording.chunks)
    if recording.has_json:
        body = recording.body_json
    elif recording.content_type.startswith("application/json"):
        body = json.loads(recording.body_text or "")
    else:
        return [json.loads(data) for _, data in events(recording)]
    return body if isinstance(body, list) else [body]


def of_error(status: int, error: Any) -> Expected:
    """Expect the error that a body and status stand for."""
    details = error.get("details") or []
    if any(detail.get("reason") == "API_KEY_INVALID" for detail in details):
        return Expected(error=AuthenticationError)
    quotas = [violation.get("quotaId", "") for detail in details for violation in detail.get("violations") or []]
    if any("PerDay" in quota for quota in quotas):
        return Expected(error=QuotaExceededError)
    status = status if status >= 400 else int(error.get("code") or 500)
    return Expected(error=STATUSES.get(status) or (ServerError if status >= 500 else DragomanError))


def of_chunks(found: list[Any]) -> Expected:
    """Expect what the chunks say together."""
    candidates = [
        candidate for chunk in found for candidate in chunk.get("candidates") or [] if not candidate.get("index")
    ]
    parts = [part for candidate in candidates for part in (candidate.get("content") or {}).get("parts") or []]
    reasons = [str(candidate["finishReason"]) for candidate in candidates if candidate.get("finishReason")]
    blocks = [
        chunk["promptFeedback"]["blockReason"] for chunk in found if "blockReason" in chunk.get("promptFeedback", {})
    ]
    if not reasons and not blocks:
        return Expected(error=StreamInterruptedError)
    calls = tool_calls([part["functionCall"] for part in parts if "functionCall" in part])
    report = next((chunk["usageMetadata"] for chunk in reversed(found) if chunk.get("usageMetadata")), {})
    raw = (reasons or blocks)[-1]
    return Expected(
        text="".join(part.get("text", "") for part in parts if not part.get("thought")),
        reasoning="".join(part.get("text", "") for part in parts if part.get("thought")),
        tool_calls=calls,
        finish="content_filter" if not reasons else finish(raw, calls=bool(calls)),
        raw_finish=raw,
        input_tokens=total(report, "promptTokenCount", "toolUsePromptTokenCount"),
        output_tokens=total(report, "candidatesTokenCount", "thoughtsTokenCount"),
        response_id=next((chunk["responseId"] for chunk in found if chunk.get("responseId")), None),
    )


def tool_calls(pieces: list[Any]) -> tuple[tuple[str, Any], ...]:
    """Return name and arguments of each call; one without a name goes on with the call before it."""
    found: list[tuple[str, Any]] = []
    for piece in pieces:
        if "name" in piece:
            found.append((piece["name"], piece.get("args") or {}))
        for value in piece.get("partialArgs") or []:
            add(found[-1][1], value)
    return tuple(found)


def add(arguments: Any, value: Any) -> None:
    """Put one value where its path says; a text adds to the text that is there."""
    steps = re.findall(r"[^.\[\]$]+", value["jsonPath"])
    holder = arguments
    for step, following in itertools.pairwise(steps):
        if isinstance(holder, list):
            holder.extend({} for _ in range(int(step) + 1 - len(holder)))
            holder = holder[int(step)]
        else:
            holder = holder.setdefault(step, [] if following.isdigit() else {})
    if "stringValue" in value:
        holder[steps[-1]] = holder.get(steps[-1], "") + value["stringValue"]
    else:
        holder[steps[-1]] = value.get("numberValue", value.get("boolValue"))


def finish(raw: str, *, calls: bool) -> str:
    """Return our word for an end."""
    if raw.startswith("MALFORMED_"):
        return "error"
    word = FINISHES.get(raw, "other")
    return "tool_calls" if word == "stop" and calls else word


def total(report: Any, *names: str) -> int | None:
    """Return the sum of what is reported."""
    counts = [report[name] for name in names if name in report]
    return sum(counts) if counts else None


def config(recording: Recording, url: str) -> LLMConfig:
    """Point the provider at the loopback server."""
    model = re.search(r"/models/([^:?]+)", recording.request.url)
    name = model[1] if model else "gemini-2.5-flash"
    if "aiplatform" in recording.request.url:
        return LLMConfig(model=name, provider="google", api_key="loopback", api_base=f"{url}/v1", vertex=True)
    return LLMConfig(model=name, provider="google", api_key="loopback", api_base=f"{url}/v1beta")


REPLAYS = {"google.generate": Replay(expected=expected, config=config)}
