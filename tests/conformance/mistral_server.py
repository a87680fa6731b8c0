"""The dialect of Mistral's server, where it differs from that of OpenAI: https://docs.mistral.ai/api."""

from __future__ import annotations

import json
import re
from typing import Any

import attrs

from dragoman import ChatRequest, CompletionRequest
from dragoman.testing.faults import (
    CHAT,
    EmbeddingEndpoint,
    ListingEndpoint,
    PromptEndpoint,
    SampleReply,
    SampleSeal,
    event,
)
from dragoman.testing.faults.chat_requests import read_chat_request
from dragoman.testing.faults.openai_endpoints import EMBEDDINGS, LISTING
from dragoman.testing.reply import Received
from dragoman.testing.request_reading import json_object, listed, settings_of, string

Json = dict[str, Any]

_ID = re.compile(r"[a-zA-Z0-9]{9}")
_FOREIGN = ("seed", "max_completion_tokens", "stream_options", "functions", "user", "logit_bias")
"""Members of OpenAI that Mistral refuses."""
_PROMPT_SETTINGS = {
    "max_tokens": "max_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "stop": "stop",
    "random_seed": "seed",
}


def read_request(request: Received) -> ChatRequest:
    """Return what a request asks for, in the words of OpenAI where Mistral has its own."""
    body = json_object(request.json, "the body")
    _refuse(body, _FOREIGN)
    if "random_seed" in body:
        body["seed"] = body.pop("random_seed")
    if body.get("tool_choice") == "any":
        body["tool_choice"] = "required"
    for message in listed(body["messages"], "messages"):
        _refuse(message, ("name", "refusal") if message["role"] != "tool" else ())
        calls = [call["id"] for call in listed(message.get("tool_calls"), "tool_calls")]
        for call_id in [*calls, *([message["tool_call_id"]] if message["role"] == "tool" else [])]:
            if not _ID.fullmatch(call_id):
                text = f"Tool call id was {call_id} but must be a-z, A-Z, 0-9, with a length of 9."
                raise ValueError(text)
        if isinstance(message.get("content"), list):
            message["content"] = [_chunk(each) for each in message["content"]]
    return read_chat_request(attrs.evolve(request, body=json.dumps(body).encode()))


def _refuse(members: Json, names: tuple[str, ...]) -> None:
    if found := [name for name in names if name in members]:
        text = f"Extra inputs are not permitted: {found}"
        raise ValueError(text)


def _chunk(value: Json) -> Json:
    """Return a chunk of content as OpenAI has it."""
    kind = value["type"]
    if kind == "document_url":
        return {"type": "file", "file": {"file_data": value["document_url"], "filename": value.get("document_name")}}
    if kind == "file":
        return {"type": "file", "file": {"file_id": string(value.get("file_id"), "file_id")}}
    return value


def _read_prompt(request: Received) -> CompletionRequest:
    """Return a prompt: https://docs.mistral.ai/api/endpoint/fim."""
    body = json_object(request.json, "the body")
    known = {"model", "prompt", "suffix", "stream", "min_tokens", "metadata", "prompt_cache_key", *_PROMPT_SETTINGS}
    _refuse(body, tuple(set(body) - known))
    return CompletionRequest(
        model=string(body.get("model"), "model"),
        prompt=string(body.get("prompt"), "prompt"),
        suffix=body.get("suffix"),
        settings=settings_of((body, _PROMPT_SETTINGS)),
    )


def _completed(text: str) -> SampleReply:
    """Return an answer to a prompt, which is a message as that of a conversation is."""
    half = len(text) // 2
    pieces: list[Json] = [{"delta": {"content": piece}, "finish_reason": None} for piece in (text[:half], text[half:])]
    pieces.append({"delta": {"content": ""}, "finish_reason": "stop"})
    whole = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return SampleReply(events=(*_streamed(*pieces), event("[DONE]")), whole={**CHAT.whole(text), "choices": [whole]})


def _streamed(*pieces: Json) -> tuple[bytes, ...]:
    answer: Json = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "served"}
    return tuple(event({**answer, "choices": [{"index": 0, **each}]}) for each in pieces)


_THOUGHT: Json = {"type": "thinking", "thinking": [{"type": "text", "text": "thought-1"}], "signature": "signature-1"}
_SEALED = SampleReply(
    events=(
        *_streamed(
            {"delta": {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "thought"}]}]}},
            {"delta": {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "-1"}]}]}},
            {"delta": {"content": [{"type": "thinking", "thinking": [], "signature": "signature-1"}]}},
            {"delta": {"content": "fine"}},
            {"delta": {"content": ""}, "finish_reason": "stop"},
        ),
        event("[DONE]"),
    ),
    whole={
        **CHAT.whole("fine"),
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": [_THOUGHT, {"type": "text", "text": "fine"}]},
                "finish_reason": "stop",
            }
        ],
    },
)

MISTRAL = attrs.evolve(
    CHAT,
    endings=("/v1/chat/completions",),
    read_request=read_request,
    sealed=SampleSeal(reply=_SEALED, words=("thought-1", "signature-1")),
    prompts=PromptEndpoint(endings=("/v1/fim/completions",), read=_read_prompt, reply=_completed),
    embeddings=EmbeddingEndpoint(
        endings=("/v1/embeddings",), read=EMBEDDINGS.read, reply=EMBEDDINGS.reply, shuffled=EMBEDDINGS.shuffled
    ),
    listing=ListingEndpoint(endings=("/v1/models",), reply=LISTING.reply),
)
