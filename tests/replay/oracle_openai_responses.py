"""What recorded exchanges of the Responses API say."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from dragoman import LLMConfig, StreamInterruptedError
from recordings import Recording
from replay.judge import Expected, Replay, events, parsed
from replay.oracle_openai_chat import of_error

REASONS = {"max_output_tokens": "length", "content_filter": "content_filter"}
STATUSES = {"completed": "stop", "queued": "paused", "in_progress": "paused", "cancelled": "interrupted"}
ENDS = {"response.completed", "response.incomplete", "response.failed", "response.cancelled"}
CALLS = {"function_call": "arguments", "custom_tool_call": "input"}


def expected(recording: Recording) -> Expected:
    """Work out what an exchange says."""
    if recording.status >= 400:
        return of_error(recording.status, recording.body_json if recording.has_json else None)
    if recording.has_json:
        return of_answer(recording.body_json)
    return of_stream([json.loads(data) for _, data in events(recording) if data != "[DONE]"])


def of_answer(body: Any) -> Expected:
    """Expect what a whole answer says."""
    if body.get("status") == "failed" or (body.get("error") and not body.get("output")):
        return of_error(200, body)
    output = body["output"]
    calls = [item for item in output if item["type"] in CALLS]
    contents = [
        content
        for item in output
        if item["type"] == "message" and item.get("role") == "assistant"
        for content in item["content"]
    ]
    usage = body.get("usage") or {}
    reason = (body.get("incomplete_details") or {}).get("reason")
    refused = any(content["type"] == "refusal" for content in contents)
    return Expected(
        text="".join(content["text"] for content in contents if content["type"] == "output_text"),
        reasoning="".join(map(reasoning, output)),
        tool_calls=tuple((call["name"], parsed(call[CALLS[call["type"]]])) for call in calls),
        finish=finish(body.get("status"), reason, calls=bool(calls), refused=refused),
        raw_finish=reason or body.get("status"),
        input_tokens=usage.get("input_tokens"),
        output_tokens=usage.get("output_tokens"),
        response_id=body.get("id"),
    )


def reasoning(item: Any) -> str:
    """Return the reasoning that an item shows."""
    if item["type"] != "reasoning":
        return ""
    return "".join(piece["text"] for piece in [*(item.get("summary") or []), *(item.get("content") or [])])


def finish(status: str | None, reason: str | None, *, calls: bool, refused: bool) -> str:
    """Return our word for an end; an answer without a status is complete."""
    if reason is not None or status == "incomplete":
        return REASONS.get(reason or "", "other")
    word = STATUSES.get(status or "completed", "other")
    if word == "stop" and (calls or refused):
        return "tool_calls" if calls else "refusal"
    return word


def of_stream(chunks: list[Any]) -> Expected:
    """Expect what the first end of a stream says; some sources cut out deltas, so these are not a measure."""
    for chunk in chunks:
        if chunk.get("type") == "error" or chunk.get("error"):
            return of_error(200, chunk)
        if chunk.get("type") in ENDS:
            return of_answer(chunk["response"])
    return Expected(error=StreamInterruptedError)


def config(recording: Recording, url: str) -> LLMConfig:
    """Point the provider at the loopback server; a temperature given is not left out where the server refuses it."""
    provider = recording.api.partition(".")[0]
    parts = urlsplit(recording.request.url)
    body = recording.request.body if isinstance(recording.request.body, dict) else {}
    given: dict[str, Any] = {"temperature": abs(body["temperature"])} if "temperature" in body else {}
    if "api-version" in parts.query:
        given["api_version"] = parts.query.partition("api-version=")[2]
    return LLMConfig(
        model=body.get("model") or "gpt-4o",
        provider=provider,
        api_key="sk-loopback",
        api_base=url + parts.path.partition("/responses")[0],
        api="responses",
        **given,
    )


REPLAYS = {
    api: Replay(expected=expected, config=config)
    for api in ("openai.responses", "azure.responses", "openrouter.responses")
}
