"""The optional protocols of a provider: what it may offer in addition to answers, found by ``isinstance``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias, runtime_checkable

from attrs import field

from dragoman.spec._value import value
from dragoman.spec.provider import CallContext, Provider
from dragoman.spec.request import ChatRequest
from dragoman.spec.response import Usage

OperationCall: TypeAlias = Callable[[Any, CallContext], Awaitable[Any]]
"""Who does what an optional protocol offers.

``embed`` takes an :class:`EmbeddingRequest` and gives :class:`Embeddings`; ``count_tokens`` takes a
:class:`~dragoman.ChatRequest` and gives :class:`~dragoman.Usage`; ``models`` takes ``None`` and gives a sequence of
:class:`ModelInfo`.
"""


@value(kw_only=True)
class ModelInfo:
    """Describe a model that a provider lists.

    Args:
        id: its name.
        created: seconds since 1970.
        owner: who made it.
        context_tokens: the most tokens a conversation may have.
        output_tokens: the most tokens an answer may have.
        metadata: the listing itself.

    """

    id: str
    created: float | None = None
    owner: str | None = None
    context_tokens: int | None = None
    output_tokens: int | None = None
    metadata: Mapping[str, Any] = field(factory=dict[str, Any], repr=False)


@runtime_checkable
class ListsModels(Protocol):
    """List the models there are."""

    async def models(self, context: CallContext) -> Sequence[ModelInfo]:
        """Return the models that this key can use."""
        ...


@runtime_checkable
class CountsTokens(Protocol):
    """Count the tokens of a conversation without answering it."""

    async def count_tokens(self, request: ChatRequest, context: CallContext) -> Usage:
        """Return the count as ``input_tokens``."""
        ...


@value(kw_only=True)
class Embeddings:
    """Hold one vector for each text.

    Args:
        vectors: as many as there were texts, in their order.
        model: the model that made them.
        usage: the tokens it took.

    """

    vectors: tuple[tuple[float, ...], ...]
    model: str | None = None
    usage: Usage = Usage()


@value(kw_only=True)
class EmbeddingRequest:
    """Ask for vectors.

    Args:
        model: the model, as the provider names it.
        texts: what to turn into vectors, one for each.
        options: the caller's options for the provider.

    """

    model: str
    texts: tuple[str, ...]
    options: Mapping[str, Any] = field(factory=dict[str, Any])


@runtime_checkable
class Embeds(Protocol):
    """Turn texts into vectors."""

    async def embed(
        self, model: str, texts: Sequence[str], options: Mapping[str, Any], context: CallContext
    ) -> Embeddings:
        """Return one vector for each text."""
        ...


def operation_of(provider: Provider, kind: str) -> OperationCall | None:
    """Return the call of an optional protocol, ``None`` if *provider* does not have it."""
    if kind == "embed" and isinstance(provider, Embeds):
        embed = provider.embed
        return lambda request, context: embed(request.model, request.texts, request.options, context)
    if kind == "count_tokens" and isinstance(provider, CountsTokens):
        return provider.count_tokens
    if kind == "models" and isinstance(provider, ListsModels):
        models = provider.models
        return lambda _, context: models(context)
    return None
