"""The optional protocols of a provider: what it may offer in addition to answers. ``isinstance`` detects them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

from attrs import field

from dragoman.spec._value import changed, value
from dragoman.spec.argument_names import door
from dragoman.spec.capabilities import Capabilities
from dragoman.spec.provider import CallContext, Provider
from dragoman.spec.request import ChatRequest
from dragoman.spec.response import Origin, Usage

if TYPE_CHECKING:
    from dragoman.spec.cost import Cost

OperationCall: TypeAlias = Callable[[Any, CallContext], Awaitable[Any]]
"""The type of an async callable that performs an operation of an optional protocol.

``embed`` takes an :class:`EmbeddingRequest` and returns :class:`Embeddings`; ``count_tokens`` takes a
:class:`~dragoman.ChatRequest` and returns :class:`~dragoman.Usage`; ``models`` takes ``None`` and returns a sequence of
:class:`ModelInfo`; ``capabilities`` takes the name of a model and returns :class:`~dragoman.Capabilities`; ``upload``
takes a :class:`~dragoman.FileUpload` and returns a :class:`~dragoman.FileRef`; ``files`` takes ``None`` and returns a
sequence of :class:`~dragoman.FileInfo`; ``delete_file`` takes a :class:`~dragoman.FileRef` and returns ``None``.
"""


IN_WORDS: Mapping[str, str] = {
    "embed": "make embeddings",
    "count_tokens": "count tokens",
    "models": "list models",
    "capabilities": "tell what a model accepts",
    "upload": "store files",
    "files": "store files",
    "delete_file": "store files",
}
"""What a provider does in each operation, for the error that it does not."""


@value(kw_only=True)
class ModelInfo:
    """Describe a model that a provider lists.

    Args:
        id: its name.
        created: when it was created, in seconds since 1970.
        owner: its owner, as the provider names it.
        context_tokens: the greatest number of tokens of a conversation.
        output_tokens: the greatest number of tokens of an answer.
        input: the kinds of input: ``text``, ``image``, ``audio``, ``video`` and ``file``; empty if they are not known.
        prices: the entry in the price list of the extra ``dragoman[prices]``, as ``provider/model``.
        as_of: the date of what is not from the provider but publicly known; empty if all is from the provider.
        metadata: the provider's entry for the model, unchanged.

    """

    id: str
    created: float | None = None
    owner: str | None = None
    context_tokens: int | None = None
    output_tokens: int | None = None
    input: tuple[str, ...] = ()
    prices: str | None = None
    as_of: str = ""
    metadata: Mapping[str, Any] = field(factory=dict[str, Any], repr=False)


@runtime_checkable
class ListsModels(Protocol):
    """List the models that a provider offers."""

    async def models(self, context: CallContext) -> Sequence[ModelInfo]:
        """Return the models that this key can use."""
        ...


@runtime_checkable
class CountsTokens(Protocol):
    """Count the tokens of a conversation without answering it."""

    async def count_tokens(self, request: ChatRequest, context: CallContext) -> Usage:
        """Return the count as ``input_tokens``."""
        ...


@runtime_checkable
class LearnsCapabilities(Protocol):
    """Ask the service what a model accepts, where it knows more than ``Provider.capabilities``."""

    async def learn_capabilities(self, model: str, context: CallContext) -> Capabilities:
        """Return all that is known about *model*. The core remembers it for this provider, base URL and model."""
        ...


@runtime_checkable
class RemembersCapabilities(Protocol):
    """Use what was learned about a model; every provider that is built with ``dragoman.http`` does."""

    def remember_capabilities(self, model: str, capabilities: Capabilities) -> None:
        """Return *capabilities* for *model* from now on."""
        ...


@value(kw_only=True)
class Embeddings:
    """Hold one vector for each text.

    Args:
        vectors: one vector for each text, in the order of the texts.
        model: the model that made them.
        usage: the tokens that were used, by all requests together.
        origin: who made them, and at which address.

    """

    vectors: tuple[tuple[float, ...], ...]
    model: str | None = None
    usage: Usage = Usage()
    origin: Origin = Origin()

    @door
    def cost(self, *, prices_of: str | None = None) -> Cost | None:
        """Return what the vectors cost, ``None`` if that is unknown; see :meth:`dragoman.Response.cost`.

        Args:
            prices_of: the provider whose prices apply, by its id in the price list; by default, the one at the address
                that was asked.

        Raises:
            ConfigurationError: if *prices_of* is given, and there is no price list, or none of it.

        """
        from dragoman.spec.cost import Bill, cost_of  # noqa: PLC0415  # not paid for by calls

        return cost_of(Bill(origin=self.origin, usage=paid_for(self.usage), metadata={}), prices_of=prices_of)


def paid_for(usage: Usage) -> Usage:
    """Return the tokens of embeddings that are paid for: there is no output, which most providers do not say."""
    if usage.input_tokens is None or usage.output_tokens is not None:
        return usage
    return changed(usage, output_tokens=0)


@value(kw_only=True)
class EmbeddingRequest:
    """Ask for vectors.

    Args:
        model: the model, as the provider names it.
        texts: the texts to turn into vectors, one vector for each.
        options: the caller's options for the provider.

    """

    model: str
    texts: tuple[str, ...]
    options: Mapping[str, Any] = field(factory=dict[str, Any])


@value(kw_only=True)
class EmbeddingRules:
    """Say what a provider takes for embeddings; it has them as its attribute ``embedding_rules``.

    Args:
        options: the options class of its embeddings, against which the options of a call are checked; ``None`` sends
            them as they are.
        dimensions: the name of the option for the number of dimensions; ``None`` if it has none.
        most_texts: the greatest number of texts in one request; more are sent in several.
        most_texts_of: the same for models whose names begin so.
        empty_texts: whether a text may be empty.

    """

    options: type[Any] | None = None
    dimensions: str | None = "dimensions"
    most_texts: int | None = None
    most_texts_of: Mapping[str, int] = field(factory=dict[str, int])
    empty_texts: bool = True

    def most(self, model: str) -> int | None:
        """Return the greatest number of texts in one request to *model*."""
        return next((most for name, most in self.most_texts_of.items() if model.startswith(name)), self.most_texts)


@runtime_checkable
class Embeds(Protocol):
    """Turn texts into vectors; an attribute ``embedding_rules`` may say within which limits."""

    async def embed(
        self, model: str, texts: Sequence[str], options: Mapping[str, Any], context: CallContext
    ) -> Embeddings:
        """Return one vector for each text."""
        ...


def operation_of(provider: Provider, kind: str) -> OperationCall | None:
    """Return the call for an operation of an optional protocol, ``None`` if *provider* does not offer it."""
    if kind == "embed" and isinstance(provider, Embeds):
        embed = provider.embed
        return lambda request, context: embed(request.model, request.texts, request.options, context)
    if kind == "count_tokens" and isinstance(provider, CountsTokens):
        return provider.count_tokens
    if kind == "capabilities" and isinstance(provider, LearnsCapabilities):
        return provider.learn_capabilities
    if kind == "models" and isinstance(provider, ListsModels):
        models = provider.models
        return lambda _, context: models(context)
    return _file_operation(provider, kind) if kind in {"upload", "files", "delete_file"} else None


def _file_operation(provider: Provider, kind: str) -> OperationCall | None:
    from dragoman.spec.files import StoresFiles  # noqa: PLC0415  # few programs need it

    if not isinstance(provider, StoresFiles):
        return None
    calls: dict[str, OperationCall] = {
        "upload": provider.upload,
        "files": lambda _, context: provider.files(context),
        "delete_file": provider.delete_file,
    }
    return calls[kind]
