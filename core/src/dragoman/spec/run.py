"""A run: a conversation with a model in which tools were run, as plain data that another process can go on from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import attrs
from attrs import field

from dragoman.spec._value import value
from dragoman.spec.argument_checks import shown
from dragoman.spec.argument_names import door
from dragoman.spec.call_record import CallRecord, CallStatus
from dragoman.spec.errors import InvalidRequestError
from dragoman.spec.message import Message
from dragoman.spec.parts import ToolCall, ToolResult
from dragoman.spec.response import FinishReason, Response, Usage

if TYPE_CHECKING:
    from dragoman.spec.cost import Cost

T = TypeVar("T")


@value(kw_only=True)
class Turn:
    """Hold one answer of the model, and what became of its calls.

    Args:
        response: the answer.
        calls: its calls of the caller's tools, in order.

    """

    response: Response
    calls: tuple[CallRecord, ...] = ()

    @property
    def is_open(self) -> bool:
        """Return whether a call has no result yet."""
        return any(record.result is None for record in self.calls)

    @property
    def results(self) -> tuple[ToolResult, ...]:
        """Return the results that there are, in the order of the calls."""
        return tuple(record.result for record in self.calls if record.result is not None)

    @property
    def messages(self) -> tuple[Message, ...]:
        """Return the answer, and one message with the results of its calls once all have one."""
        if not self.calls or self.is_open:
            return (self.response.message,)
        return (self.response.message, Message("tool", self.results))


@value(kw_only=True)
class Run(Generic[T]):
    """Hold a run: what it began with, each turn of the model, and the calls that wait.

    It is a value: :meth:`approve`, :meth:`deny` and :meth:`answer` return another one, and ``llm.run(run, tools=...)``
    goes on from it, in the same process or in another one.

    Args:
        prompt: the conversation with which it began.
        turns: each answer of the model, with the results of its calls.
        kind: the type of the answer that was asked for; it is not part of the plain data.

    """

    prompt: tuple[Message, ...]
    turns: tuple[Turn, ...] = ()
    kind: Any = field(default=None, repr=False, eq=False)

    @property
    def response(self) -> Response:
        """Return the last answer.

        Raises:
            InvalidRequestError: if there is none yet.

        """
        if not self.turns:
            message = "this run has no answer yet; give it to run() to go on with it"
            raise InvalidRequestError(message)
        return self.turns[-1].response

    @property
    def text(self) -> str:
        """Return the text of the last answer, which is empty if it has none; ``response.finish`` says why it ended."""
        return self.turns[-1].response.text if self.turns else ""

    @property
    def value(self) -> T:
        """Return the last answer as a value of the type that was asked for with ``output=``.

        Raises:
            InvalidRequestError: if no type was asked for, also by the ``run()`` that read this from plain data.
            OutputError: if the answer does not fit, or calls tools.

        """
        if self.kind is None:
            message = "this run was asked for no type; give run(output=...) one, or read text or response.parse(...)"
            raise InvalidRequestError(message)
        return cast("T", self.response.parse(self.kind))

    @property
    def messages(self) -> tuple[Message, ...]:
        """Return the whole conversation, as any provider takes it to go on; while calls wait, it ends with them."""
        return (*self.prompt, *(message for turn in self.turns for message in turn.messages))

    @property
    def responses(self) -> tuple[Response, ...]:
        """Return each answer of the model, in order."""
        return tuple(turn.response for turn in self.turns)

    @property
    def usage(self) -> Usage:
        """Return the tokens of all answers together, those among them that did not fit the type of the answer.

        Input and output are ``None`` if an answer did not report them; the others if no answer did.
        """
        from dragoman.spec.usage_totals import total_usage  # noqa: PLC0415  # few runs are asked for it

        return total_usage(answer.usage for answer in self._answers())

    @door
    def cost(self, *, prices_of: str | None = None) -> Cost | None:
        """Return what all answers cost together, ``None`` if that of one is unknown.

        Args:
            prices_of: as for :meth:`dragoman.Response.cost`.

        Raises:
            ConfigurationError: if *prices_of* is given, and there is no price list, or none of it.

        """
        from dragoman.spec.cost import Cost  # noqa: PLC0415  # few runs are asked for it

        return Cost.total(answer.cost(prices_of=prices_of) for answer in self._answers())

    @property
    def pending(self) -> tuple[ToolCall, ...]:
        """Return the calls that wait for :meth:`approve`, :meth:`deny` or :meth:`answer`.

        Those in :attr:`interrupted` are among them. A run without any needs nobody.
        """
        return tuple(record.call for record in self._records() if record.is_pending)

    @property
    def interrupted(self) -> tuple[ToolCall, ...]:
        """Return the calls that were started and have no result, so that nobody knows whether they took effect.

        In what ``on_step`` is given, they are those that run at this moment.
        """
        return tuple(record.call for record in self._records() if record.status == CallStatus.STARTED)

    @property
    def is_open(self) -> bool:
        """Return whether a call of the last answer has no result yet."""
        return bool(self.turns) and self.turns[-1].is_open

    @property
    def is_done(self) -> bool:
        """Return whether the model has given its answer: no call and no pause is left to go on from."""
        if not self.turns:
            return False
        last = self.turns[-1]
        return not last.calls and last.response.finish.reason != FinishReason.PAUSED

    @door
    def approve(self, call_id: str) -> Run[T]:
        """Let a call run, once and with exactly these arguments, when the run goes on.

        Raises:
            InvalidRequestError: if no call with this id waits.

        """
        position, record = self._pending_record(call_id)
        return self.with_record(position, record.approved())

    @door
    def deny(self, call_id: str, reason: str = "") -> Run[T]:
        """Give a call a result that tells the model that it was denied.

        Args:
            call_id: the id of the call.
            reason: what the model is told.

        Raises:
            InvalidRequestError: if no call with this id waits.

        """
        position, record = self._pending_record(call_id)
        return self.with_record(position, record.finished(denied(record.call, reason)))

    @door
    def answer(self, call_id: str, value: object) -> Run[T]:
        """Give a call a result without running it: a value that is known already, or an exception.

        Raises:
            InvalidRequestError: if no call with this id waits, or JSON cannot represent the value.

        """
        position, record = self._pending_record(call_id)
        return self.with_record(position, record.finished(ToolResult.of(record.call, value)))

    def with_record(self, position: int, record: CallRecord) -> Run[T]:
        """Return this run with another record of a call of the last turn; *position* counts from 0."""
        last = self.turns[-1]
        calls = (*last.calls[:position], record, *last.calls[position + 1 :])
        return attrs.evolve(self, turns=(*self.turns[:-1], attrs.evolve(last, calls=calls)))

    def to_dict(self) -> dict[str, Any]:
        """Return plain data that JSON can represent, without :attr:`kind` and the ``raw`` replies of the provider."""
        from dragoman.spec.serialization import to_dict  # noqa: PLC0415  # cattrs is slow to import

        turns = tuple(attrs.evolve(turn, response=attrs.evolve(turn.response, raw=None)) for turn in self.turns)
        return to_dict(attrs.evolve(self, turns=turns, kind=None))

    @classmethod
    def from_dict(cls, run_dict: Mapping[str, Any]) -> Run[Any]:
        """Make a run from plain data, the inverse of :meth:`to_dict`.

        Raises:
            InvalidRequestError: if the data does not fit; the message names the path of each misfit.

        """
        from dragoman.spec.serialization import from_dict  # noqa: PLC0415  # cattrs is slow to import

        of_any: type[Run[Any]] = cast("Any", cls)[Any]  # the type of the answer is not part of the data
        return from_dict(of_any, run_dict)

    def _answers(self) -> tuple[Response, ...]:
        return tuple(answer for turn in self.turns for answer in (*turn.response.rejected, turn.response))

    def _records(self) -> tuple[CallRecord, ...]:
        return self.turns[-1].calls if self.turns else ()

    def _pending_record(self, call_id: str) -> tuple[int, CallRecord]:
        for position, record in enumerate(self._records()):
            if record.is_pending and record.call.call_id == call_id:
                return position, record
        waiting = ", ".join(repr(call.call_id) for call in self.pending) or "none"
        message = f"no call with the id {shown(call_id)} waits; those that wait are: {waiting}"
        raise InvalidRequestError(message, parameter="call_id")


def denied(call: ToolCall, reason: str = "") -> ToolResult:
    """Return the result of a call that may not run; *reason* is for the model."""
    return ToolResult(
        call_id=call.call_id, name=call.name, content=reason or "the user denied this call", outcome="denied"
    )
