"""The targets by name: each takes any bytes and raises only if what comes of them breaks a promise."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import partial

from attrs import frozen

from fuzz import seeds
from fuzz.outcome import decoded, reported, streamed
from fuzz.speakers import SPEAKERS, Speaker
from properties.mutations import Mutator, Step, damaged, parsed, pieces_of, stream_of, unparsed

STATUSES = (200, 400, 401, 403, 404, 413, 429, 500, 503, 529)
"""The statuses of replies that report an error, chosen by the length of the body."""


@frozen(kw_only=True, eq=False)
class Target:
    """Name one way into one dialect.

    Args:
        name: the name, such as ``openai.chat-stream``.
        run: takes any bytes.
        seeds: what a search starts from.
        framed: whether the bytes are a stream of events.

    """

    name: str
    run: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    framed: bool = False

    def mutated(self, data: bytes, numbers: random.Random) -> bytes:
        """Return *data* changed in what it means, as a change of bytes rarely does."""
        steps = [Step(*(numbers.randrange(2**20) for _ in range(3))) for _ in range(numbers.randint(1, 4))]
        known = self._mutator()
        value = parsed(data)
        if self.framed and (pieces := pieces_of(data)):
            changed = stream_of(known.stream(pieces, steps, pieces_of(numbers.choice(self.seeds)) or pieces))
        elif isinstance(value, bytes):
            changed = numbers.choice(self.seeds)
        else:
            changed = unparsed(known.value(value, steps))
        return damaged(changed, steps[:1]) if numbers.random() < _DAMAGED else changed

    def _mutator(self) -> Mutator:
        known = _MUTATORS.get(self.name)
        if known is None:
            known = _MUTATORS[self.name] = Mutator(_documents(self.seeds, framed=self.framed))
        return known


_DAMAGED = 0.1
_MUTATORS: dict[str, Mutator] = {}


def _documents(found: Sequence[bytes], *, framed: bool) -> list[object]:
    if framed:
        return [piece.value for stream in found for piece in pieces_of(stream)]
    return [parsed(each) for each in found]


def _stream(speaker: Speaker, data: bytes) -> None:
    """Read *data* whole and in two pieces, which has to come to the same."""
    whole = streamed(speaker, [data])
    half = len(data) // 2
    if data[:1].strip():
        assert streamed(speaker, [data[:half], data[half:]]).told == whole.told


def _reply(speaker: Speaker, data: bytes) -> None:
    decoded(speaker, data)


def _error(speaker: Speaker, data: bytes) -> None:
    reported(speaker, STATUSES[len(data) % len(STATUSES)], data)


def _targets(speaker: Speaker) -> list[Target]:
    return [
        Target(name=f"{speaker.api}-stream", run=partial(_stream, speaker), seeds=seeds.streams(speaker), framed=True),
        Target(name=f"{speaker.api}-reply", run=partial(_reply, speaker), seeds=seeds.bodies(speaker)),
        Target(name=f"{speaker.api}-error", run=partial(_error, speaker), seeds=seeds.failures(speaker)),
    ]


TARGETS = {target.name: target for speaker in SPEAKERS.values() for target in _targets(speaker)}
"""Three for each dialect: streams, whole replies and errors."""
