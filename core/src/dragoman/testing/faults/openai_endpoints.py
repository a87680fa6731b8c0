"""The further endpoints of OpenAI: prompts, embeddings and the listing of models.

https://platform.openai.com/docs/api-reference/completions, https://platform.openai.com/docs/api-reference/models/list
and https://platform.openai.com/docs/api-reference/embeddings
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dragoman.spec.operations import EmbeddingRequest
from dragoman.spec.request import CompletionRequest
from dragoman.testing.faults.chat_requests import SETTING_NAMES, model_of
from dragoman.testing.faults.sample_endpoints import EmbeddingEndpoint, ListingEndpoint, PromptEndpoint, Vectors
from dragoman.testing.faults.samples import Json, SampleReply
from dragoman.testing.faults.server_dialect import event
from dragoman.testing.reply import Received
from dragoman.testing.request_reading import json_object, settings_of, string

__all__ = ["EMBEDDINGS", "LISTING", "PROMPTS"]


def _read_prompt(request: Received) -> CompletionRequest:
    body = json_object(request.json, "the body")
    return CompletionRequest(
        model=model_of(request, body),
        prompt=string(body.get("prompt"), "prompt"),
        suffix=body.get("suffix"),
        settings=settings_of((body, {**SETTING_NAMES, "max_tokens": "max_tokens"})),
    )


def _choice(text: str, finish: str | None) -> Json:
    choice = {"index": 0, "text": text, "finish_reason": finish, "logprobs": None}
    return {"id": "cmpl-1", "object": "text_completion", "model": "served", "choices": [choice]}


def _completed(text: str) -> SampleReply:
    half = len(text) // 2
    events = (event(_choice(text[:half], None)), event(_choice(text[half:], "stop")), event("[DONE]"))
    return SampleReply(events=events, whole=_choice(text, "stop"))


def _read_texts(request: Received) -> EmbeddingRequest:
    body = json_object(request.json, "the body")
    texts: Any = body["input"]
    return EmbeddingRequest(model=model_of(request, body), texts=(texts,) if isinstance(texts, str) else tuple(texts))


def _embedded(entries: Sequence[tuple[int, Sequence[float]]]) -> Json:
    data = [{"object": "embedding", "index": index, "embedding": list(vector)} for index, vector in entries]
    return {"object": "list", "data": data, "model": "served", "usage": {"prompt_tokens": 3, "total_tokens": 3}}


def _in_order(_: Received, vectors: Vectors) -> Json:
    return _embedded(list(enumerate(vectors)))


def _backwards(_: Received, vectors: Vectors) -> Json:
    return _embedded(list(enumerate(vectors))[::-1])


def _list(_: Received, names: Sequence[str]) -> Json:
    return {
        "object": "list",
        "data": [{"id": name, "object": "model", "created": 1, "owned_by": "x"} for name in names],
    }


PROMPTS = PromptEndpoint(endings=("/completions",), read=_read_prompt, reply=_completed)
EMBEDDINGS = EmbeddingEndpoint(endings=("/embeddings",), read=_read_texts, reply=_in_order, shuffled=_backwards)
LISTING = ListingEndpoint(endings=("/models",), reply=_list)
