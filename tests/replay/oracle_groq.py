"""What recorded exchanges with Groq say."""

from __future__ import annotations

import json
from typing import Any

from attrs import evolve

from dragoman import LLMConfig, ModelRetiredError
from recordings import Recording
from replay import oracle_openai_chat as openai
from replay.judge import Expected, Replay, events


def expected(recording: Recording) -> Expected:
    """Work out what an exchange says: usage may stand in ``x_groq``, and a model that is gone has its own error."""
    if recording.status >= 400:
        body = recording.body_json if recording.has_json else None
        error = (body or {}).get("error") or {}
        if error.get("code") == "model_decommissioned":
            return Expected(error=ModelRetiredError, code="model_decommissioned")
        return evolve(openai.of_error(recording.status, body), code=error.get("code"))
    if recording.has_json:
        return openai.expected(recording)
    chunks = [json.loads(data) for _, data in events(recording) if data != "[DONE]"]
    return openai.of_stream([plain(chunk) for chunk in chunks])


def plain(chunk: dict[str, Any]) -> dict[str, Any]:
    """Put what stands in ``x_groq`` where the dialect has it."""
    own = chunk.get("x_groq") or {}
    raised = {name: own[name] for name in ("usage", "error") if own.get(name)}
    return {**raised, **chunk}


def config(recording: Recording, url: str) -> LLMConfig:
    """Point the provider at the loopback server."""
    body = recording.request.body
    model = body.get("model") if isinstance(body, dict) else None
    return LLMConfig(
        model=f"groq/{model or 'llama-3.3-70b-versatile'}",
        provider="groq",
        api_key="gsk-loopback",
        api_base=f"{url}/openai/v1",
    )


REPLAYS = {"groq.chat": Replay(expected=expected, config=config)}
