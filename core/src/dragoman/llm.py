"""What users hold: the methods of the API reference, and typed doors beside them."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

import attrs

from dragoman.asking import Asking, Conversation
from dragoman.binding import Bound, bind
from dragoman.config import LLMConfig
from dragoman.errors import (
    BadRequestError,
    ConfigurationError,
    DragomanError,
    ModelRetiredError,
    NotFoundError,
    ProviderError,
    TransportError,
    UnsupportedError,
)
from dragoman.message import Message
from dragoman.provider import CountsTokens, Embeddings, Embeds, ListsModels, ModelInfo, Prepared, Prepares
from dragoman.resolution import EMBEDDED, Explanation, explain
from dragoman.response import Adjustment, Response, Usage

if TYPE_CHECKING:
    from dragoman.stream import EventStream

T = TypeVar("T")

_FALL_BACK = (ProviderError, TransportError, ModelRetiredError)


class LLM:
    """Talk to the model that a configuration names.

    One object serves many tasks at once, and several event loops one after another. Close it with ``async with`` or
    :meth:`aclose`; a script that never does ends cleanly all the same.

    Args:
        config: which model, and how; without one, the embedded echo answers.

    """

    def __init__(self, config: LLMConfig | None = None) -> None:
        self.config = config or LLMConfig()
        self._bound: Bound | None = None
        self._asking: Asking | None = None
        self._revision = -1
        self._retired: list[Bound] = []
        self._others: dict[int, LLM] = {}

    async def completion(self, prompt: str, **kwargs: Any) -> str:
        """Return the text that the model gives for *prompt*.

        Args:
            prompt: the prompt.
            kwargs: settings (``temperature``, ``max_tokens``, ...), ``timeout`` in seconds, ``headers``, or options of
                the provider.

        Raises:
            DragomanError: see :mod:`dragoman.errors`.

        """
        return (await self._first_that_answers(LLM._complete, prompt, kwargs)).text

    async def chat_completion(self, messages: list[Message], **kwargs: Any) -> str:
        """Return the text with which the model goes on with a conversation.

        Args:
            messages: the conversation so far.
            kwargs: as for :meth:`generate`.

        Raises:
            DragomanError: see :mod:`dragoman.errors`.

        """
        return (await self.generate(messages, **kwargs)).text

    async def generate(self, messages: Conversation, **kwargs: Any) -> Response:
        """Return the whole answer to a prompt or conversation.

        Args:
            messages: a prompt, a message or a conversation.
            kwargs: settings; ``tools``, ``tool_choice`` and ``output``; ``timeout`` in seconds; ``headers``;
                ``options`` keyed by provider; or options of the provider.

        Raises:
            DragomanError: see :mod:`dragoman.errors`.

        """
        return await self._first_that_answers(LLM._chat, messages, kwargs)

    def stream(self, messages: Conversation, **kwargs: Any) -> AbstractAsyncContextManager[EventStream]:
        """Stream the answer to a prompt or conversation; leaving the block hangs up.

        Args:
            messages: a prompt, a message or a conversation.
            kwargs: as for :meth:`generate`.

        Raises:
            DragomanError: when the block is entered; see :mod:`dragoman.errors`.

        """
        return _Streaming(partial(self._first_that_answers, LLM._open, messages, kwargs))

    async def extract(self, kind: type[T], messages: Conversation, **kwargs: Any) -> T:
        """Return the answer as a value of *kind*.

        Args:
            kind: an attrs class, dataclass, ``TypedDict``, enum, ``Literal``, union, list, ...
            messages: a prompt, a message or a conversation.
            kwargs: as for :meth:`generate`.

        Raises:
            RefusalError: if the model declined.
            TruncatedOutputError: if the answer was cut.
            OutputValidationError: with the path of each misfit.

        """
        from dragoman.extraction import Extraction  # noqa: PLC0415  # cattrs is not paid for at import

        async def ask(llm: LLM, question: Conversation, wishes: Mapping[str, Any]) -> T:
            bound, asking = llm._ready()  # this class's own
            extraction = Extraction.of(kind, bound.provider.capabilities(bound.explanation.model))
            request = extraction.ask(asking.chat(question, wishes))
            return extraction.read(await bound.chat(request, asking.context(wishes)), kind)

        return await self._first_that_answers(ask, messages, kwargs)

    async def models(self) -> Sequence[ModelInfo]:
        """Return the models that the provider lists.

        Raises:
            UnsupportedError: if it lists none.

        """
        bound, asking = self._ready()
        if not isinstance(bound.provider, ListsModels):
            raise self._cannot("list models")
        return await bound.call(bound.provider.models, asking.context({}))

    async def count_tokens(self, messages: Conversation, **kwargs: Any) -> Usage:
        """Return how many tokens a conversation has, counted by the provider.

        Raises:
            UnsupportedError: if it does not count.

        """
        bound, asking = self._ready()
        if not isinstance(bound.provider, CountsTokens):
            raise self._cannot("count tokens")
        provider, request = bound.provider, asking.chat(messages, kwargs)
        return await bound.call(lambda context: provider.count_tokens(request, context), asking.context(kwargs))

    async def embed(self, texts: Sequence[str], **options: Any) -> Embeddings:
        """Return one vector for each text.

        Raises:
            UnsupportedError: if the provider makes none.

        """
        bound, asking = self._ready()
        if not isinstance(bound.provider, Embeds):
            raise self._cannot("make embeddings")
        provider, model, each = bound.provider, bound.explanation.model, [texts] if isinstance(texts, str) else [*texts]
        return await bound.call(lambda context: provider.embed(model, each, options, context), asking.context({}))

    def build_request(self, messages: Conversation, *, stream: bool = False, **kwargs: Any) -> Prepared:
        """Return the HTTP request that :meth:`generate` would send, secrets masked, without sending it.

        Raises:
            UnsupportedError: if the provider sends none, or a wish cannot be fulfilled.
            InvalidRequestError: for a wish of the wrong type.

        """
        bound, asking = self._ready()
        if not isinstance(bound.provider, Prepares):
            raise self._cannot("show a request")
        policy = asking.context(kwargs).on_unsupported or self.config.on_unsupported
        request, _ = bound.fit(asking.chat(messages, kwargs), policy)
        return bound.provider.prepare(request, stream=stream)

    def explain(self) -> Explanation:
        """Say which provider answers, and why."""
        return explain(self.config)

    async def aclose(self) -> None:
        """Give back the connections. The object can be used again, with new ones."""
        bound, self._bound = self._bound, None
        for each in (*self._retired, *([bound] if bound else ())):
            await each.provider.aclose()
        self._retired.clear()
        for other in self._others.values():
            await other.aclose()

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

    def _ready(self) -> tuple[Bound, Asking]:
        """Return what is bound, anew if the configuration has changed."""
        bound, asking = self._bound, self._asking
        if bound is None or asking is None or self._revision != self.config.revision:
            if bound is not None:
                self._retired.append(bound)
            bound = self._bound = bind(self.config)
            asking = self._asking = Asking.of(
                self.config, provider=bound.explanation.provider, model=bound.explanation.model, timeouts=bound.timeouts
            )
            self._revision = self.config.revision
            if self.config.model is None and bound.explanation.provider == EMBEDDED:
                print("dragoman: no model is configured; the embedded echo answers", file=sys.stderr)  # noqa: T201
        return bound, asking

    async def _complete(self, prompt: str, wishes: Mapping[str, Any]) -> Response:
        bound, asking = self._ready()
        return await bound.completion(asking.completion(prompt, wishes), asking.context(wishes))

    async def _chat(self, messages: Conversation, wishes: Mapping[str, Any]) -> Response:
        bound, asking = self._ready()
        return await bound.chat(asking.chat(messages, wishes), asking.context(wishes))

    async def _open(self, messages: Conversation, wishes: Mapping[str, Any]) -> EventStream:
        from dragoman.stream import EventStream  # noqa: PLC0415  # not paid for by whole answers

        bound, asking = self._ready()
        stream = EventStream(bound.stream(asking.chat(messages, wishes), asking.context(wishes)))
        return await stream.__aenter__()

    def _first_that_answers(
        self, ask: Callable[[LLM, Any, Mapping[str, Any]], Awaitable[T]], question: Any, wishes: Mapping[str, Any]
    ) -> Awaitable[T]:
        """Ask this model, and those to fall back to where it cannot answer."""
        if not self.config.kwargs.get("fallbacks"):
            return ask(self, question, wishes)
        return self._falling_back(ask, question, wishes)

    async def _falling_back(
        self, ask: Callable[[LLM, Any, Mapping[str, Any]], Awaitable[T]], question: Any, wishes: Mapping[str, Any]
    ) -> T:
        try:
            return await ask(self, question, wishes)
        except _FALL_BACK as error:
            if not _may_fall_back(error):
                raise
            first = error
        for place, fallback in enumerate(self.config.kwargs["fallbacks"]):
            try:
                other = self._other(place, fallback)
                answer = await ask(other, question, wishes)
            except (*_FALL_BACK, ConfigurationError) as error:
                error.__context__ = None
                first.add_note(f"the fallback {_model_of(fallback)!r} failed too: {error}")
            else:
                return _told(answer, self.config.model, other.config.model, first)
        raise first

    def _other(self, place: int, fallback: str | Mapping[str, Any] | LLMConfig) -> LLM:
        if place not in self._others:
            self._others[place] = LLM(_fallback(self.config, fallback))
        return self._others[place]

    def _cannot(self, what: str) -> UnsupportedError:
        provider = self._ready()[0].explanation.provider
        message = f"the provider {provider!r} does not {what}"
        return UnsupportedError(message, provider=provider)


class AsyncLLM(LLM):
    """Offer the methods of :class:`LLM` under the names that say they are asynchronous."""

    async def acompletion(self, prompt: str, **kwargs: Any) -> str:
        """Return the text that the model gives for *prompt*; see :meth:`LLM.completion`."""
        return await self.completion(prompt, **kwargs)

    async def achat_completion(self, messages: list[Message], **kwargs: Any) -> str:
        """Return the text with which the model goes on; see :meth:`LLM.chat_completion`."""
        return await self.chat_completion(messages, **kwargs)


class StreamingLLM(AsyncLLM):
    """Offer answers piece by piece."""

    def streaming_completion(self, prompt: str, **kwargs: Any) -> AsyncGenerator[str, None]:
        """Yield the text that the model gives for *prompt*, piece by piece.

        Args:
            prompt: the prompt.
            kwargs: as for :meth:`LLM.generate`.

        Raises:
            StreamInterruptedError: if the answer was cut; ``partial`` holds what arrived.
            DragomanError: see :mod:`dragoman.errors`.

        """
        return self._text(prompt, kwargs)

    def streaming_chat_completion(self, messages: list[Message], **kwargs: Any) -> AsyncGenerator[str, None]:
        """Yield the text with which the model goes on with a conversation, piece by piece.

        Args:
            messages: the conversation so far.
            kwargs: as for :meth:`LLM.generate`.

        Raises:
            StreamInterruptedError: if the answer was cut; ``partial`` holds what arrived.
            DragomanError: see :mod:`dragoman.errors`.

        """
        return self._text(messages, kwargs)

    async def _text(self, question: Conversation, wishes: Mapping[str, Any]) -> AsyncGenerator[str, None]:
        """Be the one generator of a stream: a loop that ends closes generators in any order."""
        from dragoman.events import TextDelta  # noqa: PLC0415  # not paid for by whole answers

        async with self.stream(question, **wishes) as stream:
            async for event in stream:
                if type(event) is TextDelta and event.text:
                    yield event.text


class _Streaming:
    """Open a stream when it is entered, and hang up when it is left."""

    __slots__ = ("_opening", "_stream")
    _stream: EventStream

    def __init__(self, opening: Callable[[], Awaitable[EventStream]]) -> None:
        self._opening = opening

    async def __aenter__(self) -> EventStream:
        opening = self._opening
        del self._opening  # the question is not kept for as long as the answer takes
        self._stream = await opening()
        return self._stream

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._stream.__aexit__(kind, error, traceback)


def _may_fall_back(error: DragomanError) -> bool:
    """Tell whether another model may do better: not where the request itself is at fault."""
    return not isinstance(error, BadRequestError) or isinstance(error, NotFoundError)


def _model_of(fallback: str | Mapping[str, Any] | LLMConfig) -> str | None:
    """Return what to call a fallback: its model, never a key that it may hold."""
    if isinstance(fallback, LLMConfig):
        return fallback.model
    return fallback if isinstance(fallback, str) else fallback.get("model")


def _fallback(config: LLMConfig, other: str | Mapping[str, Any] | LLMConfig) -> LLMConfig:
    """Return the configuration to fall back to; a bare model takes the key along only to the same provider."""
    if isinstance(other, LLMConfig):
        return other
    if isinstance(other, Mapping):
        return LLMConfig.from_dict(other)
    if explain(LLMConfig(model=other)).provider == explain(config).provider:
        return config.replace(model=other, fallbacks=())
    kept = config.replace(model=other, api_key=None, api_base=None, provider=None, headers=None, fallbacks=())
    for name in config.provider_options():
        del kept.kwargs[name]
    return kept


def _told(answer: T, asked: str | None, sent: str | None, error: DragomanError) -> T:
    """Write down on a whole answer that another model gave it; a stream tells by its origin."""
    if not isinstance(answer, Response):
        return answer
    reason = f"{type(error).__name__}: {error}"
    adjustment = Adjustment(kind="coerced", feature="model", asked=asked, sent=sent, reason=reason)
    return attrs.evolve(answer, adjustments=(*answer.adjustments, adjustment))


__all__ = ["LLM", "AsyncLLM", "StreamingLLM"]
