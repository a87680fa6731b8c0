"""What recorded exchanges with OpenRouter say."""

from __future__ import annotations

import json
from typing import Any

from dragoman import LLMConfig
from recordings import Recording
from replay import oracle_openai_chat as openai
from replay.judge import Expected, Replay, events


def expected(recording: Recording) -> Expected:
    """Work out what an exchange says: a choice may hold an error."""
    if recording.status >= 400:
        return openai.expected(recording)
    if recording.has_json:
        problem = choice_error(recording.body_json)
        return openai.of_error(200, problem) if problem else of_whole(recording.body_json)
    chunks = [json.loads(data) for _, data in events(recording) if data != "[DONE]"]
    problems = [problem for chunk in chunks if (problem := choice_error(chunk))]
    return openai.of_error(200, problems[0]) if problems else openai.of_stream(chunks)


def of_whole(body: dict[str, Any]) -> Expected:
    """Expect what a whole reply says; a call of a tool without arguments may lack the member."""
    if body.get("error"):
        return openai.of_error(200, body)
    choice = body["choices"][0]
    calls = [
        {**call, "function": {"arguments": "", **call["function"]}}
        for call in choice["message"].get("tool_calls") or []
    ]
    return openai.of_message(body, {**choice["message"], "tool_calls": calls}, choice)


def choice_error(body: dict[str, Any]) -> dict[str, Any] | None:
    """Return the error in a choice, in the shape of an error of the whole reply."""
    found = [choice["error"] for choice in body.get("choices") or [] if choice.get("error")]
    return {"error": found[0]} if found else None


def config(recording: Recording, url: str) -> LLMConfig:
    """Point the provider at the loopback server."""
    body = recording.request.body
    model = body.get("model") if isinstance(body, dict) else None
    return LLMConfig(
        model=model or "openai/gpt-4o", provider="openrouter", api_key="sk-or-loopback", api_base=f"{url}/api/v1"
    )


REPLAYS = {"openrouter.chat": Replay(expected=expected, config=config)}
