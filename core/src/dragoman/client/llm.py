"""The client: the methods of the API reference, and methods with typed results in addition to them."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

from dragoman.client.configured_model import ConfiguredModel
from dragoman.client.conversation import Conversation, read_texts
from dragoman.client.fallback import Fallbacks, OneModel, fallback_config
from dragoman.client.request_builder import Untyped, refuse_output
from dragoman.client.text_answer import text_of
from dragoman.plugins.resolution import Explanation, explain
from dragoman.spec._lazy_context import LazyContext
from dragoman.spec.argument_names import door
from dragoman.spec.capabilities import Capabilities
from dragoman.spec.config import NOT_GIVEN, LLMConfig, configuration
from dragoman.spec.message import Message
from dragoman.spec.operations import EmbeddingRequest, Embeddings, ModelInfo
from dragoman.spec.provider import Prepared, Prepares
from dragoman.spec.request import CompletionRequest
from dragoman.spec.response import Response, Usage

if TYPE_CHECKING:
    from typing_extensions import TypeForm

    from dragoman.client.stream import EventStream
    from dragoman.client.value_stream import ValueStream

T = TypeVar("T")


class LLM:
    """Talk to the model that a configuration names.

    One object serves many tasks at once, and several event loops one after another. Close it with ``async with`` or
    :meth:`aclose`; a script that never does ends cleanly all the same.

    What is changed in the configuration between two calls takes effect with the next one.

    Args:
        config: a configuration, or the name of a model, to which no default settings are sent; without this argument,
            the built-in echo provider answers.
        fields: further arguments of :class:`LLMConfig`, with the name of a model, which may be ``model=`` too.

    Raises:
        ConfigurationError: for any other *config*, or a fallback that no provider serves.

    """

    def __init__(self, config: LLMConfig | str = NOT_GIVEN, **fields: Any) -> None:
        given: Any = config  # callers without a type checker
        if given is None and type(self).__init__ is not LLM.__init__:  # a subclass passes its own default on
            config = NOT_GIVEN
        try:
            self._model = ConfiguredModel(configuration(config, fields))
        finally:
            del config, given, fields  # keep credentials out of tracebacks that show locals
        for fallback in self.config.kwargs.get("fallbacks") or ():
            explain(fallback_config(self.config, fallback))

    @property
    def config(self) -> LLMConfig:
        """Return the configuration; another one may be assigned."""
        return self._model.config

    @config.setter
    def config(self, config: LLMConfig) -> None:
        self._model.config = config

    @door
    async def completion(self, prompt: str, **kwargs: Any) -> str:
        """Return the text that the model gives for *prompt*.

        Args:
            prompt: the prompt.
            kwargs: settings (``temperature``, ``max_tokens``, ...), ``timeout`` in seconds, ``headers``, or options of
                the provider.

        Raises:
            OutputError: if there is no text, or one that was cut by another limit than one given here; ``partial`` is
                the answer.
            DragomanError: see :mod:`dragoman.spec.errors`.

        """
        fallbacks = Fallbacks(self._model)
        while True:
            async with fallbacks as (bound, builder):
                request = builder.completion(prompt, kwargs)
                response = await bound.completion(request, builder.context(kwargs))
                return text_of(fallbacks.record(response), request.settings)

    @door
    async def chat_completion(self, messages: list[Message], **kwargs: Any) -> str:
        """Return the text with which the model goes on with a conversation.

        Args:
            messages: the conversation so far.
            kwargs: as for :meth:`generate`.

        Raises:
            DragomanError: see :mod:`dragoman.spec.errors`.

        """
        fallbacks = Fallbacks(self._model)
        while True:
            async with fallbacks as (bound, builder):
                request = builder.chat(messages, kwargs)
                response = await bound.chat(request, builder.context(kwargs))
                return text_of(fallbacks.record(response), request.settings)

    @overload
    async def generate(self, messages: Conversation, *, output: Untyped = None, **kwargs: Any) -> Response: ...
    @overload
    async def generate(
        self, messages: Conversation, *, output: TypeForm[T], repairs: int = 0, **kwargs: Any
    ) -> Response[T]: ...
    @door
    async def generate(self, messages: Conversation, **kwargs: Any) -> Response[Any]:
        """Return the whole answer to a prompt or conversation.

        Args:
            messages: a prompt, a message or a conversation.
            kwargs: settings; ``tools``, ``tool_choice`` and ``output``, which may be the type of the
                :attr:`~dragoman.Response.value`; ``repairs``, how often a model is shown the error of an answer that
                does not fit the type, by default 0; ``timeout`` in seconds; ``headers``; ``options`` keyed by provider;
                or options of the provider.

        Raises:
            DragomanError: see :mod:`dragoman.spec.errors`.

        """
        fallbacks = Fallbacks(self._model)
        if "output" in kwargs or "repairs" in kwargs:
            from dragoman.client.typed_answer import generate_typed  # noqa: PLC0415  # only typed answers need it

            return await generate_typed(fallbacks, messages, kwargs.pop("repairs", 0), kwargs)
        while True:
            async with fallbacks as (bound, builder):
                return fallbacks.record(await bound.chat(builder.chat(messages, kwargs), builder.context(kwargs)))

    @door
    def stream(
        self, messages: Conversation | CompletionRequest, **kwargs: Any
    ) -> AbstractAsyncContextManager[EventStream]:
        """Stream the answer to a prompt or conversation; leaving the block hangs up.

        Args:
            messages: a prompt, a message or a conversation; or a :class:`~dragoman.CompletionRequest` for the model of
                this object, which the model continues without a conversation if it can.
            kwargs: as for :meth:`generate`.

        Raises:
            DragomanError: when the block is entered; see :mod:`dragoman.spec.errors`.

        """
        from dragoman.client.opening import open_stream  # noqa: PLC0415  # not paid for by whole answers

        return LazyContext(partial(open_stream, self._model, messages, kwargs))

    @door
    async def extract(self, kind: TypeForm[T], messages: Conversation, *, repairs: int = 1, **kwargs: Any) -> T:
        """Return the answer as a value of *kind*: that of ``generate(output=kind, repairs=repairs)``.

        Args:
            kind: an attrs class, dataclass, ``TypedDict``, enum, ``Literal``, union, list, ...
            messages: a prompt, a message or a conversation.
            repairs: how often the model is shown the error of an answer that does not fit. An answer that was declined,
                cut, or calls tools is not repaired.
            kwargs: as for :meth:`generate`.

        Raises:
            RefusalError: if the model declined.
            TruncatedOutputError: if the answer was cut.
            OutputValidationError: with the path of each misfit; ``partial`` is the last answer, ``partial.rejected``
                are those before it.

        """
        from dragoman.client.typed_answer import check_repairs, typed_answer  # noqa: PLC0415  # not paid for at import

        refuse_output(kwargs)
        most = check_repairs(repairs, kind)
        return (await typed_answer(Fallbacks(self._model), kind, messages, most, kwargs)).value

    @door
    def stream_extract(
        self, kind: TypeForm[T], messages: Conversation, **kwargs: Any
    ) -> AbstractAsyncContextManager[ValueStream[T]]:
        """Stream the answer as a value of *kind*, which is checked while it arrives; leaving the block hangs up.

        Args:
            kind: as for :meth:`extract`; of a list, the items are given as soon as each is whole.
            messages: a prompt, a message or a conversation.
            kwargs: as for :meth:`generate`.

        Raises:
            DragomanError: when the block is entered; see :mod:`dragoman.spec.errors`.

        """
        from dragoman.client.opening import open_value  # noqa: PLC0415  # not paid for by whole answers

        refuse_output(kwargs)
        return LazyContext(partial(open_value, self._model, kind, messages, kwargs))

    def capabilities(self) -> Capabilities:
        """Return what the model is known to accept, without asking anybody; :meth:`learn_capabilities` asks.

        Raises:
            ConfigurationError: if no provider, model or key is found.

        """
        bound, _ = self._model.ready()
        return bound.capabilities(bound.explanation.model)

    async def learn_capabilities(self, *, refresh: bool = False) -> Capabilities:
        """Ask the provider what the model accepts, and return what is known then.

        What was learned is remembered in this process for the provider, the base URL and the model, and applies to all
        later calls. No call asks by itself. If the provider cannot tell, or fails, the result is that of
        :meth:`capabilities`; a failure is logged.

        Args:
            refresh: whether to ask again although the answer is known.

        Raises:
            ConfigurationError: if no provider, model or key is found.

        """
        async with OneModel(self._model) as (bound, builder):
            from dragoman.client.learning import learn  # noqa: PLC0415  # few programs need it

            return await learn(bound, builder.context({}), refresh=refresh)

    async def models(self) -> Sequence[ModelInfo]:
        """Return the models that the provider lists.

        Raises:
            UnsupportedError: if it lists none.

        """
        async with OneModel(self._model) as (bound, builder):
            models: Sequence[ModelInfo] = await bound.operation("models")(None, builder.context({}))
            return models

    @door
    async def count_tokens(self, messages: Conversation, **kwargs: Any) -> Usage:
        """Return how many tokens a conversation has, counted by the provider.

        Raises:
            UnsupportedError: if it does not count.

        """
        async with OneModel(self._model) as (bound, builder):
            request = builder.chat(messages, kwargs)
            usage: Usage = await bound.operation("count_tokens")(request, builder.context(kwargs))
            return usage

    @door
    async def embed(self, texts: Sequence[str], **options: Any) -> Embeddings:
        """Return one vector for each text.

        Raises:
            UnsupportedError: if the provider makes none.
            InvalidRequestError: if *texts* are not strings.

        """
        async with OneModel(self._model) as (bound, builder):
            request = EmbeddingRequest(model=bound.explanation.model, texts=tuple(read_texts(texts)), options=options)
            embeddings: Embeddings = await bound.operation("embed")(request, builder.context({}))
            return embeddings

    @door
    def build_request(self, messages: Conversation, *, stream: bool = False, **kwargs: Any) -> Prepared:
        """Return the HTTP request that :meth:`generate` would send, secrets masked, without sending it.

        Raises:
            UnsupportedError: if the provider sends no HTTP requests, or does not support a setting.
            InvalidRequestError: for an argument of the wrong type.

        """
        bound, builder = self._model.ready()
        if not isinstance(bound.provider, Prepares):
            raise bound.cannot("show a request")
        policy = builder.context(kwargs).on_unsupported or self.config.on_unsupported
        request, _ = bound.fit(builder.chat(messages, kwargs), policy)
        return bound.provider.prepare(request, stream=stream)

    def explain(self) -> Explanation:
        """Say which provider answers, and why."""
        return explain(self.config)

    async def aclose(self) -> None:
        """Close the connections. The object can be used again; it then opens new ones.

        Unfinished calls of the running event loop raise :class:`ConnectionFailedError`, even if they are waiting for
        the next attempt; calls of other event loops are not affected.
        """
        await self._model.aclose()

    async def __aenter__(self) -> Self:
        """Return this object."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close."""
        await self.aclose()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.config!r})"

    def __copy__(self) -> Self:
        return type(self)(copy.copy(self.config))

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return type(self)(copy.deepcopy(self.config, memo))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle only the configuration; one with a key cannot be pickled."""
        return (type(self), (self.config,))


__all__ = ["LLM"]
