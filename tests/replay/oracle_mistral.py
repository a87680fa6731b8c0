"""What recorded exchanges with Mistral say."""

from __future__ import annotations

import json
from typing import Any

from attrs import evolve

from dragoman import LLM, Embeddings, LLMConfig, ModelInfo, NotFoundError
from recordings import Recording
from replay import oracle_openai_chat as openai
from replay.judge import Expected, Replay, events

CODES = {"1500": NotFoundError}


def expected(recording: Recording) -> Expected:
    """Work out what an exchange says: content may be a list of chunks, of which some are thoughts."""
    if recording.status >= 400:
        body = recording.body_json
        code = body.get("code")
        found = openai.of_error(recording.status, body)
        return evolve(found, error=CODES.get(code, found.error), code=code)
    if recording.has_json:
        body = recording.body_json
        choice = body["choices"][0]
        return openai.of_message(body, plain(choice["message"]), choice)
    chunks = [json.loads(data) for _, data in events(recording) if data != "[DONE]"]
    for chunk in chunks:
        for choice in chunk["choices"]:
            choice["delta"] = plain(choice["delta"])
            for number, call in enumerate(choice["delta"].get("tool_calls") or ()):
                call.setdefault("index", number)
    return openai.of_stream(chunks)


def plain(message: dict[str, Any]) -> dict[str, Any]:
    """Put the thoughts of a message where the dialect has them."""
    content = message.get("content")
    if not isinstance(content, list):
        return message
    thoughts = [piece["text"] for chunk in content for piece in chunk.get("thinking") or ()]
    texts = [chunk["text"] for chunk in content if chunk["type"] == "text"]
    return {**message, "content": "".join(texts), "reasoning": "".join(thoughts)}


def config(recording: Recording, url: str) -> LLMConfig:
    """Point the provider at the loopback server."""
    body = recording.request.body
    model = body.get("model") if isinstance(body, dict) else None
    return LLMConfig(
        model=str(model or "mistral-large-latest"), provider="mistral", api_key="loopback", api_base=f"{url}/v1"
    )


def vectors(recording: Recording) -> Any:
    """Work out the vectors that a reply holds, with their model and the tokens that were read."""
    body = recording.body_json
    found = tuple(tuple(map(float, entry["embedding"])) for entry in body["data"])
    return found, body["model"], body["usage"]["prompt_tokens"]


async def embed(llm: LLM, recording: Recording) -> Any:
    """Ask for as many vectors as there are."""
    result: Embeddings = await llm.embed(["text"] * len(recording.body_json["data"]))
    return result.vectors, result.model, result.usage.input_tokens


def names(recording: Recording) -> Any:
    """Work out the names and the sizes of the listed models."""
    return [(entry["id"], entry["max_context_length"], entry["owned_by"]) for entry in recording.body_json["data"]]


async def models(llm: LLM, _: Recording) -> Any:
    """Ask for the models."""
    listed: tuple[ModelInfo, ...] = tuple(await llm.models())
    return [(each.id, each.context_tokens, each.owner) for each in listed]


def is_good(recording: Recording) -> bool:
    """Leave out what was refused."""
    return recording.status < 400


REPLAYS = {
    "mistral.chat": Replay(expected=expected, config=config),
    "mistral.embeddings": Replay(expected=vectors, config=config, ask=embed, where=is_good),
    "mistral.models": Replay(expected=names, config=config, ask=models),
}
