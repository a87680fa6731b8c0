"""The arguments of a run that no single call has."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal, TypeAlias, TypedDict

from attrs import field

from dragoman.spec._value import value
from dragoman.spec.argument_checks import plain_number, seconds, shown, wrong_seconds
from dragoman.spec.call_record import CallRecord, CallStatus
from dragoman.spec.errors import InvalidRequestError
from dragoman.spec.function_tool import check_approve
from dragoman.spec.request import SETTINGS
from dragoman.spec.run import Run
from dragoman.spec.tool_makers import Approve

Listener: TypeAlias = Callable[[Run[Any]], Awaitable[object] | object]
"""A function, or a coroutine function, that is given the run so far."""


_OF_CALLS = frozenset({*SETTINGS, "tools", "tool_choice", "output", "timeout", "headers", "options", "on_unsupported"})
"""The arguments of every call."""
_NEARLY = 0.85
"""How similar a misspelled argument has to be: others belong to the calls of the model."""


class RunArguments(TypedDict, total=False):
    """Name the arguments of a run in addition to those of a call; see :class:`RunSettings`."""

    turns: int
    concurrency: int
    tool_timeout: float | None
    run_timeout: float | None
    on_tool_error: Literal["tell", "raise"]
    approve: Approve | None
    resume_started: Literal["ask", "again"]
    on_step: Listener | None
    on_turn: Listener | None


def _at_least_one(_: Any, attribute: Any, given: Any) -> None:
    number = plain_number(given)
    if not isinstance(number, int) or number < 1:
        message = f"{attribute.name} must be a whole number of at least 1, not {shown(given)}"
        raise InvalidRequestError(message, parameter=attribute.name)


def _limit(_: Any, attribute: Any, given: Any) -> None:
    if given is not None and seconds(given) is None:
        raise InvalidRequestError(wrong_seconds(attribute.name, given), parameter=attribute.name)


def _one_of(*words: str) -> Callable[[Any, Any, Any], None]:
    def check(_: Any, attribute: Any, given: Any) -> None:
        if given not in words:
            message = f"{attribute.name} must be {' or '.join(map(repr, words))}, not {shown(given)}"
            raise InvalidRequestError(message, parameter=attribute.name)

    return check


def _approve(_: Any, __: Any, given: Any) -> None:
    check_approve(given)


def _listener(_: Any, attribute: Any, given: Any) -> None:
    if given is not None and not callable(given):
        message = f"{attribute.name} must be a function that is given the run so far, not {shown(given)}"
        raise InvalidRequestError(message, parameter=attribute.name)


@value(kw_only=True)
class RunSettings:
    """Say how a run goes on.

    Args:
        turns: how many answers the model may give in the whole run, those before it was resumed included.
        concurrency: how many tools may run at once.
        tool_timeout: how long one execution of a tool may take, in seconds, unless the tool says so itself.
        run_timeout: how long the run may take in all, in seconds; ``timeout`` limits each call of the model.
        on_tool_error: ``tell`` the model of a tool that fails, or ``raise`` :class:`dragoman.ToolError`.
        approve: who approves the calls of tools that do not say so themselves; see
            :meth:`~dragoman.spec.tool_makers.ToolMakers.from_function`.
        resume_started: what to do about a call that was started in an earlier process and has no result: ``ask``
            whether it may run ``again``, or run it again.
        on_step: is given the run after each change, before anything else is done, so that it can be saved.
        on_turn: is given the run after each turn.

    """

    turns: int = field(default=10, validator=_at_least_one)
    concurrency: int = field(default=8, validator=_at_least_one)
    tool_timeout: float | None = field(default=None, validator=_limit)
    run_timeout: float | None = field(default=None, validator=_limit)
    on_tool_error: str = field(default="tell", validator=_one_of("tell", "raise"))
    approve: Approve | None = field(default=None, validator=_approve)
    resume_started: str = field(default="ask", validator=_one_of("ask", "again"))
    on_step: Listener | None = field(default=None, validator=_listener)
    on_turn: Listener | None = field(default=None, validator=_listener)

    def runs_again(self, record: CallRecord) -> bool:
        """Tell whether a call that was started in an earlier process is run again without a question."""
        return record.status == CallStatus.STARTED and self.resume_started == "again"


def divided(arguments: Mapping[str, Any]) -> tuple[RunSettings, dict[str, Any]]:
    """Return the settings of a run, and the arguments that are those of each call of the model.

    Raises:
        InvalidRequestError: for an argument of the wrong type.

    """
    own = {name: given for name, given in arguments.items() if name in RunArguments.__annotations__}
    rest = {name: given for name, given in arguments.items() if name not in own}
    for name in rest.keys() - _OF_CALLS:
        _check_spelling(name)
    return RunSettings(**own), rest


def _check_spelling(name: str) -> None:
    """Refuse an argument that is spelled nearly like one of a run, which a provider may know as an option."""
    from dragoman.spec.nearest_name import closest  # noqa: PLC0415  # slow to import

    meant = closest(name, RunArguments.__annotations__, _NEARLY)
    if meant is not None:
        message = f"run() has no argument {name!r}; did you mean {meant!r}?"
        raise InvalidRequestError(message, parameter=name)
