"""The stream of one answer; its last event is the finish reason."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Self

from dragoman import (
    CallContext,
    ChatRequest,
    Event,
    Finish,
    FinishReason,
    PartStart,
    RequestTimeoutError,
    ResponseSnapshot,
    Text,
    TextDelta,
    Usage,
    UsageSnapshot,
)

from dragoman_acme.engine import Engine
from dragoman_acme.prompt import prompt_of


class Answer:
    """Iterate over the events of an answer; an async context manager that stops the model at the end.

    It is a class, since an event loop closes abandoned async generators in an arbitrary order.

    Args:
        engine: the model.
        request: the conversation.
        context: the clock and the deadline of the call.
        pause: seconds to wait before each token.

    Raises:
        UnsupportedError: for a part that is not text.

    """

    def __init__(self, engine: Engine, request: ChatRequest, context: CallContext, *, pause: float) -> None:
        prompt = prompt_of(request.messages)
        self._context = context
        self._pause = pause
        self._limit = request.settings.max_tokens
        self._input_tokens = len(engine.tokens(prompt))
        self._output_tokens = 0
        self._tokens = engine.generate(prompt)
        self._events: Iterator[Event] = self._generate()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._events = iter(())

    def __aiter__(self) -> Answer:
        return self

    async def __anext__(self) -> Event:
        """Return the next event, and let other tasks run before it.

        Raises:
            RequestTimeoutError: if the deadline of the call has passed.

        """
        remaining = self._context.remaining()
        wait = self._pause if remaining is None else min(self._pause, remaining)
        await self._context.clock.sleep(wait)
        if self._context.remaining() == 0:
            message = "the deadline of the call has passed (timeout)"
            raise RequestTimeoutError(message, phase="total", retryable=False)
        for event in self._events:
            return event
        raise StopAsyncIteration

    def _generate(self) -> Iterator[Event]:
        yield PartStart(0, Text(text=""))
        finish = FinishReason.STOP
        for token in self._tokens:
            if self._output_tokens == self._limit:
                finish = FinishReason.LENGTH
                break
            self._output_tokens += 1
            yield TextDelta(0, token)
        yield UsageSnapshot(Usage(input_tokens=self._input_tokens, output_tokens=self._output_tokens))
        yield ResponseSnapshot(finish=Finish(reason=finish, raw=str(finish)))
