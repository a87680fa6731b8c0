"""The calls that belong to the core: they fit a request to the model, call the provider, retry, and record it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from dragoman.client.asked import Asked
from dragoman.client.learned_capabilities import has_learned, key_of, learned
from dragoman.client.ledger import UsageLedger
from dragoman.client.observer import Observer, StreamWatch, timing_of
from dragoman.client.provider_config import ADJUSTS
from dragoman.client.retry import UsualPatience, retrying
from dragoman.plugins.registry import installed
from dragoman.spec._lazy_context import LazyContext
from dragoman.spec._value import changed
from dragoman.spec.capabilities import Capabilities, Policy
from dragoman.spec.descriptors import exhausted
from dragoman.spec.errors import DragomanError, PluginError, UnsupportedError
from dragoman.spec.plain_text import describe_error
from dragoman.spec.provider import CallContext, Provider, ProviderInfo
from dragoman.spec.request import ChatRequest, CompletionRequest
from dragoman.spec.response import Adjustment, Attempt, Origin, Response

if TYPE_CHECKING:
    from dragoman.client.stream_assembly import PeekedStream
    from dragoman.spec.events import Event
    from dragoman.spec.operations import OperationCall
    from dragoman.spec.retry_policy import RetryPolicy

R = TypeVar("R", ChatRequest, CompletionRequest)
T = TypeVar("T")


def own_options(request: R, info: ProviderInfo, policy: Policy | None) -> tuple[R, tuple[Adjustment, ...]]:
    """Return *request* without options of other providers, if the policy is to adjust it, and what was left out."""
    if policy not in ADJUSTS or not request.options.get(info.name):
        return request, ()
    from dragoman.client.foreign_options import without_foreign  # noqa: PLC0415  # few programs need it

    return without_foreign(request, info, policy, installed())


class ManagedProvider:
    """Call a provider as the core promises: fitted, retried and written down.

    Args:
        provider: the provider itself.
        origin: what is known of the origin of every answer.
        retry: how patiently to try again.
        policy: what to do with a setting that the model does not support.
        endpoint: the base URL that the caller gave.
        ledger: adds up what the calls use.

    Attributes:
        standing: adjustments of every answer.

    """

    def __init__(
        self,
        provider: Provider,
        origin: Origin,
        retry: RetryPolicy | UsualPatience,
        policy: Policy | None,
        endpoint: str | None = None,
        *,
        ledger: UsageLedger | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._observer = Observer(origin, UsageLedger() if ledger is None else ledger)
        self._remembered: dict[str, Capabilities] = {}
        self.info = provider.info
        self._provider = provider
        self._origin = origin
        self._retry = retry
        self._policy: Policy | None = policy
        self.standing: tuple[Adjustment, ...] = ()
        self._refused: dict[str, dict[str, str]] = {}

    def capabilities(self, model: str) -> Capabilities:
        """Return what *model* accepts: what was learned about it, else what the provider knows by itself."""
        if has_learned() and (found := learned(key_of(self._origin.provider, self._endpoint, model))) is not None:
            from dragoman.spec.operations import RemembersCapabilities  # noqa: PLC0415  # few providers learn

            if not isinstance(self._provider, RemembersCapabilities):
                return found
            if self._remembered.get(model) is not found:
                self._provider.remember_capabilities(model, found)
                self._remembered[model] = found
        try:
            return self._provider.capabilities(model)
        except DragomanError:
            raise
        except Exception as error:
            raise self._blamed(f"failed with {describe_error(error)}") from error

    async def aclose(self) -> None:
        """Close the provider."""
        await self._provider.aclose()

    async def complete(self, request: CompletionRequest, context: CallContext) -> Response:
        """Answer a prompt."""
        return await self._answer(self._provider.complete, request, context)

    async def chat(self, request: ChatRequest, context: CallContext) -> Response:
        """Answer a conversation."""
        return await self._answer(self._provider.chat, request, context)

    async def _answer(
        self,
        call: Callable[[R, CallContext], Awaitable[Response]],
        request: R,
        context: CallContext,
        *,
        is_counted: bool = False,
    ) -> Response:
        if request.settings.n is not None and not is_counted:
            from dragoman.client.several_answers import answered  # noqa: PLC0415  # few requests need it

            return await answered(
                partial(self._answer, call, is_counted=True),
                request,
                context,
                capabilities=self.capabilities(request.model),
                policy=context.on_unsupported or self._policy,
                by=self.info.name,
            )
        began = context.clock.monotonic()
        expected = None if request.settings.cache is None else self._observer.cached(request)
        if context.timeouts.first_output is not None:
            call = partial(self._in_time, call, context.timeouts.first_output)
        response, asked, adjustments, attempts = await self._tried(call, request, context)
        if not isinstance(response, Response):  # pyright: ignore[reportUnnecessaryIsInstance]  # a plugin may return anything
            raise self._blamed(f"answered with {type(response).__name__}, not a Response")
        known = adjustments + response.adjustments if adjustments else response.adjustments
        origin, timing = self._named(response.origin), timing_of(context, began)
        response = changed(response, origin=origin, adjustments=known, attempts=attempts, timing=timing)
        if expected is not None:
            response = expected.checked(response, context)
        if response.alternatives:
            from dragoman.spec.several_answers import with_common_facts  # noqa: PLC0415  # few answers need it

            response = with_common_facts(response)
        self._observer.answered(response)
        if not asked.names and not asked.restore:
            return response
        from dragoman.spec.sent_names import with_names  # noqa: PLC0415  # few answers need it

        return with_names(response, asked.names, asked.restore)

    async def _in_time(
        self, call: Callable[[R, CallContext], Awaitable[Response]], limit: float, request: R, context: CallContext
    ) -> Response:
        from dragoman.client.first_output import within  # noqa: PLC0415  # few calls have the limit

        return await within(limit, call(request, context), is_whole=True)

    def stream(
        self, request: ChatRequest | CompletionRequest, context: CallContext
    ) -> AbstractAsyncContextManager[AsyncIterator[Event]]:
        """Stream the answer to a conversation or a prompt; the last event holds all of it."""
        return LazyContext(partial(self._open, request, context))

    async def _open(
        self, request: ChatRequest | CompletionRequest, context: CallContext
    ) -> tuple[AsyncIterator[Event], AbstractAsyncContextManager[Any]]:
        if isinstance(request, CompletionRequest) and not self.capabilities(request.model).streams_prompts:
            request = request.as_chat()
        if request.settings.n is not None:
            from dragoman.client.request_builder import refuse_several  # noqa: PLC0415  # few requests need it

            refuse_several(request.settings, "a stream")
        given: Any = request
        began = context.clock.monotonic()
        expected = None if request.settings.cache is None else self._observer.cached(request)
        stream, asked, adjustments, attempts = await self._tried(self._peek, given, context)
        events = stream.assembled(adjustments, self._named, attempts, asked.names, asked.restore)
        watch = StreamWatch(self._observer, stream.manager, context, began, expected)
        return watch.over(events), watch

    def _peek(self, request: ChatRequest | CompletionRequest, context: CallContext) -> Awaitable[PeekedStream]:
        from dragoman.client.stream_assembly import peek  # noqa: PLC0415  # events are not paid for by whole answers

        return peek(self._provider.stream(request, context), context.timeouts.first_output)

    def operation(self, kind: str) -> OperationCall:
        """Return the call of an optional protocol.

        Args:
            kind: ``embed``, ``count_tokens``, ``models``, ``capabilities``, ``upload``, ``files`` or ``delete_file``.

        """
        from dragoman.spec.operation_results import misfit  # noqa: PLC0415  # only these calls need it
        from dragoman.spec.operations import IN_WORDS, operation_of  # noqa: PLC0415  # only these calls need it

        async def call(request: Any, context: CallContext) -> Any:
            if (send := operation_of(self._provider, kind)) is None:
                message = f"the provider {self._origin.provider!r} does not {IN_WORDS.get(kind, kind)}"
                raise UnsupportedError(message, provider=self._origin.provider)

            is_embedding = kind == "embed"

            async def sent(request: Any) -> Any:
                failed = partial(self._observer.failed, request.model) if is_embedding else None
                done, _ = await retrying(partial(send, request), context, self._retry, failed=failed)
                if (wrong := misfit(kind, done)) is not None:
                    raise self._blamed(f"answered with {wrong}")
                return self._observer.embedded(request.model, done) if is_embedding else done

            try:
                if is_embedding:
                    from dragoman.client.embedding import in_batches, rules_of  # noqa: PLC0415  # few programs need it

                    return await in_batches(sent, request, rules_of(self._provider))
                return await sent(request)
            except DragomanError as error:
                self._annotate(error, self._origin.model)
                raise
            except Exception as error:
                raise self._failure(error) from error

        return call

    async def _tried(
        self, send: Callable[[R, CallContext], Awaitable[T]], request: R, context: CallContext
    ) -> tuple[T, Asked[R, T], tuple[Adjustment, ...], tuple[Attempt, ...]]:
        """Send a fitted request with retries; a foreign exception of the provider becomes a :class:`PluginError`.

        Return what the provider gave, what it was asked, all that was sent otherwise than asked, and all tries.
        """
        policy = context.on_unsupported or self._policy
        if policy is not None and context.on_unsupported is None:
            context = changed(context, on_unsupported=policy)
        request, foreign = own_options(request, self.info, policy)
        capabilities = self.capabilities(request.model)
        refused = self._refused.setdefault(request.model, {})
        asked = Asked(send, request, capabilities, policy, refused, by=self.info.name, issuer=self.info.issuer)
        failed = partial(self._observer.failed, request.model)
        try:
            result, attempts = await retrying(asked.send, context, self._retry, asked.mend, failed)
        except DragomanError as error:
            self._annotate(error, request.model)
            raise
        except Exception as error:
            failure = self._failure(error)
            failed(failure)
            raise failure from error
        return result, asked, self.standing + foreign + asked.adjustments, attempts

    def _failure(self, error: Exception) -> DragomanError:
        """Return the error to raise for an exception that a provider must not raise; raise that of the caller's own."""
        from dragoman.spec.callbacks import is_noted  # noqa: PLC0415  # only errors need it

        if is_noted(error):
            raise error
        failure = exhausted(error) if isinstance(error, OSError) else None
        return failure or self._blamed(f"failed with {describe_error(error)}")

    def _blamed(self, what: str) -> PluginError:
        message = f"the provider {self._origin.provider!r} of {self._origin.distribution} {what}"
        return PluginError(message, provider=self._origin.provider)

    def _named(self, origin: Origin) -> Origin:
        ours = self._origin
        who = {"provider": ours.provider, "distribution": ours.distribution, "version": ours.version}
        return changed(origin, **who, model=origin.model or ours.model)

    def _annotate(self, error: DragomanError, model: str | None) -> None:
        error.provider = error.provider or self._origin.provider
        error.model = error.model or model


__all__ = ["ManagedProvider", "own_options"]
