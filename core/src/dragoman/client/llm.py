"""What users hold: the methods of the API reference, and typed doors beside them."""

from __future__ import annotations

import copy
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeAlias, TypeVar

from dragoman.client.binding import Bound, bind
from dragoman.client.fallback import FALL_BACK, fallback_config, may_fall_back, model_of, record_fallback
from dragoman.client.lifetime import Call, HeldStream, OpeningStream, Uses
from dragoman.client.request_builder import Conversation, RequestBuilder, read_texts
from dragoman.plugins.descriptors import exhausted
from dragoman.plugins.resolution import EMBEDDED, Explanation, explain
from dragoman.spec.argument_checks import copied, is_same
from dragoman.spec.config import LLMConfig, configuration
from dragoman.spec.errors import ConfigurationError
from dragoman.spec.message import Message
from dragoman.spec.provider import CountsTokens, Embeddings, Embeds, ListsModels, ModelInfo, Prepared, Prepares
from dragoman.spec.request import SETTINGS
from dragoman.spec.response import Response, Usage
from dragoman.spec.secret import RedactedDict

if TYPE_CHECKING:
    from dragoman.client.stream import EventStream

T = TypeVar("T")
_Ask: TypeAlias = "Callable[[LLM, Bound, RequestBuilder, Any, Mapping[str, Any]], Awaitable[T]]"
"""Ask what is bound a question with some overrides."""

_NOT_BOUND = frozenset({*SETTINGS, "fallbacks"})
"""Keyword arguments of a configuration that no binding depends on."""


class LLM:
    """Talk to the model that a configuration names.

    One object serves many tasks at once, and several event loops one after another. Close it with ``async with`` or
    :meth:`aclose`; a script that never does ends cleanly all the same.

    What is changed in the configuration between two calls takes effect with the next one.

    Args:
        config: which model, and how: a configuration, or the name of a model, to which nothing is sent that was not
            given; without one, the embedded echo answers.
        fields: the arguments of :class:`LLMConfig`, beside the name of a model.

    Raises:
        ConfigurationError: for anything else, or a fallback that nobody can answer for.

    """

    def __init__(self, config: LLMConfig | str | None = None, **fields: Any) -> None:
        try:
            self.config = configuration(config, fields)
        finally:
            del config, fields  # a traceback that shows locals shows those of this frame
        self._bound: Bound | None = None
        self._builder: RequestBuilder | None = None
        self._seen: tuple[LLMConfig, int, dict[str, Any]] | None = None
        self._bound_to: tuple[object, ...] = ()
        self._is_used = False
        self._retired: list[Bound] = []
        self._uses = Uses(self._retired)
        self._others: dict[int, LLM] = {}
        for fallback in self.config.kwargs.get("fallbacks") or ():
            explain(fallback_config(self.config, fallback))

    async def completion(self, prompt: str, **kwargs: Any) -> str:
        """Return the text that the model gives for *prompt*.

        Args:
            prompt: the prompt.
            kwargs: settings (``temperature``, ``max_tokens``, ...), ``timeout`` in seconds, ``headers``, or options of
                the provider.

        Raises:
            DragomanError: see :mod:`dragoman.spec.errors`.

        """
        return (await self._first_that_answers(LLM._complete, prompt, kwargs)).text

    async def chat_completion(self, messages: list[Message], **kwargs: Any) -> str:
        """Return the text with which the model goes on with a conversation.

        Args:
            messages: the conversation so far.
            kwargs: as for :meth:`generate`.

        Raises:
            DragomanError: see :mod:`dragoman.spec.errors`.

        """
        return (await self.generate(messages, **kwargs)).text

    async def generate(self, messages: Conversation, **kwargs: Any) -> Response:
        """Return the whole answer to a prompt or conversation.

        Args:
            messages: a prompt, a message or a conversation.
            kwargs: settings; ``tools``, ``tool_choice`` and ``output``; ``timeout`` in seconds; ``headers``;
                ``options`` keyed by provider; or options of the provider.

        Raises:
            DragomanError: see :mod:`dragoman.spec.errors`.

        """
        return await self._first_that_answers(LLM._chat, messages, kwargs)

    def stream(self, messages: Conversation, **kwargs: Any) -> AbstractAsyncContextManager[EventStream]:
        """Stream the answer to a prompt or conversation; leaving the block hangs up.

        Args:
            messages: a prompt, a message or a conversation.
            kwargs: as for :meth:`generate`.

        Raises:
            DragomanError: when the block is entered; see :mod:`dragoman.spec.errors`.

        """
        return OpeningStream(partial(self._first_that_answers, LLM._open, messages, kwargs))

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

        async def ask(
            _: LLM, bound: Bound, builder: RequestBuilder, question: Conversation, overrides: Mapping[str, Any]
        ) -> T:
            from dragoman.client.extraction import Extraction  # noqa: PLC0415  # cattrs is not paid for at import

            extraction = Extraction.of(kind, bound.provider.capabilities(bound.explanation.model))
            request = extraction.ask(builder.chat(question, overrides))
            return extraction.read(await bound.chat(request, builder.context(overrides)), kind)

        return await self._first_that_answers(ask, messages, kwargs)

    async def models(self) -> Sequence[ModelInfo]:
        """Return the models that the provider lists.

        Raises:
            UnsupportedError: if it lists none.

        """

        def ask(
            _: LLM, bound: Bound, builder: RequestBuilder, __: None, ___: Mapping[str, Any]
        ) -> Awaitable[Sequence[ModelInfo]]:
            if not isinstance(bound.provider, ListsModels):
                raise bound.cannot("list models")
            return bound.call(bound.provider.models, builder.context({}))

        return await self._asked(ask, None, {})

    async def count_tokens(self, messages: Conversation, **kwargs: Any) -> Usage:
        """Return how many tokens a conversation has, counted by the provider.

        Raises:
            UnsupportedError: if it does not count.

        """

        def ask(
            _: LLM, bound: Bound, builder: RequestBuilder, question: Any, overrides: Mapping[str, Any]
        ) -> Awaitable[Usage]:
            if not isinstance(bound.provider, CountsTokens):
                raise bound.cannot("count tokens")
            provider, request = bound.provider, builder.chat(question, overrides)
            return bound.call(lambda context: provider.count_tokens(request, context), builder.context(overrides))

        return await self._asked(ask, messages, kwargs)

    async def embed(self, texts: Sequence[str], **options: Any) -> Embeddings:
        """Return one vector for each text.

        Raises:
            UnsupportedError: if the provider makes none.
            InvalidRequestError: for what are no texts.

        """

        def ask(
            _: LLM, bound: Bound, builder: RequestBuilder, given: Any, own: Mapping[str, Any]
        ) -> Awaitable[Embeddings]:
            if not isinstance(bound.provider, Embeds):
                raise bound.cannot("make embeddings")
            provider, model, each = bound.provider, bound.explanation.model, read_texts(given)
            return bound.call(lambda context: provider.embed(model, each, own, context), builder.context({}))

        return await self._asked(ask, texts, options)

    def build_request(self, messages: Conversation, *, stream: bool = False, **kwargs: Any) -> Prepared:
        """Return the HTTP request that :meth:`generate` would send, secrets masked, without sending it.

        Raises:
            UnsupportedError: if the provider sends none, or a wish cannot be fulfilled.
            InvalidRequestError: for a wish of the wrong type.

        """
        bound, builder = self._ready()
        if not isinstance(bound.provider, Prepares):
            raise bound.cannot("show a request")
        policy = builder.context(kwargs).on_unsupported or self.config.on_unsupported
        request, _ = bound.fit(builder.chat(messages, kwargs), policy)
        return bound.provider.prepare(request, stream=stream)

    def explain(self) -> Explanation:
        """Say which provider answers, and why."""
        return explain(self.config)

    async def aclose(self) -> None:
        """Give back the connections. The object can be used again, with new ones.

        Calls that go on in the running event loop end with a :class:`ConnectionFailedError`, also where they wait for
        the next try; those in other loops end as they would.
        """
        self._uses.end_calls()
        bound, self._bound = self._bound, None
        for other in tuple(self._others.values()):
            await other.aclose()
        await self._uses.close_retired(anyway=True)
        if bound is not None:
            await bound.provider.aclose()

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
        """Pickle the configuration alone; one that holds a key is not pickled."""
        return (type(self), (self.config,))

    def _ready(self) -> tuple[Bound, RequestBuilder]:
        """Return what is bound, anew as far as the configuration has changed."""
        config, bound, builder, seen = self.config, self._bound, self._builder, self._seen
        if bound is None or builder is None or seen is None:
            return self._renewed(config)
        if seen[0] is config and seen[1] == config.revision and is_same(seen[2], config.kwargs):
            return bound, builder
        return self._renewed(config)

    def _renewed(self, config: LLMConfig) -> tuple[Bound, RequestBuilder]:
        """Bind a configuration that has changed; a binding that does not depend on the change stays."""
        if not isinstance(config, LLMConfig):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
            message = f"config is an LLMConfig, not {type(config).__name__}"
            raise ConfigurationError(message)
        config.check()
        kwargs: dict[str, Any] = RedactedDict(copied(config.kwargs, "kwargs"))
        needed = RedactedDict({name: value for name, value in kwargs.items() if name not in _NOT_BOUND})
        bound_to = (config.model, config.api_key, config.api_base, needed)
        bound = self._bound
        if bound is None or not is_same(self._bound_to, bound_to):
            bound = self._replaced_by(bind(config))
            self._bound_to = bound_to
        builder = self._builder = RequestBuilder.of(
            config, provider=bound.explanation.provider, model=bound.explanation.model, timeouts=bound.timeouts
        )
        self._seen = (config, config.revision, kwargs)
        return bound, builder

    def _replaced_by(self, bound: Bound) -> Bound:
        """Use *bound* from now on, and no longer what was bound before."""
        before, self._bound = self._bound, bound
        if before is not None and self._is_used:
            self._retired.append(before)
        self._is_used = False
        if self.config.model is None and bound.explanation.provider == EMBEDDED:
            print("dragoman: no model is configured; the embedded echo answers", file=sys.stderr)  # noqa: T201
        return bound

    def _complete(
        self, bound: Bound, builder: RequestBuilder, prompt: Any, overrides: Mapping[str, Any]
    ) -> Awaitable[Response]:
        return bound.completion(builder.completion(prompt, overrides), builder.context(overrides))

    def _chat(
        self, bound: Bound, builder: RequestBuilder, question: Any, overrides: Mapping[str, Any]
    ) -> Awaitable[Response]:
        return bound.chat(builder.chat(question, overrides), builder.context(overrides))

    def _open(
        self, bound: Bound, builder: RequestBuilder, question: Any, overrides: Mapping[str, Any]
    ) -> Awaitable[EventStream]:
        from dragoman.client.stream import EventStream  # noqa: PLC0415  # not paid for by whole answers

        stream = bound.stream(builder.chat(question, overrides), builder.context(overrides))
        return EventStream(HeldStream(self._uses, bound, stream)).__aenter__()

    async def _asked(self, ask: _Ask[T], question: Any, overrides: Mapping[str, Any]) -> T:
        """Ask this model alone."""
        try:
            bound, builder = self._ready()
            self._is_used = True
            with Call(self._uses, bound):
                return await ask(self, bound, builder, question, overrides)
        except OSError as error:
            if failure := exhausted(error):
                raise failure from error
            raise
        finally:
            if self._retired:
                await self._uses.close_retired()

    def _first_that_answers(self, ask: _Ask[T], question: Any, overrides: Mapping[str, Any]) -> Awaitable[T]:
        """Ask this model, and those to fall back to where it cannot answer."""
        config: Any = self.config  # callers without a type checker: what is none is refused where it is bound
        if not isinstance(config, LLMConfig) or not config.kwargs.get("fallbacks"):
            return self._asked(ask, question, overrides)
        return self._falling_back(ask, question, overrides)

    async def _falling_back(self, ask: _Ask[T], question: Any, overrides: Mapping[str, Any]) -> T:
        with Call(self._uses, None):
            try:
                return await self._asked(ask, question, overrides)
            except FALL_BACK as error:
                if not may_fall_back(error):
                    raise
                first = error
            for place, fallback in enumerate(self.config.kwargs["fallbacks"]):
                try:
                    other = self._other(place, fallback)
                    answer = await other._asked(ask, question, overrides)  # noqa: SLF001  # this class's own
                except (*FALL_BACK, ConfigurationError) as error:
                    error.__context__ = None
                    first.add_note(f"the fallback {model_of(fallback)!r} failed too: {error}")
                else:
                    return record_fallback(answer, self.config.model, other.config.model, first)
            raise first

    def _other(self, place: int, fallback: str | Mapping[str, Any] | LLMConfig) -> LLM:
        """Return who answers for a fallback, anew if its configuration has changed."""
        config, other = fallback_config(self.config, fallback), self._others.get(place)
        if other is None or other.config != config:
            before, other = other, LLM(config)
            self._others[place] = other
            if before is not None and before._bound is not None:  # noqa: SLF001  # this class's own
                self._retired.append(before._bound)  # noqa: SLF001
        return other


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
            DragomanError: see :mod:`dragoman.spec.errors`.

        """
        return self._text(prompt, kwargs)

    def streaming_chat_completion(self, messages: list[Message], **kwargs: Any) -> AsyncGenerator[str, None]:
        """Yield the text with which the model goes on with a conversation, piece by piece.

        Args:
            messages: the conversation so far.
            kwargs: as for :meth:`LLM.generate`.

        Raises:
            StreamInterruptedError: if the answer was cut; ``partial`` holds what arrived.
            DragomanError: see :mod:`dragoman.spec.errors`.

        """
        return self._text(messages, kwargs)

    async def _text(self, question: Conversation, overrides: Mapping[str, Any]) -> AsyncGenerator[str, None]:
        """Be the one generator of a stream: a loop that ends closes generators in any order."""
        from dragoman.spec.events import TextDelta  # noqa: PLC0415  # not paid for by whole answers

        async with self.stream(question, **overrides) as stream:
            async for event in stream:
                if type(event) is TextDelta and event.text:
                    yield event.text


__all__ = ["LLM", "AsyncLLM", "StreamingLLM"]
