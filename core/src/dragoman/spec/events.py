"""The events of a stream.

::

    StreamStart  (PartStart | TextDelta | ReasoningDelta | ArgumentsDelta | MediaDelta | SealUpdate | PartUpdate
                  | PartEnd | UsageSnapshot | ResponseSnapshot | Ping | Raw)*  StreamEnd

Indices count from 0 without gaps; parts may interleave. A snapshot replaces earlier values and never adds to them. A
reader may ignore classes that are not listed here. Errors are raised, never yielded.

A provider yields starts, deltas, snapshots and ``PartStop``, and may begin with a ``StreamStart``; only
:mod:`dragoman.spec.assembly` adds ``PartEnd`` and ``StreamEnd``. A text that a provider yields with the start or with
an update of its part reaches the reader as a delta.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from attrs import field

from dragoman.spec._value import maker, value
from dragoman.spec.part_fields import JSON, Seal
from dragoman.spec.parts import Part
from dragoman.spec.response import Adjustment, Attempt, Finish, FinishReason, Origin, Response, Usage


@value
class StreamStart:
    """Begin the stream, with what is known before its first part."""

    adjustments: tuple[Adjustment, ...] = ()
    origin: Origin = Origin()
    headers: Mapping[str, str] = field(factory=dict[str, str], repr=False)
    attempts: tuple[Attempt, ...] = ()


@value
class PartStart:
    """Begin part number *index*; *part* holds what is known about it so far."""

    index: int
    part: Part


@value
class TextDelta:
    """Add text to a ``Text`` or ``Refusal`` part.

    Args:
        index: the number of the part.
        text: what is added.
        logprobs: the log probabilities of its tokens, each as the provider reports it, if the request asked for them;
            the metadata of the response holds those of the whole answer.

    """

    index: int
    text: str
    logprobs: tuple[JSON, ...] = field(default=(), kw_only=True)


@value
class ReasoningDelta:
    """Add text to a ``Reasoning`` part.

    Args:
        index: the number of the part.
        text: what is added.
        logprobs: the log probabilities of its tokens, as for a :class:`TextDelta`.

    """

    index: int
    text: str
    logprobs: tuple[JSON, ...] = field(default=(), kw_only=True)


text_delta: Callable[[int, str], TextDelta] = maker(TextDelta, "index", "text")
"""Make a :class:`TextDelta` without log probabilities, for decoders that make one for each token."""
reasoning_delta: Callable[[int, str], ReasoningDelta] = maker(ReasoningDelta, "index", "text")
"""Make a :class:`ReasoningDelta` without log probabilities."""


@value
class ArgumentsDelta:
    """Add a fragment of JSON text to the arguments of a ``ToolCall`` part."""

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
    """Replace a part by a more complete version of itself; the text of earlier deltas is kept if *part* has none."""

    index: int
    part: Part


@value
class PartStop:
    """Report, as a provider, that part number *index* is complete; a reader sees a ``PartEnd`` instead."""

    index: int


@value
class PartEnd:
    """End part number *index*, which is now complete."""

    index: int
    part: Part


@value
class UsageSnapshot:
    """Report the usage so far; it replaces the previous report."""

    usage: Usage


@value(kw_only=True)
class ResponseSnapshot:
    """Report what is known about the answer as a whole; a value other than ``None`` replaces the previous one.

    Args:
        finish: why the answer ended; this is the terminal signal of a stream. What a provider tells of a normal or an
            unknown end does not replace another.
        response_id: the provider's id of the answer.
        served_model: the model that answers, as the provider names it.
        created: when the provider made the answer, in seconds since 1970.
        metadata: further data from the provider; keys are merged with those of earlier snapshots.

    """

    finish: Finish | None = None
    response_id: str | None = None
    served_model: str | None = None
    created: float | None = None
    metadata: Mapping[str, JSON] = field(factory=dict[str, JSON])


_VAGUE = frozenset({FinishReason.STOP, FinishReason.OTHER})


def says_less(finish: Finish, known: Finish) -> bool:
    """Return whether an end says less than one before: some gateways end an answer once more that was cut."""
    return finish.reason in _VAGUE and known.reason not in _VAGUE


@value
class Ping:
    """Show that the connection is alive."""


@value
class Raw:
    """Pass on data from the provider for which there is no other event."""

    value: Any


@value
class StreamEnd:
    """End the stream with the whole answer."""

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
