"""Fall back to other models if the first one cannot answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast

from dragoman.client.binding import Bound
from dragoman.client.configured_model import ConfiguredModel
from dragoman.client.lifetime import Call, Uses
from dragoman.client.request_builder import RequestBuilder
from dragoman.spec._value import changed
from dragoman.spec.descriptors import exhausted
from dragoman.spec.errors import (
    BadRequestError,
    ConfigurationError,
    ContextWindowExceededError,
    DragomanError,
    NotFoundError,
    OutputError,
    ProviderError,
    TransportError,
)
from dragoman.spec.response import Adjustment, Attempt, Response
from dragoman.spec.secret import KeySource

if TYPE_CHECKING:
    from dragoman.spec.config import LLMConfig
    from dragoman.spec.events import Event, StreamStart
    from dragoman.spec.fall_back_on import FallBackOn

FALL_BACK = (ProviderError, TransportError)
"""The errors after which another model may succeed."""


def may_fall_back(error: DragomanError) -> bool:
    """Tell whether another model may succeed; it cannot if the request itself is invalid, whichever model is asked."""
    return not isinstance(error, BadRequestError) or isinstance(error, NotFoundError | ContextWindowExceededError)


class UnwantedError(OutputError):
    """Report an answer in place of which another model is asked; it never leaves the block of :class:`Fallbacks`.

    Args:
        problem: why.
        answer: the answer, which is given after all if no other model gives one.

    """

    def __init__(self, problem: str, answer: Response) -> None:
        super().__init__(problem, attempts=answer.attempts)
        self.answer = answer


class Failure:
    """Hold what came of one model.

    Args:
        model: its name.
        error: the error.

    """

    __slots__ = ("error", "model")

    def __init__(self, model: str | None, error: DragomanError) -> None:
        self.model = model
        self.error = error

    @property
    def reason(self) -> str:
        """Return why another model was asked."""
        error = self.error
        return error.message if isinstance(error, UnwantedError) else f"{type(error).__name__}: {error}"


class Fallbacks:
    """Give a block the model to ask, and run it again with the next one where that may do better.

    Enter it for each try, until the block ends without an error::

        fallbacks = Fallbacks(model)
        while True:
            async with fallbacks as (bound, builder):
                return fallbacks.record(await bound.chat(...))

    If an answer was not wanted, and no other model gives one, the block runs again, and is given that answer.

    Args:
        model: the model that is asked first; its configuration names those to fall back to.

    Attributes:
        failures: what came of the models that were asked before the present one.
        is_choosy: whether an answer may be replaced by that of another model.

    """

    __slots__ = ("_call", "_first", "_is_last_resort", "_model", "_position", "_unwanted", "failures", "is_choosy")
    _call: Call

    def __init__(self, model: ConfiguredModel) -> None:
        self._first = self._model = model
        self._position = 0
        self.failures: list[Failure] = []
        self.is_choosy = False
        self._unwanted: tuple[ConfiguredModel, UnwantedError] | None = None
        self._is_last_resort = False

    async def __aenter__(self) -> tuple[Bound, RequestBuilder]:
        """Return what is bound, and what builds its requests.

        Raises:
            ConfigurationError: if the model cannot be bound.
            DragomanError: of the model that was asked first, if no fallback is left.

        """
        while True:
            try:
                source = getattr(self._model.config, "api_key", None)  # callers without a type checker
                key = await source.key() if isinstance(source, KeySource) else None
                self._call, bound, builder = self._model.use(key)
                self.is_choosy = "fall_back_on" in self._first.config.kwargs
            except (OSError, DragomanError) as error:
                self._go_on(error)
            else:
                return self._giving(bound) if self._is_last_resort else bound, builder

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        """Go on to the next model if there is one that may do better.

        Raises:
            DragomanError: of the model that was asked first, if no fallback is left.

        """
        call, uses = self._call, self._model.uses
        try:
            call.leave(error)
        finally:
            if uses.retired:
                await uses.close_retired()
        if isinstance(error, OSError | DragomanError):
            self._go_on(error)
            return True
        return False

    @property
    def uses(self) -> Uses:
        """Return what knows of the calls and streams of the model that is asked."""
        return self._model.uses

    @property
    def condition(self) -> FallBackOn | None:
        """Return when another model is asked, ``None`` for the usual errors."""
        given = getattr(self._first.config, "kwargs", {}).get("fall_back_on")  # callers may assign anything
        if given is None:
            return None
        from dragoman.spec.fall_back_on import read_fall_back_on  # noqa: PLC0415  # few configurations have it

        return read_fall_back_on(given)

    @property
    def has_others(self) -> bool:
        """Return whether there are models that were not asked yet."""
        return self._position < len(self._fallbacks())

    def record(self, response: Response) -> Response:
        """Write down on an answer which models were asked before, and why they gave none.

        Raises:
            UnwantedError: if another model is to be asked in place of this answer, and there is one.

        """
        if self.is_choosy and self.has_others:
            self.check(response)
        return self.noted(response) if self.failures else response

    def check(self, response: Response) -> None:
        """Refuse an answer in place of which another model is to be asked.

        Raises:
            UnwantedError: for such an answer.

        """
        condition = self.condition
        if condition is None:
            return
        from dragoman.spec.callbacks import noted  # noqa: PLC0415  # few configurations have a condition

        with noted("fall_back_on", f"the answer of {self._model.config.model!r}", partial=response):
            problem = condition.problem_of(response)
        if problem is not None:
            raise UnwantedError(problem, response)

    def noted(self, response: Response) -> Response:
        """Return an answer with the models that were asked before, and all attempts."""
        adjustments = response.adjustments + self._notes()
        return changed(response, adjustments=adjustments, attempts=self._attempts() + self._named(response.attempts))

    def without_notes(self, response: Response) -> Response:
        """Return an answer without what :meth:`noted` has added."""
        count = len(response.adjustments) - len(self._notes())
        attempts = response.attempts[len(self._attempts()) :]
        return changed(response, adjustments=response.adjustments[:count], attempts=attempts)

    def noted_start(self, start: StreamStart) -> StreamStart:
        """Return the start of a stream with the models that were asked before, and all attempts."""
        adjustments = start.adjustments + self._notes()
        return changed(start, adjustments=adjustments, attempts=self._attempts() + self._named(start.attempts))

    def _others(self) -> list[Failure]:
        """Return what came of the models whose answer is not given."""
        given = self._unwanted[1] if self._is_last_resort and self._unwanted else None
        return [each for each in self.failures if each.error is not given]

    def _notes(self) -> tuple[Adjustment, ...]:
        sent = self._model.config.model
        return tuple(
            Adjustment(kind="coerced", feature="model", asked=each.model, sent=sent, reason=each.reason)
            for each in self._others()
        )

    def _attempts(self) -> tuple[Attempt, ...]:
        """Return the attempts of the models whose answer is not given."""
        return tuple(changed(attempt, model=each.model) for each in self._others() for attempt in each.error.attempts)

    def _named(self, attempts: tuple[Attempt, ...]) -> tuple[Attempt, ...]:
        return tuple(changed(attempt, model=self._model.config.model) for attempt in attempts)

    def _giving(self, bound: Bound) -> Bound:
        """Return what asks no model, but gives the answer that was not wanted."""
        assert self._unwanted is not None  # noqa: S101  # the last resort is that answer
        answer = self._unwanted[1].answer

        async def give(*_: Any) -> Response:  # it stands for a call
            return answer

        def stream(*_: Any) -> AbstractAsyncContextManager[AsyncIterator[Event]]:
            from dragoman.spec.assembly import events_of  # noqa: PLC0415  # not paid for by whole answers

            return nullcontext(_each(events_of(answer)))

        return changed(bound, chat=give, completion=give, stream=stream)

    def _fallbacks(self) -> Sequence[Any]:
        return self._first.config.kwargs.get("fallbacks") or ()

    def _go_on(self, error: OSError | DragomanError) -> None:
        """Turn to the next model; raise what the first one raised if there is none, or none could do better."""
        if not isinstance(error, DragomanError) and (failure := exhausted(error)):
            raise failure from error
        fallbacks = self._fallbacks() if self._may_go_on(error) else ()
        if not fallbacks:
            raise error
        from dragoman.client.fallback_config import fallback_config  # noqa: PLC0415  # most calls need no fallback

        self.failures.append(Failure(self._model.config.model, cast("DragomanError", error)))
        if isinstance(error, UnwantedError):
            self._unwanted = (self._model, error)
        if self.failures[1:]:
            error.__context__ = None
            self._note(fallbacks[self._position - 1], error)
        while self._position < len(fallbacks):
            fallback = fallbacks[self._position]
            self._position += 1
            try:
                self._model = self._first.fallback(self._position, fallback_config(self._first.config, fallback))
            except ConfigurationError as trouble:
                trouble.__context__ = None
                self._note(fallback, trouble)
            else:
                self._log(error)
                return
        if self._unwanted is None:
            raise self.failures[0].error
        self._model = self._unwanted[0]
        self._is_last_resort = True

    def _note(self, fallback: str | Mapping[str, Any] | LLMConfig, error: BaseException) -> None:
        from dragoman.client.fallback_config import model_of  # noqa: PLC0415  # most calls need no fallback

        self.failures[0].error.add_note(f"the fallback {model_of(fallback)!r} failed too: {error}")

    def _log(self, error: OSError | DragomanError) -> None:
        import logging  # noqa: PLC0415  # not paid for by calls that need no fallback

        now, kind = self._model.config.model, type(error).__name__
        logging.getLogger(__name__).info("falling back from %s to %s after %s", self._first.config.model, now, kind)

    def _may_go_on(self, error: BaseException) -> bool:
        if self._is_last_resort or isinstance(error, UnwantedError):
            return not self._is_last_resort
        condition = self.condition
        chosen = () if condition is None else (condition.errors or ()) + condition.also
        if isinstance(error, chosen):
            return True
        if self.failures:
            return isinstance(error, (*FALL_BACK, ConfigurationError))
        if condition is not None and condition.errors is not None:
            return False
        return isinstance(error, FALL_BACK) and may_fall_back(error)


async def _each(events: Iterable[Event]) -> AsyncIterator[Event]:
    for event in events:
        yield event


class OneModel(Fallbacks):
    """Give a block the model to ask, and no other one."""

    __slots__ = ()

    def _may_go_on(self, error: BaseException) -> bool:  # noqa: ARG002  # the signature of its base
        return False
