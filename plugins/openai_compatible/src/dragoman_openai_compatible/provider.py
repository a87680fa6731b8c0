"""The provider of a host with the OpenAI API: chat, completions, the list of models and embeddings.

https://platform.openai.com/docs/api-reference/models and https://platform.openai.com/docs/api-reference/embeddings
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import Any, cast

from dragoman import CallContext, EmbeddingRules, Embeddings, HistoryRules, ModelInfo, ProtocolError, Usage
from dragoman.http import HttpProvider, HttpReply, HttpRequest, as_object, count, decoded, dumps, objects, real, word
from dragoman_openai_compatible.chat_parts import usage_of
from dragoman_openai_compatible.strict_schemas import STRICT_SCHEMA


class OpenAIProvider(HttpProvider):
    """Add the list of models and embeddings to an HTTP provider.

    A host may set :attr:`models_path` and :attr:`embeddings_path`, which are relative to the base URL, and
    :attr:`embedding_rules`.
    """

    history = HistoryRules(
        tool_name_letters="[a-zA-Z0-9_-]",
        tool_name_length=64,
        speaker_letters=r"[^\s<|\\/>]",
        outcomes=False,
        tool_objects=True,
        tool_properties=True,
    )
    """https://platform.openai.com/docs/api-reference/chat/create: names of functions and of participants."""
    strict_schema = STRICT_SCHEMA
    """What OpenAI itself takes of a schema: https://platform.openai.com/docs/guides/structured-outputs."""
    models_path = "/models"
    embeddings_path = "/embeddings"
    embedding_rules = EmbeddingRules()

    async def models(self, context: CallContext) -> Sequence[ModelInfo]:
        """Return the models that the key may use.

        Raises:
            ProviderError: if the request fails.

        """
        reply = await self.call(HttpRequest(method="GET", url=self.models_path), context)
        with self.reading(reply):
            body = reply.json()
            if not isinstance(body, list):
                listing = as_object(body, "the listing")
                if listing.get("error") and "data" not in listing:
                    raise self.dialect.error(reply)
                body = listing.get("data")
            return tuple(_model(entry) for entry in objects(body) if entry.get("id"))

    async def embed(
        self, model: str, texts: Sequence[str], options: Mapping[str, Any], context: CallContext
    ) -> Embeddings:
        """Return one vector for each text.

        Args:
            model: the embedding model.
            texts: the texts.
            options: further members of the body.
            context: the context of the call.

        Raises:
            ProviderError: if the request fails.
            ProtocolError: if the number of vectors differs from the number of texts, or a vector cannot be read.

        """
        body = {"model": model, "input": list(texts), **options}
        reply = await self.call(HttpRequest(url=self.embeddings_path, body=dumps(body)), context)
        with self.reading(reply):
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
