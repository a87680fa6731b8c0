"""The client: the methods of the API reference, and methods with typed results in addition to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeVar, Unpack

from dragoman.client.configured_client import (
    _ConfiguredClient,  # pyright: ignore[reportPrivateUsage]  # what is printed of LLM has no public base
)
from dragoman.client.conversation import Conversation
from dragoman.client.fallback import Fallbacks, OneModel
from dragoman.client.lifetime import HeldStream
from dragoman.client.text_answer import text_of
from dragoman.plugins.resolution import explain
from dragoman.spec._lazy_context import LazyContext
from dragoman.spec.argument_names import door
from dragoman.spec.capabilities import Capabilities
from dragoman.spec.errors import InvalidRequestError
from dragoman.spec.message import Message
from dragoman.spec.operations import Embeddings, ModelInfo
from dragoman.spec.provider import Prepared, Prepares
from dragoman.spec.request import CompletionRequest
from dragoman.spec.response import Response, Usage

if TYPE_CHECKING:
    from dragoman.client.call_settings import (
        CallSettings,
        CompletionSettings,
        EmbeddingSettings,
        UploadSettings,
        ValueSettings,
    )
    from dragoman.client.stream import EventStream
    from dragoman.spec.files import FileInfo
    from dragoman.spec.media import FileRef

T = TypeVar("T")


class LLM(_ConfiguredClient):
    """Talk to the model that a configuration names.

    One object serves many tasks at once, and several event loops one after another. Close it with ``async with`` or
    :meth:`aclose`; a script that never does ends cleanly all the same.

    What is changed in the configuration between two calls takes effect with the next one.

    Args:
        config: a configuration, or the name of a model, to which no default settings are sent; without this argument,
            the built-in echo provider answers.
        middleware: what wraps the calls of this object, besides the extensions: modules or objects with implementations
            of the hooks of calls, or functions that implement one; the first one is the outermost.
        fields: further arguments of :class:`LLMConfig`, with the name of a model, which may be ``model=`` too.

    Raises:
        ConfigurationError: for any other *config*, or a fallback that no provider serves.

    """

    @door
    async def completion(self, prompt: str, **kwargs: Unpack[CompletionSettings]) -> str:
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
                return text_of(await bound.completion(request, builder.context(kwargs)), request.settings)

    @door
    async def chat_completion(self, messages: list[Message], **kwargs: Unpack[CallSettings]) -> str:
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
                return text_of(await bound.chat(request, builder.context(kwargs)), request.settings)

    @door
    async def generate(self, messages: Conversation, **kwargs: Unpack[CallSettings]) -> Response:
        """Return the whole answer to a prompt or conversation.

        Args:
            messages: a prompt, a message or a conversation.
            kwargs: settings; ``tools``, ``tool_choice`` and ``output``; ``timeout`` in seconds; ``headers``;
                ``options`` keyed by provider; or options of the provider.

        Raises:
            DragomanError: see :mod:`dragoman.spec.errors`.

        """
        fallbacks = Fallbacks(self._model)
        while True:
            async with fallbacks as (bound, builder):
                return fallbacks.record(await bound.chat(builder.chat(messages, kwargs), builder.context(kwargs)))

    @door
    def stream(
        self, messages: Conversation | CompletionRequest, **kwargs: Unpack[CallSettings]
    ) -> AbstractAsyncContextManager[EventStream]:
        """Stream the answer to a prompt or conversation; leaving the block hangs up.

        Args:
            messages: a prompt, a message or a conversation; or a :class:`~dragoman.CompletionRequest` for the model of
                this object, which the model continues without a conversation if it can.
            kwargs: as for :meth:`generate`.

        Raises:
            DragomanError: when the block is entered; see :mod:`dragoman.spec.errors`.

        """
        return LazyContext(partial(self._open, messages, kwargs))

    async def _open(
        self, question: Conversation | CompletionRequest, overrides: Mapping[str, Any], *, is_prompt: bool = False
    ) -> tuple[EventStream, EventStream]:
        if isinstance(question, CompletionRequest):
            self._check_model(question)
        fallbacks = Fallbacks(self._model)
        while True:
            async with fallbacks as (bound, builder):
                from dragoman.client.stream import EventStream  # noqa: PLC0415  # not paid for by whole answers

                if isinstance(question, CompletionRequest) or (is_prompt and isinstance(question, str)):
                    request = builder.streamed_prompt(question, overrides, natively=bound.streams_prompts)
                else:
                    request = builder.chat(question, overrides)
                events = bound.stream(request, builder.context(overrides))
                held = HeldStream(fallbacks.uses, bound, events)
                stream = await EventStream(held, request.settings).__aenter__()
                return stream, stream

    def _check_model(self, request: CompletionRequest) -> None:
        """Refuse a request that names another model: an ``LLM`` asks its own one."""
        known = (self.config.model, explain(self.config).model)
        if request.model not in known:
            message = f"the request is for {request.model!r}, but this LLM asks {known[0]!r}; use one for that model"
            raise InvalidRequestError(message, parameter="model")

    @door
    async def extract(self, kind: type[T], messages: Conversation, **kwargs: Unpack[ValueSettings]) -> T:
        """Return the answer as a value of *kind*: what ``generate(output=kind)`` asks for, read by ``parse(kind)``.

        Args:
            kind: an attrs class, dataclass, ``TypedDict``, enum, ``Literal``, union, list, ...
            messages: a prompt, a message or a conversation.
            kwargs: as for :meth:`generate`.

        Raises:
            RefusalError: if the model declined.
            TruncatedOutputError: if the answer was cut.
            OutputValidationError: with the path of each misfit.

        """
        fallbacks = Fallbacks(self._model)
        while True:
            async with fallbacks as (bound, builder):
                request = builder.value(kind, messages, kwargs)
                return (await bound.chat(request, builder.context(kwargs))).parse(kind)

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
    async def count_tokens(self, messages: Conversation, **kwargs: Unpack[CallSettings]) -> Usage:
        """Return how many tokens a conversation has, counted by the provider.

        Raises:
            UnsupportedError: if it does not count.

        """
        async with OneModel(self._model) as (bound, builder):
            request = builder.chat(messages, kwargs)
            usage: Usage = await bound.operation("count_tokens")(request, builder.context(kwargs))
            return usage

    @door
    async def embed(self, texts: Sequence[str], **kwargs: Unpack[EmbeddingSettings]) -> Embeddings:
        """Return one vector for each text; more texts than one request takes are sent in several.

        Args:
            texts: the texts.
            kwargs: ``dimensions``, ``timeout`` in seconds for all requests, ``options``, or options of the provider.

        Raises:
            UnsupportedError: if the provider makes none.
            InvalidRequestError: if *texts* are not strings, or for an unknown option.

        """
        async with OneModel(self._model) as (bound, builder):
            from dragoman.client.embedding import embedding_request  # noqa: PLC0415  # few programs need it

            request = embedding_request(bound, builder, texts, kwargs)
            embeddings: Embeddings = await bound.operation("embed")(request, builder.context(kwargs))
            return embeddings

    @door
    async def upload(self, source: str | bytes | PathLike[str], **kwargs: Unpack[UploadSettings]) -> FileRef:
        """Store a file at the provider, and return what refers to it in messages: ``Media.of(ref)``.

        Args:
            source: a path, or the content.
            kwargs: ``filename``, ``media_type``, ``timeout`` in seconds, ``options``, or options of the provider.

        Raises:
            UnsupportedError: if the provider stores no files.
            InvalidRequestError: if the file cannot be read, or its type cannot be told.

        """
        async with OneModel(self._model) as (bound, builder):
            from dragoman.client.files import file_to_upload  # noqa: PLC0415  # few programs need it

            file = await file_to_upload(bound, builder, source, kwargs)
            ref: FileRef = await bound.operation("upload")(file, builder.context(kwargs))
            return ref

    async def files(self) -> Sequence[FileInfo]:
        """Return the files that the provider stores for this key.

        Raises:
            UnsupportedError: if it stores none.

        """
        async with OneModel(self._model) as (bound, builder):
            files: Sequence[FileInfo] = await bound.operation("files")(None, builder.context({}))
            return files

    @door
    async def delete_file(self, ref: FileRef) -> None:
        """Delete a file that the provider stores.

        Raises:
            UnsupportedError: if it stores none.
            InvalidRequestError: if the file was uploaded to another provider.
            NotFoundError: if there is no such file.

        """
        async with OneModel(self._model) as (bound, builder):
            from dragoman.client.files import stored_file  # noqa: PLC0415  # few programs need it

            await bound.operation("delete_file")(stored_file(ref, bound), builder.context({}))

    @door
    def build_request(
        self, messages: Conversation, *, stream: bool = False, **kwargs: Unpack[CallSettings]
    ) -> Prepared:
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


__all__ = ["LLM"]
