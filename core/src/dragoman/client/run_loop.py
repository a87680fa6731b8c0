"""The loop of a run: the model answers, its calls are run, and it is asked again with their results."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from itertools import chain
from typing import Any, TypeAlias

import attrs

from dragoman.client.run_calls import RunCalls
from dragoman.client.run_state import RunState
from dragoman.spec.call_record import CallRecord
from dragoman.spec.callbacks import keep
from dragoman.spec.errors import DragomanError, TurnLimitError
from dragoman.spec.events import Event, StreamEnd
from dragoman.spec.function_tool import FunctionTool
from dragoman.spec.message import Message
from dragoman.spec.parts import ToolCall
from dragoman.spec.request import AUTO, ToolChoice
from dragoman.spec.response import FinishReason, Response
from dragoman.spec.run import Run, Turn
from dragoman.spec.run_events import RunEvent, TurnEnd
from dragoman.spec.whole_answer import check_complete, check_declined, check_known_end, refuse_cut

Ask: TypeAlias = Callable[[tuple[Message, ...], Mapping[str, Any]], AsyncGenerator[Event, None]]
"""Asks the model to go on with a conversation, with the arguments of a call; the last event holds the answer."""


class RunLoop:
    """Go on with a run until the model has given its answer, or a call waits for somebody.

    Args:
        state: the run.
        ask: asks the model.
        tools: the tools that are run here, by name.
        arguments: the arguments of each call of the model.
        timeout: how long each call of the model may take, in seconds, unless *arguments* say so.

    """

    def __init__(
        self,
        state: RunState,
        ask: Ask,
        tools: Mapping[str, FunctionTool],
        arguments: Mapping[str, Any],
        timeout: float | None,
    ) -> None:
        self._state = state
        self._ask = ask
        self._tools = tools
        self._arguments = arguments
        self._sent: list[tuple[Message, ...]] = []
        self._timeout = timeout if arguments.get("timeout") is None else arguments["timeout"]

    @property
    def run(self) -> Run[Any]:
        """Return the run so far."""
        return self._state.run

    async def events(self) -> AsyncGenerator[RunEvent, None]:
        """Yield what happens.

        Raises:
            TurnLimitError: if the model has used up its turns.
            ToolError: if a tool fails and that is to be raised.
            DragomanError: if the model cannot answer; ``run`` of every error is the run so far.

        """
        try:
            if self.run.turns and self.run.turns[-1].calls and not self.run.is_open:
                yield await self._end_turn()  # somebody has decided about the last call that waited
            while not self.run.is_done:
                self._check_turns()
                step = RunCalls(self._state, self._tools).events() if self.run.is_open else self._answer()
                async with aclosing(step) as events:
                    async for event in events:
                        yield event
                if self.run.is_open and self.run.pending:
                    return
                if not self.run.is_open:
                    yield await self._end_turn()
        except DragomanError as error:
            error.run = self.run  # also that of a run inside a function of the caller
            raise
        except Exception as error:
            keep(error, run=self.run)
            raise

    async def _end_turn(self) -> TurnEnd:
        await self._state.report_turn()
        return TurnEnd(len(self.run.turns), self.run)

    def _messages(self) -> tuple[Message, ...]:
        """Return the conversation so far, always with the same objects, by which what is encoded of them is kept."""
        for turn in self.run.turns[len(self._sent) :]:
            self._sent.append(turn.messages)
        return (*self.run.prompt, *chain.from_iterable(self._sent))

    def _check_turns(self) -> None:
        limit = self._state.settings.turns
        if len(self.run.turns) < limit:
            return
        left = ", ".join(record.call.name for record in self.run.turns[-1].calls if record.result is None)
        doing = f"it still calls tools ({left}), which were not run" if left else "it has not answered"
        message = (
            f"the model has used up its {limit} turns, and {doing}; error.run is the run so far, and "
            f"run(error.run, turns=...) goes on with more than {limit} turns"
        )
        raise TurnLimitError(message, partial=self.run.response)

    async def _answer(self) -> AsyncGenerator[Event, None]:
        async with aclosing(self._ask(self._messages(), self._call_arguments())) as events:
            async for event in events:
                if isinstance(event, StreamEnd):
                    await self._add(event.response)
                yield event

    async def _add(self, response: Response) -> None:
        records = tuple(CallRecord(call=call) for call in _executable_calls(response))
        self._state.run = attrs.evolve(self.run, turns=(*self.run.turns, Turn(response=response, calls=records)))
        await self._state.report()

    def _call_arguments(self) -> Mapping[str, Any]:
        """Return the arguments of the next call: a choice of tools that forces a call is for the first one."""
        arguments = dict(self._arguments)
        if self.run.turns and (choice := arguments.get("tool_choice")) is not None:
            arguments |= _unforced(choice)
        if (left := self._state.remaining()) is not None:
            arguments["timeout"] = left if self._timeout is None else min(left, self._timeout)
        return arguments


def _executable_calls(response: Response) -> tuple[ToolCall, ...]:
    """Return the calls of an answer that is whole.

    Raises:
        OutputError: if the answer has calls, and was cut, filtered or interrupted: they may not be what was meant.

    """
    calls = response.tool_calls
    if calls:
        check_declined(response)
        if response.finish.reason == FinishReason.LENGTH:
            refuse_cut(response)
        check_complete(response)
        check_known_end(response)
    return calls


def _unforced(choice: Any) -> dict[str, Any]:
    """Return the arguments that replace a choice of tools which forces a call: with it, a run would never end."""
    arguments: dict[str, Any] = {}
    if isinstance(choice, Mapping):
        from dragoman.spec.request_formats import read_tool_choice  # noqa: PLC0415  # only plain data needs it

        choice, parallel = read_tool_choice(choice)  # pyright: ignore[reportUnknownArgumentType]
        arguments = {} if parallel is None else {"parallel_tool_calls": parallel}
    if ToolChoice.of(choice).kind in {"auto", "none"}:
        return {}
    return {**arguments, "tool_choice": AUTO}
