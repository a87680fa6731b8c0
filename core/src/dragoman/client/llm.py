"""The client: the methods of the API reference, and methods with typed results in addition to them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeVar, Unpack, overload

from dragoman.client.configured_client import (
    _ConfiguredClient,  # pyright: ignore[reportPrivateUsage]  # what is printed of LLM has no public base
)
from dragoman.client.conversation import Conversation
from dragoman.client.fallback import Fallbacks, OneModel
from dragoman.client.request_builder import Untyped, refuse_output, refuse_several
from dragoman.client.text_answer import text_of
from dragoman.spec._lazy_context import LazyContext
from dragoman.spec.argument_names import door
from dragoman.spec.capabilities import Capabilities
from dragoman.spec.message import Message
from dragoman.spec.request import CompletionRequest
from dragoman.spec.response import Response, Usage

if TYPE_CHECKING:
    from typing_extensions import TypeForm

    from dragoman.client.call_settings import (
        CallSettings,
        CompletionSettings,
        EmbeddingSettings,
        RunKeywords,
        UploadSettings,
        ValueSettings,
    )
    from dragoman.client.run_stream import RunStream
    from dragoman.client.stream import EventStream
    from dragoman.client.value_stream import ValueStream
    from dragoman.spec.files import FileInfo
    from dragoman.spec.media import FileRef
    from dragoman.spec.operations import Embeddings, ModelInfo
    from dragoman.spec.prepared import Prepared
    from dragoman.spec.run import Run

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
                if request.settings.n is not None:
                    refuse_several(request.settings, "completion()")
                response = await bound.completion(request, builder.context(kwargs))
                return text_of(fallbacks.record(response), request.settings)

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
                if request.settings.n is not None:
                    refuse_several(request.settings, "chat_completion()")
                response = await bound.chat(request, builder.context(kwargs))
                return text_of(fallbacks.record(response), request.settings)

    @overload
    async def generate(
        self, messages: Conversation, *, output: Untyped = None, **kwargs: Unpack[ValueSettings]
    ) -> Response: ...
    @overload
    async def generate(
        self, messages: Conversation, *, output: TypeForm[T], repairs: int = 0, **kwargs: Unpack[ValueSettings]
    ) -> Response[T]: ...
    @overload
    async def generate(self, messages: Conversation, **kwargs: Unpack[CallSettings]) -> Response[Any]: ...
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
        from dragoman.client.opening import open_stream  # noqa: PLC0415  # not paid for by whole answers

        return LazyContext(partial(open_stream, self._model, messages, kwargs))

    @door
    async def extract(
        self, kind: TypeForm[T], messages: Conversation, *, repairs: int = 1, **kwargs: Unpack[ValueSettings]
    ) -> T:
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
        from dragoman.client.typed_answer import extracted  # noqa: PLC0415  # not paid for at import

        return await extracted(Fallbacks(self._model), kind, messages, repairs, kwargs)

    @door
    def stream_extract(
        self, kind: TypeForm[T], messages: Conversation, **kwargs: Unpack[ValueSettings]
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
        return LazyContext(partial(open_value, self._model, kind, messages, kwargs), "stream_extract")

    @overload
    async def run(
        self, messages: Conversation | Run[Any], *, output: TypeForm[T], **kwargs: Unpack[RunKeywords]
    ) -> Run[T]: ...
    @overload
    async def run(self, messages: Run[T], **kwargs: Unpack[RunKeywords]) -> Run[T]: ...
    @overload
    async def run(
        self, messages: Conversation, *, output: Untyped = None, **kwargs: Unpack[RunKeywords]
    ) -> Run[Any]: ...
    @door
    async def run(self, messages: Conversation | Run[Any], **kwargs: Any) -> Run[Any]:
        """Ask the model, run the tools that it calls, and go on with the results until it has answered.

        Args:
            messages: a prompt, a message or a conversation; or a :class:`~dragoman.Run`, which goes on.
            kwargs: as for :meth:`generate`, of which ``timeout`` is that of each call of the model; ``turns`` (10),
                ``concurrency`` (8), ``tool_timeout`` and ``run_timeout`` in seconds, ``on_tool_error`` (``"tell"`` the
                model, or ``"raise"``), ``approve``, ``resume_started`` (``"ask"`` or ``"again"``), ``on_step`` and
                ``on_turn``: see :mod:`dragoman.client.run_settings`.

        Raises:
            TurnLimitError: if the model still calls tools after all turns.
            ToolError: if a tool fails, with ``on_tool_error="raise"``.
            DragomanError: see :mod:`dragoman.spec.errors`; ``run`` of every error is the run so far.

        """
        from dragoman.client.run import finish_run  # noqa: PLC0415  # not paid for by single calls

        return await finish_run(self, self._model, messages, kwargs)

    @overload
    def stream_run(
        self, messages: Conversation | Run[Any], *, output: TypeForm[T], **kwargs: Unpack[RunKeywords]
    ) -> AbstractAsyncContextManager[RunStream[T]]: ...
    @overload
    def stream_run(
        self, messages: Run[T], **kwargs: Unpack[RunKeywords]
    ) -> AbstractAsyncContextManager[RunStream[T]]: ...
    @overload
    def stream_run(
        self, messages: Conversation, *, output: Untyped = None, **kwargs: Unpack[RunKeywords]
    ) -> AbstractAsyncContextManager[RunStream[Any]]: ...
    @door
    def stream_run(
        self, messages: Conversation | Run[Any], **kwargs: Any
    ) -> AbstractAsyncContextManager[RunStream[Any]]:
        """Do what :meth:`run` does, and stream what happens; leaving the block hangs up and ends the tools that run.

        Args:
            messages: as for :meth:`run`.
            kwargs: as for :meth:`run`.

        Raises:
            DragomanError: when an event is read, as for :meth:`run`.

        """
        from dragoman.client.run import open_run  # noqa: PLC0415  # not paid for by single calls

        return LazyContext(partial(open_run, self, self._model, messages, kwargs), "stream_run")

    def capabilities(self) -> Capabilities:
        """Return what the model is known to accept, without asking anybody; :meth:`learn_capabilities` asks.

        Limits and kinds of input that it does not tell are those that are publicly known; no call is fitted to these.

        Raises:
            ConfigurationError: if no provider, model or key is found.

        """
        from dragoman.client.known_models import known_capabilities  # noqa: PLC0415  # not paid for by calls

        bound, _ = self._model.ready()
        model = bound.explanation.model
        return known_capabilities(bound.explanation.provider, model, bound.capabilities(model))

    @door
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
        """Return the models that the provider lists, with what else is publicly known of them.

        Raises:
            UnsupportedError: if it lists none.

        """
        async with OneModel(self._model) as (bound, builder):
            from dragoman.client.known_models import known_models  # noqa: PLC0415  # not paid for by calls

            models: Sequence[ModelInfo] = await bound.operation("models")(None, builder.context({}))
            return known_models(bound.explanation.provider, models)

    @door
    async def count_tokens(self, messages: Conversation, **kwargs: Unpack[CallSettings]) -> Usage:
        """Return how many tokens a conversation has, counted by the provider in the form that is sent to it.

        Raises:
            UnsupportedError: if it does not count, or does not support a setting.

        """
        async with OneModel(self._model) as (bound, builder):
            context = builder.context(kwargs)
            policy = context.on_unsupported or self.config.on_unsupported
            request, _ = bound.fit(builder.chat(messages, kwargs), policy, to_count=True)
            usage: Usage = await bound.operation("count_tokens")(request, context)
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

        Its ``adjustments`` say what would be sent otherwise than asked.

        Raises:
            UnsupportedError: if the provider sends no HTTP requests, or does not support a setting.
            InvalidRequestError: for an argument of the wrong type.

        """
        bound, builder = self._model.ready()
        policy = builder.context(kwargs).on_unsupported or self.config.on_unsupported
        from dragoman.client.preview import prepared  # noqa: PLC0415  # not paid for by calls

        return prepared(bound, builder.chat(messages, kwargs), policy, stream=stream)


__all__ = ["LLM"]
