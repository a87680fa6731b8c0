"""What recorded exchanges with Ollama say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from dragoman import LLM, DragomanError, Embeddings, LLMConfig, ModelInfo, NotFoundError, ServerError
from dragoman.client.binding import bind
from dragoman.spec.provider import CallContext
from recordings import Recording
from replay.judge import Expected, Replay

FINISHES = {"stop": "stop", "length": "length"}
STATUSES: Mapping[int, type[DragomanError]] = {404: NotFoundError}


def lines(recording: Recording) -> list[Any]:
    """Return the objects of a reply: of each line of a stream, or the one there is."""
    if recording.has_json:
        return [recording.body_json]
    return [json.loads(line) for line in (recording.body_text or "").split("\n") if line.strip()]


def expected(recording: Recording) -> Expected:
    """Work out what an exchange says."""
    found = lines(recording)
    if recording.status >= 400:
        return Expected(error=STATUSES.get(recording.status, DragomanError))
    if any("error" in line for line in found):
        return Expected(error=ServerError)
    messages = [line.get("message") or {**line, "content": line.get("response")} for line in found]
    calls = [call["function"] for message in messages for call in message.get("tool_calls") or ()]
    end = found[-1]
    word = FINISHES.get(end["done_reason"], "other")
    return Expected(
        text="".join(message.get("content") or "" for message in messages),
        reasoning="".join(message.get("thinking") or "" for message in messages),
        tool_calls=tuple((call["name"], call["arguments"]) for call in calls),
        finish="tool_calls" if calls and word == "stop" else word,
        raw_finish=end["done_reason"],
        input_tokens=end.get("prompt_eval_count"),
        output_tokens=end.get("eval_count"),
    )


def config(recording: Recording, url: str) -> LLMConfig:
    """Point the provider at the loopback server."""
    body = recording.request.body
    model = (body.get("model") or body.get("name")) if isinstance(body, dict) else None
    return LLMConfig(model=model or "llama3.2", provider="ollama", api_base=url)


def vectors(recording: Recording) -> Any:
    """Work out the vectors that a reply holds, with their model and the tokens that were read."""
    body = recording.body_json
    found = tuple(tuple(map(float, vector)) for vector in body["embeddings"])
    return found, body["model"], body.get("prompt_eval_count")


async def embed(llm: LLM, recording: Recording) -> Any:
    """Ask for as many vectors as there are."""
    result: Embeddings = await llm.embed(["text"] * len(recording.body_json["embeddings"]))
    return result.vectors, result.model, result.usage.input_tokens


def names(recording: Recording) -> Any:
    """Work out the names of the listed models, with all that is said of each."""
    return [(entry["model"], entry) for entry in recording.body_json["models"]]


async def models(llm: LLM, _: Recording) -> Any:
    """Ask for the models."""
    listed: tuple[ModelInfo, ...] = tuple(await llm.models())
    return [(each.id, each.metadata) for each in listed]


async def show(llm: LLM, _: Recording) -> Any:
    """Ask the provider itself what the server says of a model: there is no door for it."""
    bound = bind(llm.config)
    try:
        provider: Any = bound.provider
        return await provider.show(bound.explanation.model, CallContext())
    finally:
        await bound.provider.aclose()


REPLAYS = {
    "ollama.chat": Replay(expected=expected, config=config),
    "ollama.generate": Replay(expected=expected, config=config),
    "ollama.embed": Replay(expected=vectors, config=config, ask=embed),
    "ollama.tags": Replay(expected=names, config=config, ask=models),
    "ollama.show": Replay(expected=lambda recording: recording.body_json, config=config, ask=show),
}
