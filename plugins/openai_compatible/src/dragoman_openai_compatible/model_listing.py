"""The list of models of a host with the OpenAI API: https://platform.openai.com/docs/api-reference/models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dragoman import CallContext, ModelInfo
from dragoman.http import HttpRequest, count, objects, real, word

if TYPE_CHECKING:
    from dragoman_openai_compatible.provider import OpenAIProvider

_CONTEXT = ("context_length", "context_window", "max_context_length")
"""The members in which hosts tell how many tokens a conversation may have."""


async def models(provider: OpenAIProvider, context: CallContext) -> Sequence[ModelInfo]:
    """Return the models that the key may use."""
    reply = await provider.call(HttpRequest(method="GET", url=provider.models_path), context)
    with provider.reading(reply):
        body = reply.json()
        if not isinstance(body, list):
            body = provider.read_object(reply, "the listing").get("data")
        return tuple(_model(entry) for entry in objects(body) if entry.get("id"))


def _model(entry: Mapping[str, Any]) -> ModelInfo:
    return ModelInfo(
        id=str(entry["id"]),
        created=real(entry.get("created")),
        owner=word(entry.get("owned_by")),
        context_tokens=next(filter(None, (count(entry, name) for name in _CONTEXT)), None),
        output_tokens=count(entry, "max_completion_tokens"),
        metadata=entry,
    )
