"""The list of models and embeddings of a host with the OpenAI API.

https://platform.openai.com/docs/api-reference/models and https://platform.openai.com/docs/api-reference/embeddings
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from dragoman import CallContext, Embeddings, ModelInfo, ProtocolError, Usage
from dragoman.http import HttpReply, HttpRequest, as_object, count, decoded, dumps, objects, real, word
from dragoman_openai_compatible.chat_parts import usage_of

if TYPE_CHECKING:
    from dragoman_openai_compatible.provider import OpenAIProvider


async def models(provider: OpenAIProvider, context: CallContext) -> Sequence[ModelInfo]:
    """Return the models that the key may use."""
    reply = await provider.call(HttpRequest(method="GET", url=provider.models_path), context)
    with provider.reading(reply):
        body = reply.json()
        if not isinstance(body, list):
            listing = as_object(body, "the listing")
            if listing.get("error") and "data" not in listing:
                raise provider.dialect.error(reply)
            body = listing.get("data")
        return tuple(_model(entry) for entry in objects(body) if entry.get("id"))


async def embed(
    provider: OpenAIProvider, model: str, texts: Sequence[str], options: Mapping[str, Any], context: CallContext
) -> Embeddings:
    """Return one vector for each text."""
    body = {"model": model, "input": list(texts), **options}
    reply = await provider.call(HttpRequest(url=provider.embeddings_path, body=dumps(body)), context)
    with provider.reading(reply):
        return _embeddings(reply, len(texts))


def _embeddings(reply: HttpReply, expected: int) -> Embeddings:
    body = as_object(reply.json(), "the reply")
    entries = sorted(objects(body.get("data")), key=lambda entry: count(entry, "index") or 0)
    if len(entries) != expected:
        message = f"{expected} texts were sent, but {len(entries)} vectors came back"
        raise ProtocolError(message, phase="decode", body=reply.excerpt)
    return Embeddings(
        vectors=tuple(_vector(entry.get("embedding")) for entry in entries),
        model=word(body.get("model")),
        usage=usage_of(body.get("usage")) or Usage(),
    )


_CONTEXT = ("context_length", "context_window", "max_context_length")
"""The members in which hosts tell how many tokens a conversation may have."""


def _model(entry: Mapping[str, Any]) -> ModelInfo:
    return ModelInfo(
        id=str(entry["id"]),
        created=real(entry.get("created")),
        owner=word(entry.get("owned_by")),
        context_tokens=next(filter(None, (count(entry, name) for name in _CONTEXT)), None),
        output_tokens=count(entry, "max_completion_tokens"),
        metadata=entry,
    )


def _vector(embedding: Any) -> tuple[float, ...]:
    """Return a vector, sent as numbers or as 32-bit floats in base64."""
    if not isinstance(embedding, str | list):
        message = f"a vector is a list of numbers, not {type(embedding).__name__}"
        raise ProtocolError(message, phase="decode")
    try:
        numbers = array("f", decoded(embedding)) if isinstance(embedding, str) else cast("list[float]", embedding)
        return tuple(map(float, numbers))
    except (TypeError, ValueError):
        message = "a vector is a list of numbers, or 32-bit floats in base64"
        raise ProtocolError(message, phase="decode") from None
