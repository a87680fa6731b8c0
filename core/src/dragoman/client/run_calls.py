"""The calls of one answer: which of them may run, and their execution, several at once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Any, cast

from dragoman.client.run_state import RunState
from dragoman.client.tool_execution import execute, result_of
from dragoman.spec.call_record import CallRecord, CallStatus
from dragoman.spec.callbacks import noted
from dragoman.spec.errors import InvalidRequestError, OutputError, ToolError
from dragoman.spec.function_tool import FunctionTool
from dragoman.spec.parts import ToolCall, ToolResult
from dragoman.spec.run import denied
from dragoman.spec.run_events import RunEvent, ToolFinished, ToolStarted

_logger = logging.getLogger(__name__)
_spent: set[str] = set()
"""The tickets whose approval was used in this process: whoever gives the same run twice runs nothing twice."""


class RunCalls:
    """Run the calls of the last answer that have no result.

    Args:
        state: the run.
        tools: the tools that are run here, by name.

    """

    def __init__(self, state: RunState, tools: Mapping[str, FunctionTool]) -> None:
        self._state = state
        self._settings = state.settings
        self._tools = tools
        self._room = asyncio.Semaphore(state.settings.concurrency)
        self._one_question = asyncio.Lock()
        self._events: asyncio.Queue[RunEvent | asyncio.Task[None]] = asyncio.Queue()

    async def events(self) -> AsyncGenerator[RunEvent, None]:
        """Yield what happens, until each call has a result or waits; leaving early cancels and awaits what runs."""
        records = self._state.run.turns[-1].calls
        tasks = [asyncio.create_task(self._settle(at)) for at, record in enumerate(records) if record.result is None]
        for task in tasks:
            task.add_done_callback(self._events.put_nowait)
        try:
            left = len(tasks)
            while left:
                event = await self._next()
                if isinstance(event, asyncio.Task):
                    event.result()  # raises what the task raised
                    left -= 1
                else:
                    yield event
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _next(self) -> RunEvent | asyncio.Task[None]:
        clock = asyncio.timeout(self._state.remaining())
        try:
            async with clock:
                return await self._events.get()
        except TimeoutError:
            raise self._state.too_late() from None

    async def _settle(self, position: int) -> None:
        """Bring one call to a result, or to the question whether it may run."""
        record = self._state.run.turns[-1].calls[position]
        if record.is_pending and not self._settings.runs_again(record):
            return
        try:
            tool, arguments = self._prepared(record.call)
        except OutputError as error:
            await self._fail(position, record, error)
            return
        decision = await self._decision(tool, record)
        if decision == "ask":
            await self._write(position, record.asked())
        elif decision:
            async with self._room:
                await self._run(position, record, tool, arguments)
        else:
            await self._finish(position, record, denied(record.call))

    def _prepared(self, call: ToolCall) -> tuple[FunctionTool, dict[str, Any]]:
        """Return the tool of a call, and its arguments as the function takes them.

        Raises:
            OutputError: if there is no such tool, or the arguments do not fit.

        """
        tool = self._tools.get(call.name)
        if tool is not None:
            return tool, call.parse(tool)
        from dragoman.spec.nearest_name import after  # noqa: PLC0415  # only errors need it

        message = f"there is no tool {call.name!r}; the tools are: {', '.join(self._tools) or 'none'}"
        raise OutputError(after(message, call.name, self._tools))

    async def _decision(self, tool: FunctionTool, record: CallRecord) -> bool | str:
        """Return whether a call may run; one question at a time, in the order of the calls."""
        if record.status == CallStatus.APPROVED:
            return record.is_approved or "ask"  # it was approved with other arguments
        approve = self._settings.approve if tool.approve is None else tool.approve
        if approve is None or isinstance(approve, str):
            return approve or True
        async with self._one_question:
            with noted("approve", f"the call {record.call.call_id!r} of the tool {tool.name!r}"):
                decision: Any = await result_of(cast("Callable[..., Awaitable[object] | object]", approve), record.call)
        if decision is True or decision is False or decision == "ask":
            return cast("bool | str", decision)
        message = f"approve of the tool {tool.name!r} must return True, False or 'ask', not {decision!r}"
        raise InvalidRequestError(message, parameter="approve")

    async def _run(self, position: int, record: CallRecord, tool: FunctionTool, arguments: dict[str, Any]) -> None:
        """Run a call; that it is started is reported before, and an approval is spent."""
        started = record.asked(CallStatus.STARTED)
        if record.is_approved:
            _spend(record)
        try:
            await self._write(position, started)
        except BaseException:
            _spent.discard(record.ticket)  # it has not run
            raise
        self._events.put_nowait(ToolStarted(record.call))
        limit = self._settings.tool_timeout if tool.timeout is None else tool.timeout
        try:
            result = ToolResult.of(record.call, await execute(tool.function, arguments, limit))
        except Exception as error:  # noqa: BLE001  # whatever the tool raises
            await self._fail(position, started, error)
        else:
            await self._finish(position, started, result)

    async def _fail(self, position: int, record: CallRecord, error: Exception) -> None:
        """Tell the model of an error, or raise it."""
        call, result = record.call, ToolResult.of(record.call, error)
        _logger.info("the tool %s failed with %s (call %s)", call.name, type(error).__name__, call.call_id)
        if self._settings.on_tool_error == "raise":
            message = f"the tool {call.name!r} failed (call {call.call_id}): {result.text}; error.run is the run so far"
            wrapped = ToolError(message)
            wrapped.call = call
            raise wrapped from error
        await self._finish(position, record, result, error)

    async def _finish(
        self, position: int, record: CallRecord, result: ToolResult, error: Exception | None = None
    ) -> None:
        await self._write(position, record.finished(result))
        self._events.put_nowait(ToolFinished(record.call, result, error))

    async def _write(self, position: int, record: CallRecord) -> None:
        """Write down what is known of a call, and report it."""
        self._state.run = self._state.run.with_record(position, record)
        await self._state.report()


def _spend(record: CallRecord) -> None:
    if record.ticket in _spent:
        message = f"the approval of the call {record.call.call_id!r} was used by another run; it is good for one"
        raise InvalidRequestError(message, parameter="call_id")
    _spent.add(record.ticket)
