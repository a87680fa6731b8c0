"""What is known of a call of a tool while a run goes on: whether it waits, was approved, has begun, or has a result."""

from __future__ import annotations

import json
import os
from typing import ClassVar

import attrs
from attrs import field

from dragoman.spec._enums import OpenEnum
from dragoman.spec._value import value
from dragoman.spec.parts import ToolCall, ToolResult


class CallStatus(OpenEnum):
    """Say how far a call of a tool has come.

    ``ready``: nothing was done about it. ``waiting``: somebody has to approve or deny it. ``approved``: somebody has.
    ``started``: it was about to run, and has no result; after the end of the process that began it, nobody knows how
    far it came. ``finished``: it has a result.
    """

    __slots__ = ()
    READY: ClassVar[CallStatus]
    WAITING: ClassVar[CallStatus]
    APPROVED: ClassVar[CallStatus]
    STARTED: ClassVar[CallStatus]
    FINISHED: ClassVar[CallStatus]


_DECIDED = frozenset({CallStatus.READY, CallStatus.APPROVED, CallStatus.FINISHED})


@value(kw_only=True)
class CallRecord:
    """Hold what is known of one call.

    Args:
        call: the call.
        status: how far it has come; see :class:`CallStatus`.
        result: its result, once it is finished.
        ticket: a random id of the question whether it may run, new each time that it is asked.
        approval: the answer to it: a digest of the ticket and of the call with its arguments, so that an approval is
            good for nothing else.

    """

    call: ToolCall
    status: CallStatus = field(default=CallStatus.READY, converter=CallStatus)
    result: ToolResult | None = None
    ticket: str = ""
    approval: str = ""

    @property
    def is_pending(self) -> bool:
        """Return whether somebody has to decide about it."""
        return self.status not in _DECIDED

    @property
    def is_approved(self) -> bool:
        """Return whether it was approved as it is, with these arguments."""
        return self.status == CallStatus.APPROVED and self.approval == self._digest()

    def approved(self) -> CallRecord:
        """Return the record of the same call, approved."""
        return attrs.evolve(self, status=CallStatus.APPROVED, approval=self._digest())

    def asked(self, status: CallStatus = CallStatus.WAITING) -> CallRecord:
        """Return the record of the same call with a new ticket, which no earlier approval is good for."""
        return attrs.evolve(self, status=status, ticket=os.urandom(16).hex(), approval="")

    def finished(self, result: ToolResult) -> CallRecord:
        """Return the record of the same call with its result."""
        return attrs.evolve(self, status=CallStatus.FINISHED, result=result, ticket="", approval="")

    def _digest(self) -> str:
        import hashlib  # noqa: PLC0415  # only approvals need it

        told = json.dumps([self.ticket, self.call.call_id, self.call.name, self.call.arguments])
        return hashlib.sha256(told.encode()).hexdigest()
