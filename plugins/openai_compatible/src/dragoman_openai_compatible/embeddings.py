"""Embeddings of a host with the OpenAI API: https://platform.openai.com/docs/api-reference/embeddings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from attrs import frozen

from dragoman import CallContext, Embeddings, ProtocolError, Usage
from dragoman.http import (
    HttpRequest,
    Value,
    count,
    dumps,
    objects,
    option_field,
    vectors_of,
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
        return _embeddings(provider.read_object(reply, "the reply"), len(texts))


def _embeddings(body: Mapping[str, Any], texts: int) -> Embeddings:
    entries = sorted(objects(body.get("data")), key=lambda entry: count(entry, "index") or 0)
    positions = [position for entry in entries if (position := count(entry, "index")) is not None]
    if len({*positions}) < len(positions):
        message = "two vectors came back for one text: the same index stands twice in the reply"
        raise ProtocolError(message, phase="decode")
    return Embeddings(
        vectors=vectors_of([entry.get("embedding") for entry in entries], texts),
        model=word(body.get("model")),
        usage=usage_of(body.get("usage")) or Usage(),
    )
