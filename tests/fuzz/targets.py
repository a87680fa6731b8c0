"""The fuzz targets: each accepts any bytes and raises an exception only if a property is violated."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import partial

from attrs import frozen

from fuzz import seeds
from fuzz.dialects import DIALECTS, DialectCase
from fuzz.outcome import decoded, reported, streamed
from properties.mutations import Mutator, Step, damaged, parsed, pieces_of, stream_of, unparsed

STATUSES = (200, 400, 401, 403, 404, 413, 429, 500, 503, 529)
"""The statuses of error replies; the length of the body selects one."""


@frozen(kw_only=True, eq=False)
class Target:
    """Describe a fuzz target.

    Args:
        name: the name, such as ``openai.chat-stream``.
        run: runs the target with any bytes.
        seeds: the initial corpus.
        framed: whether the input is a stream of events.

    """

    name: str
    run: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    framed: bool = False

    def mutated(self, data: bytes, numbers: random.Random) -> bytes:
        """Return *data* with structural mutations, which mutations of bytes rarely produce."""
        steps = [Step(*(numbers.randrange(2**20) for _ in range(3))) for _ in range(numbers.randint(1, 4))]
        mutator = self._mutator()
        value = parsed(data)
        if self.framed and (pieces := pieces_of(data)):
            changed = stream_of(mutator.stream(pieces, steps, pieces_of(numbers.choice(self.seeds)) or pieces))
        elif isinstance(value, bytes):
            changed = numbers.choice(self.seeds)
        else:
            changed = unparsed(mutator.value(value, steps))
        return damaged(changed, steps[:1]) if numbers.random() < _DAMAGE_PROBABILITY else changed

    def _mutator(self) -> Mutator:
        mutator = _MUTATORS.get(self.name)
        if mutator is None:
            mutator = _MUTATORS[self.name] = Mutator(_documents(self.seeds, framed=self.framed))
        return mutator


_DAMAGE_PROBABILITY = 0.1
_MUTATORS: dict[str, Mutator] = {}


def _documents(found: Sequence[bytes], *, framed: bool) -> list[object]:
    if framed:
        return [piece.value for stream in found for piece in pieces_of(stream)]
    return [parsed(each) for each in found]


def _stream(dialect: DialectCase, data: bytes) -> None:
    """Decode *data* in one piece and in two pieces; the outcome must be equal."""
    whole = streamed(dialect, [data])
    half = len(data) // 2
    if data[:1].strip():
        assert streamed(dialect, [data[:half], data[half:]]).comparable == whole.comparable


def _reply(dialect: DialectCase, data: bytes) -> None:
    decoded(dialect, data)


def _error(dialect: DialectCase, data: bytes) -> None:
    reported(dialect, STATUSES[len(data) % len(STATUSES)], data)


def _targets(dialect: DialectCase) -> list[Target]:
    return [
        Target(name=f"{dialect.api}-stream", run=partial(_stream, dialect), seeds=seeds.streams(dialect), framed=True),
        Target(name=f"{dialect.api}-reply", run=partial(_reply, dialect), seeds=seeds.bodies(dialect)),
        Target(name=f"{dialect.api}-error", run=partial(_error, dialect), seeds=seeds.failures(dialect)),
    ]


TARGETS = {target.name: target for dialect in DIALECTS.values() for target in _targets(dialect)}
"""Three for each dialect: streams, whole replies and errors."""
