"""Streams and documents made wrong, step by step: each step is a few numbers, so that a search can simplify it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

Value: TypeAlias = Any
Path: TypeAlias = tuple[str | int, ...]

DEEP = 60
"""How deep the deepest value nests: enough to pass every reader, not enough to reach a limit of the interpreter."""


class Step(NamedTuple):
    """Say what to do, and where: the numbers are taken modulo the choices there are."""

    action: int
    place: int
    choice: int


class Piece(NamedTuple):
    """Hold one event: its name, and its data as a value or, where it is not JSON, as bytes."""

    name: str
    value: Value


def nested(depth: int, *, innermost: Value = None) -> Value:
    """Return lists and objects in each other."""
    value = innermost
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


ODD: tuple[Value, ...] = (
    None,
    True,
    False,
    0,
    1,
    -1,
    7,
    2**31,
    10**25,
    10**400,
    1.5,
    -0.0,
    1e308,
    "",
    "x",
    "é🌍",
    "\ud800",
    "a\udc00b",
    "\x00",
    "5",
    "-3",
    "1e999",
    "²",
    "data:image/png;base64,A",
    "=ü=",
    "A===",
    "$.a[3][9999]",
    "$['",
    "2025-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "text",
    "error",
    [],
    {},
    [[]],
    [None],
    ["x", 1],
    [{}],
    {"": None},
    {"type": "text", "text": 5},
    {"a": {"b": ["c"]}},
    nested(DEEP),
    [0] * 50,
)
"""Values where none of them is expected."""


def pieces_of(stream: bytes) -> list[Piece]:
    """Return the events of a well-formed stream."""
    return [piece for block in stream.replace(b"\r\n", b"\n").split(b"\n\n") if (piece := _piece(block)) is not None]


def _piece(block: bytes) -> Piece | None:
    name, data = "", list[bytes]()
    for line in block.split(b"\n"):
        field, _, value = line.partition(b":")
        if field == b"event":
            name = value.strip().decode("utf-8", "replace")
        elif field == b"data":
            data.append(value.removeprefix(b" "))
    return Piece(name, parsed(b"\n".join(data))) if data else None


def parsed(data: bytes) -> Value:
    """Return the value of *data*, or *data* itself where it is not JSON."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return data


def unparsed(value: Value) -> bytes:
    """Return *value* as JSON, or itself where it was none."""
    return value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()


def stream_of(pieces: Sequence[Piece]) -> bytes:
    """Return events as they are sent."""
    return b"".join(
        (f"event: {piece.name}\n".encode() if piece.name else b"") + b"data: " + unparsed(piece.value) + b"\n\n"
        for piece in pieces
    )


def paths(value: Value, path: Path = ()) -> Iterator[Path]:
    """Yield the way to each value inside *value*, to *value* itself first."""
    yield path
    if len(path) > DEEP:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from paths(inner, (*path, name))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from paths(inner, (*path, place))


def at(value: Value, path: Path) -> Value:
    """Return what stands where *path* leads."""
    for step in path:
        value = value[step]
    return value


def replaced(value: Value, path: Path, new: Value) -> Value:
    """Return *value* with *new* where *path* leads."""
    if not path:
        return new
    changed = copy.copy(value)
    changed[path[0]] = replaced(value[path[0]], path[1:], new)
    return changed


class Mutator:
    """Change values and streams by steps.

    Args:
        documents: values of the same dialect, from which pieces and names are taken.

    """

    def __init__(self, documents: Sequence[Value]) -> None:
        found = [each for document in documents for each in _inside(document)]
        self.names = sorted({name for each in found if isinstance(each, dict) for name in each})
        self.words = sorted({each for each in found if isinstance(each, str) and 0 < len(each) < 40})
        self.parts = _distinct([each for each in found if isinstance(each, dict | list) and each])

    def value(self, value: Value, steps: Sequence[Step]) -> Value:
        """Return *value* after some steps."""
        for step in steps:
            if not isinstance(value, bytes):
                value = self._changed(value, step)
        return value

    def stream(self, pieces: Sequence[Piece], steps: Sequence[Step], others: Sequence[Piece]) -> list[Piece]:
        """Return events after some steps; *others* are events that may come in between."""
        changed = list(pieces)
        for step in steps:
            self._shuffle(changed, step, others)
        return changed

    def _shuffle(self, pieces: list[Piece], step: Step, others: Sequence[Piece]) -> None:
        """Change the order of the events in half of the cases, what one of them says in the other half."""
        if not pieces:
            return
        kind, place = step.action % 10, step.place % len(pieces)
        piece = pieces[place]
        if kind == 0:
            del pieces[place]
        elif kind == 1:
            pieces.insert(place, piece)
        elif kind == 2:
            other = step.choice % len(pieces)
            pieces[place], pieces[other] = pieces[other], piece
        elif kind == 3:
            pieces.insert(place, others[step.choice % len(others)])
        elif kind == 4:
            names = [each.name for each in others]
            pieces[place] = piece._replace(name=("", "error", "message", *names)[step.choice % (len(names) + 3)])
        else:
            inner = Step(step.action // 10, step.place // len(pieces), step.choice)
            pieces[place] = piece._replace(value=self.value(piece.value, [inner]))

    def _changed(self, value: Value, step: Step) -> Value:
        ways = list(paths(value))
        path = ways[step.place % len(ways)]
        return _ACTIONS[step.action % len(_ACTIONS)](self, value, path, step.choice)

    def odd(self, value: Value, path: Path, choice: int) -> Value:
        """Put a value where none like it is expected."""
        return replaced(value, path, ODD[choice % len(ODD)])

    def word(self, value: Value, path: Path, choice: int) -> Value:
        """Put a word of the dialect somewhere else."""
        return replaced(value, path, self.words[choice % len(self.words)])

    def part(self, value: Value, path: Path, choice: int) -> Value:
        """Put an object or a list of the dialect somewhere else."""
        return replaced(value, path, self.parts[choice % len(self.parts)])

    def remove(self, value: Value, path: Path, choice: int) -> Value:
        """Leave a member or an item out."""
        if not path:
            return {}
        holder = copy.copy(at(value, path[:-1]))
        del holder[path[-1]]
        return replaced(value, path[:-1], holder)

    def rename(self, value: Value, path: Path, choice: int) -> Value:
        """Give a member another name of the dialect."""
        if not path or not isinstance(path[-1], str):
            return self.odd(value, path, choice)
        holder = dict(at(value, path[:-1]))
        holder[self.names[choice % len(self.names)]] = holder.pop(path[-1])
        return replaced(value, path[:-1], holder)

    def add(self, value: Value, path: Path, choice: int) -> Value:
        """Add a member with a name of the dialect, or an item."""
        inner = at(value, path)
        odd = ODD[choice // 7 % len(ODD)]
        if isinstance(inner, dict):
            return replaced(value, path, {**inner, self.names[choice % len(self.names)]: odd})
        return replaced(value, path, [*inner, odd] if isinstance(inner, list) else [inner])

    def repeat(self, value: Value, path: Path, choice: int) -> Value:
        """Say something several times, where that can be said."""
        inner = at(value, path)
        if isinstance(inner, str | list):
            return replaced(value, path, inner * (choice % 4))
        return replaced(value, path, [inner] * (choice % 4))

    def wrap(self, value: Value, path: Path, choice: int) -> Value:
        """Put something into objects and lists."""
        return replaced(value, path, nested(1 + choice % DEEP, innermost=at(value, path)))


_ACTIONS: tuple[Callable[[Mutator, Value, Path, int], Value], ...] = (
    Mutator.odd,
    Mutator.odd,
    Mutator.odd,
    Mutator.word,
    Mutator.part,
    Mutator.remove,
    Mutator.rename,
    Mutator.add,
    Mutator.repeat,
    Mutator.wrap,
)


def damaged(data: bytes, steps: Sequence[Step]) -> bytes:
    """Return bytes after some steps that know nothing of what they mean."""
    for step in steps:
        place, length = step.place % (len(data) + 1), step.choice % 9
        kind = step.action % 4
        if kind == 0:
            data = data[:place]
        elif kind == 1:
            data = data[:place] + data[place + length :]
        elif kind == 2:
            data = data[:place] + bytes([step.choice % 256]) + data[place + 1 :]
        else:
            data = data[:place] + NOISE[step.choice % len(NOISE)] + data[place:]
    return data


NOISE = (
    b"\n",
    b"\n\n",
    b"\r",
    b"\r\n\r\n",
    b":",
    b"data:",
    b"\xef\xbb\xbf",
    b"\xff",
    b"\x00",
    b'"',
    b"{",
    b"]",
    b"\\ud800",
)
"""What may come in between bytes."""


def _inside(value: Value) -> list[Value]:
    return [] if isinstance(value, bytes) else [at(value, path) for path in paths(value)]


def _distinct(values: Sequence[Value]) -> list[Value]:
    return [json.loads(text) for text in sorted({json.dumps(value, sort_keys=True) for value in values})]
