"""Embeddings of a host with the OpenAI API: https://platform.openai.com/docs/api-reference/embeddings."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

from attrs import frozen

from dragoman import CallContext, Embeddings, ProtocolError, Usage
from dragoman.http import (
    HttpRequest,
    Value,
    count,
    decoded,
    dumps,
    objects,
    option_field,
    word,
)
from dragoman_openai_compatible.chat_parts import usage_of

if TYPE_CHECKING:
    from dragoman_openai_compatible.provider import OpenAIProvider


@frozen(kw_only=True, eq=False, repr=False)
class EmbeddingOptions(Value):
    """Set what OpenAI and Azure offer for embeddings; see https://platform.openai.com/docs/api-reference/embeddings.

    Args:
        dimensions: the number of dimensions, for models of the third series and later.
        encoding_format: ``float`` or ``base64``, which is read as numbers too.
        user: your identifier of the end user.

    """

    dimensions: int | None = option_field()
    encoding_format: Literal["float", "base64"] | None = option_field()
    user: str | None = option_field()


MOST_TEXTS = 2048
"""https://platform.openai.com/docs/api-reference/embeddings/create#embeddings-create-input."""


async def embed(
    provider: OpenAIProvider, model: str, texts: Sequence[str], options: Mapping[str, Any], context: CallContext
) -> Embeddings:
    """Return one vector for each text."""
    body = {"model": model, "input": list(texts), **options}
    reply = await provider.call(HttpRequest(url=provider.embeddings_path, body=dumps(body)), context)
    with provider.reading(reply):
        return _embeddings(provider.read_object(reply, "the reply"), len(texts), reply.excerpt)


def _embeddings(body: Mapping[str, Any], expected: int, excerpt: str) -> Embeddings:
    entries = sorted(objects(body.get("data")), key=lambda entry: count(entry, "index") or 0)
    if len(entries) != expected:
        message = f"{expected} texts were sent, but {len(entries)} vectors came back"
        raise ProtocolError(message, phase="decode", body=excerpt)
    positions = [position for entry in entries if (position := count(entry, "index")) is not None]
    if len({*positions}) < len(positions):
        message = "two vectors came back for one text: the same index stands twice in the reply"
        raise ProtocolError(message, phase="decode", body=excerpt)
    return Embeddings(
        vectors=tuple(_vector(entry.get("embedding")) for entry in entries),
        model=word(body.get("model")),
        usage=usage_of(body.get("usage")) or Usage(),
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
