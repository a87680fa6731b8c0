"""What a stream is made of.

::

    StreamStart  (PartStart | TextDelta | ReasoningDelta | ArgumentsDelta | MediaDelta | SealUpdate | PartUpdate
                  | PartEnd | UsageSnapshot | ResponseSnapshot | Ping | Raw)*  StreamEnd

Indices count from 0 without holes; parts may interleave. A snapshot replaces what it names and never adds. A class not
listed here may be ignored. Errors are raised, never yielded.

A provider gives starts, deltas, snapshots and ``PartStop``, and may open with a ``StreamStart`` of what it knows;
:mod:`dragoman.spec.assembly` alone adds ``PartEnd`` and ``StreamEnd``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from attrs import field, frozen

from dragoman.spec._value import Value
from dragoman.spec.parts import JSON, Part, Seal
from dragoman.spec.response import Adjustment, Attempt, Finish, Origin, Response, Usage


@frozen(eq=False, repr=False)
class StreamStart(Value):
    """Open the stream, with all that is known before its first part."""

    adjustments: tuple[Adjustment, ...] = ()
    origin: Origin = Origin()
    headers: Mapping[str, str] = field(factory=dict[str, str], repr=False)
    attempts: tuple[Attempt, ...] = ()


@frozen(eq=False, repr=False)
class PartStart(Value):
    """Open part number *index*; *part* holds what is known of it so far."""

    index: int
    part: Part


@frozen(eq=False, repr=False)
class TextDelta(Value):
    """Add text to a ``Text`` or ``Refusal`` part."""

    index: int
    text: str


@frozen(eq=False, repr=False)
class ReasoningDelta(Value):
    """Add text to a ``Reasoning`` part."""

    index: int
    text: str


@frozen(eq=False, repr=False)
class ArgumentsDelta(Value):
    """Add raw JSON text to the arguments of a ``ToolCall`` part."""

    index: int
    fragment: str


@frozen(eq=False, repr=False)
class MediaDelta(Value):
    """Add bytes to a ``Media`` part."""

    index: int
    data: bytes


@frozen(eq=False, repr=False)
class SealUpdate(Value):
    """Replace the seal of a part."""

    index: int
    seal: Seal


@frozen(eq=False, repr=False)
class PartUpdate(Value):
    """Replace a part by a fuller version of itself; text that deltas brought is kept if *part* has none."""

    index: int
    part: Part


@frozen(eq=False, repr=False)
class PartStop(Value):
    """Say, as a provider, that part number *index* is complete; a consumer sees ``PartEnd`` in its place."""

    index: int


@frozen(eq=False, repr=False)
class PartEnd(Value):
    """Close part number *index*, which is now complete."""

    index: int
    part: Part


@frozen(eq=False, repr=False)
class UsageSnapshot(Value):
    """Report the usage so far; replaces the last report."""

    usage: Usage


@frozen(kw_only=True, eq=False, repr=False)
class ResponseSnapshot(Value):
    """Report what is known about the answer as a whole; what is not ``None`` replaces what was known before.

    Args:
        finish: why the answer ended: the terminal signal of the dialect.
        response_id: the provider's id of the answer.
        served_model: the model that answers.
        created: seconds since 1970.
        metadata: further facts, merged by key.

    """

    finish: Finish | None = None
    response_id: str | None = None
    served_model: str | None = None
    created: float | None = None
    metadata: Mapping[str, JSON] = field(factory=dict[str, JSON])


@frozen(eq=False, repr=False)
class Ping(Value):
    """Show that the other side is alive."""


@frozen(eq=False, repr=False)
class Raw(Value):
    """Pass on what the provider sent, for those who asked for it."""

    value: Any


@frozen(eq=False, repr=False)
class StreamEnd(Value):
    """Close the stream with the whole answer."""

    response: Response


Event: TypeAlias = (
    StreamStart
    | PartStart
    | TextDelta
    | ReasoningDelta
    | ArgumentsDelta
    | MediaDelta
    | SealUpdate
    | PartUpdate
    | PartStop
    | PartEnd
    | UsageSnapshot
    | ResponseSnapshot
    | Ping
    | Raw
    | StreamEnd
)
"""Any event of a stream."""
