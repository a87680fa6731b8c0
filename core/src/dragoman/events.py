"""What a stream is made of.

::

    StreamStart  (PartStart | TextDelta | ReasoningDelta | ArgumentsDelta | MediaDelta | SealUpdate | PartUpdate
                  | PartEnd | UsageSnapshot | ResponseSnapshot | Ping | Raw)*  StreamEnd

Indices count from 0 without holes; parts may interleave. A snapshot replaces what it names and never adds. A class not
listed here may be ignored. Errors are raised, never yielded.

A provider gives starts, deltas, snapshots and ``PartStop``, and may open with a ``StreamStart`` of what it knows;
:mod:`dragoman.assembly` alone adds ``PartEnd`` and ``StreamEnd``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from attrs import field, frozen

from dragoman.brief import brief
from dragoman.parts import JSON, Part, Seal
from dragoman.response import Adjustment, Attempt, Finish, Origin, Response, Usage


@frozen
class StreamStart:
    """Open the stream, with all that is known before its first part."""

    __repr__ = brief

    adjustments: tuple[Adjustment, ...] = ()
    origin: Origin = Origin()
    headers: Mapping[str, str] = field(factory=dict[str, str], repr=False)
    attempts: tuple[Attempt, ...] = ()


@frozen
class PartStart:
    """Open part number *index*; *part* holds what is known of it so far."""

    __repr__ = brief

    index: int
    part: Part


@frozen
class TextDelta:
    """Add text to a ``Text`` or ``Refusal`` part."""

    __repr__ = brief

    index: int
    text: str


@frozen
class ReasoningDelta:
    """Add text to a ``Reasoning`` part."""

    __repr__ = brief

    index: int
    text: str


@frozen
class ArgumentsDelta:
    """Add raw JSON text to the arguments of a ``ToolCall`` part."""

    __repr__ = brief

    index: int
    fragment: str


@frozen
class MediaDelta:
    """Add bytes to a ``Media`` part."""

    __repr__ = brief

    index: int
    data: bytes


@frozen
class SealUpdate:
    """Replace the seal of a part."""

    __repr__ = brief

    index: int
    seal: Seal


@frozen
class PartUpdate:
    """Replace a part by a fuller version of itself; text that deltas brought is kept if *part* has none."""

    __repr__ = brief

    index: int
    part: Part


@frozen
class PartStop:
    """Say, as a provider, that part number *index* is complete; a consumer sees ``PartEnd`` in its place."""

    __repr__ = brief

    index: int


@frozen
class PartEnd:
    """Close part number *index*, which is now complete."""

    __repr__ = brief

    index: int
    part: Part


@frozen
class UsageSnapshot:
    """Report the usage so far; replaces the last report."""

    __repr__ = brief

    usage: Usage


@frozen(kw_only=True)
class ResponseSnapshot:
    """Report what is known about the answer as a whole; what is not ``None`` replaces what was known before.

    Args:
        finish: why the answer ended: the terminal signal of the dialect.
        response_id: the provider's id of the answer.
        served_model: the model that answers.
        created: seconds since 1970.
        metadata: further facts, merged by key.

    """

    __repr__ = brief

    finish: Finish | None = None
    response_id: str | None = None
    served_model: str | None = None
    created: float | None = None
    metadata: Mapping[str, JSON] = field(factory=dict[str, JSON])


@frozen
class Ping:
    """Show that the other side is alive."""

    __repr__ = brief


@frozen
class Raw:
    """Pass on what the provider sent, for those who asked for it."""

    __repr__ = brief

    value: Any


@frozen
class StreamEnd:
    """Close the stream with the whole answer."""

    __repr__ = brief

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
