"""The events of a run: those of the stream of each answer, and what happens between two answers."""

from __future__ import annotations

from typing import Any, TypeAlias

from attrs import field

from dragoman.spec._value import value
from dragoman.spec.events import Event
from dragoman.spec.parts import ToolCall, ToolResult
from dragoman.spec.run import Run


@value
class ToolStarted:
    """Report that a tool begins to run."""

    call: ToolCall


@value
class ToolFinished:
    """Report the result of a call, also of one that did not run because it does not fit or was denied.

    Args:
        call: the call.
        result: what the model is told.
        error: the exception that became an error result, with its traceback; ``None`` if there was none.

    """

    call: ToolCall
    result: ToolResult
    error: Exception | None = field(default=None, eq=False)


@value
class TurnEnd:
    """End a turn: an answer, and the results of its calls.

    Args:
        number: the number of the turn, counted from 1.
        run: the run so far.

    """

    number: int
    run: Run[Any]


RunEvent: TypeAlias = Event | ToolStarted | ToolFinished | TurnEnd
"""Any event of :meth:`dragoman.LLM.stream_run`."""
