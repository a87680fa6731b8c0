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

from attrs import field

from dragoman.spec._value import value
from dragoman.spec.parts import JSON, Part, Seal
from dragoman.spec.response import Adjustment, Attempt, Finish, Origin, Response, Usage


@value
class StreamStart:
    """Open the stream, with all that is known before its first part."""

    adjustments: tuple[Adjustment, ...] = ()
    origin: Origin = Origin()
    headers: Mapping[str, str] = field(factory=dict[str, str], repr=False)
    attempts: tuple[Attempt, ...] = ()


@value
class PartStart:
    """Open part number *index*; *part* holds what is known of it so far."""

    index: int
    part: Part


@value
class TextDelta:
    """Add text to a ``Text`` or ``Refusal`` part."""

    index: int
    text: str


@value
class ReasoningDelta:
    """Add text to a ``Reasoning`` part."""

    index: int
    text: str


@value
class ArgumentsDelta:
    """Add raw JSON text to the arguments of a ``ToolCall`` part."""

    index: int
    fragment: str


@value
class MediaDelta:
    """Add bytes to a ``Media`` part."""

    index: int
    data: bytes


@value
class SealUpdate:
    """Replace the seal of a part."""

    index: int
    seal: Seal


@value
class PartUpdate:
    """Replace a part by a fuller version of itself; text that deltas brought is kept if *part* has none."""

    index: int
    part: Part


@value
class PartStop:
    """Say, as a provider, that part number *index* is complete; a consumer sees ``PartEnd`` in its place."""

    index: int


@value
class PartEnd:
    """Close part number *index*, which is now complete."""

    index: int
    part: Part


@value
class UsageSnapshot:
    """Report the usage so far; replaces the last report."""

    usage: Usage


@value(kw_only=True)
class ResponseSnapshot:
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


@value
class Ping:
    """Show that the other side is alive."""


@value
class Raw:
    """Pass on what the provider sent, for those who asked for it."""

    value: Any


@value
class StreamEnd:
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
