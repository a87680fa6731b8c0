"""What is noted of the calls of one provider while they run: their times, what they use, and lines of a log.

Nothing that is logged here holds content or credentials: models, sizes, times, statuses and ids of requests alone.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from dragoman.client.ledger import UsageLedger
from dragoman.spec._value import changed
from dragoman.spec.errors import ConfigurationError, DragomanError, InvalidRequestError, UnsupportedError
from dragoman.spec.provider import FIRST_BYTE, CallContext
from dragoman.spec.response import Origin, Response, Timing

if TYPE_CHECKING:
    from dragoman.client.cache_watch import CacheWatch, Expected
    from dragoman.client.stream_assembly import AssembledStream
    from dragoman.spec.events import Event
    from dragoman.spec.operations import Embeddings
    from dragoman.spec.request import ChatRequest, CompletionRequest

_DEBUG, _INFO = 10, 20  # as in the module logging

_NOT_SENT = (ConfigurationError, InvalidRequestError, UnsupportedError)
"""The errors of a request that is not sent."""


class Observer:
    """Note what the calls of one provider do.

    Args:
        origin: what is known of the origin of every answer.
        ledger: adds up what the calls use.

    Raises:
        ConfigurationError: if the variable ``DRAGOMAN_LOG`` names no level.

    """

    __slots__ = ("_caches", "_ledger", "_logger", "_origin")

    def __init__(self, origin: Origin, ledger: UsageLedger) -> None:
        import logging  # noqa: PLC0415  # not paid for before a call

        if (level := os.environ.get("DRAGOMAN_LOG")) is not None:
            from dragoman.client.log_output import show_log  # noqa: PLC0415  # few programs need it

            show_log(level)
        self._logger = logging.getLogger(__name__)
        self._origin = origin
        self._ledger = ledger
        self._caches: CacheWatch | None = None

    def cached(self, request: ChatRequest | CompletionRequest) -> Expected:
        """Return what is expected of the cache for a request that asks for one."""
        from dragoman.client.cache_watch import CacheWatch, Expected, prefix_of  # noqa: PLC0415  # few requests ask for one

        self._caches = self._caches or CacheWatch()
        return Expected(self._caches, prefix_of(request))

    def answered(self, response: Response, ended: str = "answered") -> None:
        """Note an answer, whole or broken off."""
        self._ledger.note(response.origin, response.usage, response.metadata)
        if self._logger.isEnabledFor(_DEBUG):
            origin, usage, timing = response.origin, response.usage, response.timing
            self._logger.debug(
                "%s %s %s: %s, tokens %s+%s, tries %d, %s s, request %s",
                origin.provider,
                origin.model,
                ended,
                response.finish.reason,
                usage.input_tokens,
                usage.output_tokens,
                len(response.attempts),
                None if timing is None else f"{timing.end:.3f}",
                origin.request_id,
            )

    def embedded(self, model: str, embeddings: Embeddings) -> Embeddings:
        """Note what embeddings used, and return them with their origin."""
        from dragoman.spec.operations import paid_for  # noqa: PLC0415  # not paid for by other calls

        origin = changed(self._origin, model=model, served_model=embeddings.model)
        self._ledger.note(origin, paid_for(embeddings.usage), {})
        return changed(embeddings, origin=origin)

    def failed(self, model: str, error: DragomanError) -> None:
        """Note a try that failed, unless it failed before anything was sent."""
        if isinstance(error, _NOT_SENT):
            return
        origin = self._origin
        self._ledger.failed(changed(origin, model=model), error)
        if self._logger.isEnabledFor(_INFO):
            self._logger.info(
                "%s %s failed with %s, status %s, request %s",
                origin.provider,
                model,
                type(error).__name__,
                error.status,
                error.request_id,
            )


def timing_of(context: CallContext, began: float, first_output: float | None = None) -> Timing:
    """Return the times of a whole answer that has just arrived.

    Args:
        context: the context of the call.
        began: when it began, on the clock of the call.
        first_output: the seconds until its first output; by default, those until its end.

    """
    end = context.clock.monotonic() - began
    first_byte = context.observed.get(FIRST_BYTE)
    return Timing(
        None if first_byte is None else first_byte - began, end if first_output is None else first_output, end
    )


class StreamWatch:
    """Measure one stream while it is read, and note its end once.

    Leaving it as a context manager closes the stream.

    Args:
        observer: notes the end.
        manager: what closes the stream.
        context: the context of the call.
        began: when it began, on the clock of the call.
        expected: what is expected of the cache, if the request asks for one.

    """

    __slots__ = ("_began", "_context", "_expected", "_first_output", "_is_noted", "_manager", "_observer", "_partial")
    _partial: Callable[[], Response]  # not of the stream itself, which would keep one that is dropped

    def __init__(
        self,
        observer: Observer,
        manager: AbstractAsyncContextManager[Any],
        context: CallContext,
        began: float,
        expected: Expected | None = None,
    ) -> None:
        self._observer = observer
        self._manager = manager
        self._context = context
        self._began = began
        self._expected = expected
        self._first_output: float | None = None
        self._is_noted = False

    def over(self, stream: AssembledStream) -> AsyncIterator[Event]:
        """Watch *stream*, and return it."""
        self._partial = stream.watched_by(self)
        return stream

    def has_output(self) -> None:
        """Note the first output."""
        self._first_output = self._context.clock.monotonic() - self._began

    def ended(self, response: Response) -> Response:
        """Note the whole answer, and return it with its times."""
        response = changed(response, timing=timing_of(self._context, self._began, self._first_output))
        if self._expected is not None:
            response = self._expected.checked(response, self._context)
        self._is_noted = True
        self._observer.answered(response)
        return response

    def failed(self, error: DragomanError) -> None:
        """Note that the stream failed."""
        if not self._is_noted:
            self._is_noted = True
            self._observer.failed(error.model or "", error)

    async def __aenter__(self) -> Self:  # pragma: no cover - a manager has it, and this one holds what is open already
        """Return this object; the stream is open already."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the stream, and note what is known of one that was not read to its end."""
        try:
            await self._manager.__aexit__(kind, error, traceback)
        finally:
            if not self._is_noted:
                self._is_noted = True
                self._observer.answered(self._partial(), "was broken off")
