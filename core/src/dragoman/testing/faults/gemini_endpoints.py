"""The further endpoints of Gemini: embeddings, the listing of models and counts.

https://ai.google.dev/api/embeddings, https://ai.google.dev/api/models and https://ai.google.dev/api/tokens
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from urllib.parse import parse_qs, unquote, urlsplit

import attrs

from dragoman.spec.operations import EmbeddingRequest
from dragoman.spec.request import ChatRequest
from dragoman.testing.faults.gemini_requests import read_gemini_request
from dragoman.testing.faults.sample_endpoints import CountingEndpoint, EmbeddingEndpoint, ListingEndpoint, Vectors
from dragoman.testing.faults.samples import Json
from dragoman.testing.reply import Received
from dragoman.testing.request_reading import json_object, listed, member, string

__all__ = ["COUNTING", "EMBEDDINGS", "LISTING"]

_PAGE = 2


def _read_texts(request: Received) -> EmbeddingRequest:
    body = json_object(request.json, "the body")
    each = listed(body["requests"], "requests") if "requests" in body else [body]
    texts = [part for one in each for part in listed(member(one, "content").get("parts"), "parts")]
    model = unquote(request.path.partition("/models/")[2].partition(":")[0])
    if wrong := [one for one in each if one.get("model", f"models/{model}") != f"models/{model}"]:
        message = f"each request must be for models/{model}, not {wrong[0].get('model')!r}"
        raise ValueError(message)
    return EmbeddingRequest(model=model, texts=tuple(string(part.get("text"), "text") for part in texts))


def _embedded(request: Received, vectors: Vectors) -> Json:
    entries = [{"values": list(vector)} for vector in vectors]
    return {"embeddings": entries} if ":batchEmbedContents" in request.path else {"embedding": entries[0]}


def _list(request: Received, names: Sequence[str]) -> Json:
    token = parse_qs(urlsplit(request.path).query).get("pageToken")
    first = int(token[0]) if token else 0
    more = {"nextPageToken": str(first + _PAGE)} if first + _PAGE < len(names) else {}
    return {"models": [{"name": f"models/{name}"} for name in names[first : first + _PAGE]], **more}


def _read_count(request: Received) -> ChatRequest:
    """Return what is counted: the request itself, or that inside ``generateContentRequest``."""
    body = json_object(request.json, "the body")
    counted = member(body, "generateContentRequest") or body
    return read_gemini_request(attrs.evolve(request, body=json.dumps(counted).encode()))


EMBEDDINGS = EmbeddingEndpoint(endings=(":embedContent", ":batchEmbedContents"), read=_read_texts, reply=_embedded)
LISTING = ListingEndpoint(endings=("/models",), reply=_list)
COUNTING = CountingEndpoint(endings=(":countTokens",), read=_read_count, reply=lambda count: {"totalTokens": count})
