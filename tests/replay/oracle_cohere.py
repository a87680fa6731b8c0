"""What recorded exchanges with Cohere say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from dragoman import LLM, DragomanError, Embeddings, LLMConfig, NotFoundError, ServerError
from recordings import Recording
from replay.judge import Expected, Replay, events, parsed

FINISHES = {"COMPLETE": "stop", "STOP_SEQUENCE": "stop", "MAX_TOKENS": "length", "TOOL_CALL": "tool_calls"}
STATUSES: Mapping[int, type[DragomanError]] = {404: NotFoundError}


def expected(recording: Recording) -> Expected:
    """Work out what an exchange says."""
    if recording.status >= 400:
        return Expected(error=STATUSES.get(recording.status, DragomanError))
    if recording.has_json:
        body = recording.body_json
        return of_message(body["id"], body["message"], body)
    return of_stream([json.loads(data) for _, data in events(recording) if data != "[DONE]"])


def of_message(response_id: str, message: Any, end: Any) -> Expected:
    """Expect what a whole message says: a plan comes before any thought."""
    blocks = message.get("content") or ()
    calls = [call["function"] for call in message.get("tool_calls") or ()]
    tokens = end["usage"]["tokens"]
    return Expected(
        text="".join(block.get("text", "") for block in blocks),
        reasoning=(message.get("tool_plan") or "") + "".join(block.get("thinking", "") for block in blocks),
        tool_calls=tuple((call["name"], given(call["arguments"])) for call in calls),
        finish=FINISHES[end["finish_reason"]],
        raw_finish=end["finish_reason"],
        input_tokens=tokens["input_tokens"],
        output_tokens=tokens["output_tokens"],
        response_id=response_id,
    )


def given(arguments: str) -> Any:
    """Return arguments as JSON; a call without any has ``null`` in their place."""
    return {} if arguments == "null" else parsed(arguments)


def of_stream(chunks: list[Any]) -> Expected:
    """Expect what the events of a stream say together."""
    blocks: dict[int, dict[str, str]] = {}
    calls: dict[int, dict[str, str]] = {}
    plan, response_id = "", ""
    for chunk in chunks:
        delta = chunk.get("delta") or {}
        message, index = delta.get("message") or {}, chunk.get("index", 0)
        if chunk["type"] == "message-start":
            response_id = chunk["id"]
        elif chunk["type"] == "tool-plan-delta":
            plan += message["tool_plan"]
        elif chunk["type"] in {"content-start", "content-delta"}:
            block = blocks.setdefault(index, {"text": "", "thinking": ""})
            for name in block:
                block[name] += message["content"].get(name, "")
        elif chunk["type"] in {"tool-call-start", "tool-call-delta"}:
            function = message["tool_calls"]["function"]
            call = calls.setdefault(index, {"name": "", "arguments": ""})
            for name in call:
                call[name] += function.get(name, "")
    end = chunks[-1]["delta"]
    if end.get("error"):
        return Expected(error=ServerError)
    whole = {"tool_plan": plan, "content": [blocks[index] for index in sorted(blocks)]}
    whole["tool_calls"] = [{"function": calls[index]} for index in sorted(calls)]
    return of_message(response_id, whole, end)


def config(recording: Recording, url: str) -> LLMConfig:
    """Point the provider at the loopback server."""
    body = recording.request.body
    model = body.get("model") if isinstance(body, dict) else None
    return LLMConfig(model=model or "command-a-03-2025", provider="cohere", api_key="loopback", api_base=url)


def kind_of(recording: Recording) -> str:
    """Return the type of the vectors of a reply."""
    [kind] = recording.body_json["embeddings"]
    return str(kind)


def vectors(recording: Recording) -> Any:
    """Work out the vectors that a reply holds, with the tokens that were read."""
    body = recording.body_json
    found = tuple(tuple(map(float, vector)) for vector in body["embeddings"][kind_of(recording)])
    return found, body["meta"]["billed_units"]["input_tokens"]


async def embed(llm: LLM, recording: Recording) -> Any:
    """Ask for as many vectors as there are."""
    kind = kind_of(recording)
    count = len(recording.body_json["embeddings"][kind])
    result: Embeddings = await llm.embed(["text"] * count, embedding_types=[kind])
    return result.vectors, result.usage.input_tokens


def is_typed(recording: Recording) -> bool:
    """Leave out what was refused, and vectors that the first version of the API gives in a plain list."""
    return recording.status < 400 and isinstance(recording.body_json["embeddings"], dict)


REPLAYS = {
    "cohere.chat": Replay(expected=expected, config=config),
    "cohere.embed": Replay(expected=vectors, config=config, ask=embed, where=is_typed),
}
