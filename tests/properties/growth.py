"""Counts what a decoder does for a body of n, 2n and 4n repetitions: work that is linear in bytes doubles with them.

Operations are counted, not time: those of the interpreter, the items that are gone through by methods of lists that
search or copy, and the length of everything that is created and kept, or handed on, from one event to the next. So a
tuple, a text or a dictionary that is rebuilt for every event counts with its whole size each time, although one
instruction makes it. Not seen are copies that are thrown away within one event, and ``in`` on a list.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterable
from functools import cache
from types import FrameType
from typing import Any, Self

from dragoman import StreamStart
from dragoman.http import EventDecoder
from dragoman.http.dialect import Dialect
from dragoman.http.wire import HttpReply
from dragoman.spec.assembly import Assembler

SIZES = ((24, 48, 96), (40, 80, 160))
"""How many repetitions are compared: the greater numbers only if the smaller ones grow by too much."""
MOST = 2.6
"""By how much the work may grow where the body doubles: 2 is linear, 4 the square."""
_SEARCHING = frozenset({"remove", "index", "count", "insert", "copy", "reverse", "sort"})
_LEAVES = (int, float, bool, type(None), type)


class Counter:
    """Count operations within a block, and what is rebuilt from one step to the next.

    Attributes:
        count: the operations so far.

    """

    def __init__(self) -> None:
        self.count = 0
        self._counting = self._count
        self._kept: dict[int, tuple[object, int]] = {}

    def __enter__(self) -> Self:
        self._before = (sys.gettrace(), sys.getprofile())
        self._collects = gc.isenabled()
        gc.disable()  # what other tests have left would be counted
        sys.setprofile(self._profile)
        sys.settrace(self._trace)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(self._before[0])
        sys.setprofile(self._before[1])
        if self._collects:
            gc.enable()

    def _trace(self, frame: FrameType, event: str, argument: object) -> Callable[..., Any]:
        """Count the operations of a frame that begins: every one of them calls what this returns."""
        del event, argument
        frame.f_trace_lines, frame.f_trace_opcodes = False, True
        return self._counting

    def _count(self, frame: FrameType, event: str, argument: object) -> Callable[..., Any]:
        del frame, argument
        if event == "opcode":
            self.count += 1
        return self._counting

    def _profile(self, frame: FrameType, event: str, argument: object) -> None:
        del frame
        if event == "c_call" and getattr(argument, "__name__", "") in _SEARCHING:
            owner = getattr(argument, "__self__", None)
            self.count += len(owner) if isinstance(owner, list) else 0

    def weigh(self, roots: Iterable[object]) -> None:
        """Add the length of all that *roots* lead to and that was not there, or shorter, at the last step."""
        kept: dict[int, tuple[object, int]] = {}
        stack, before = [*roots], self._kept
        while stack:
            each = stack.pop()
            place = id(each)
            if place in kept or (inside := _inside(type(each))) is None:
                continue
            size = 8 if inside is _fields and not hasattr(each, "__len__") else len(each)  # a few fields
            kept[place] = (each, size)
            last = before[place][1] if place in before else 0
            if size > last:
                self.count += size - last
            stack.extend(inside(each))
        self._kept = kept


@cache
def _inside(kind: type) -> Callable[[Any], Iterable[object]] | None:
    """Return what gives the objects within one of this type; ``None`` for a type whose objects are not weighed."""
    if issubclass(kind, _LEAVES) or any("__call__" in vars(each) for each in kind.__mro__):
        return None
    if issubclass(kind, dict):
        return lambda each: [*each.keys(), *each.values()]
    if issubclass(kind, list | tuple | set | frozenset):
        return lambda each: each
    if issubclass(kind, str | bytes | bytearray | memoryview):
        return lambda _: ()
    return _fields


def _fields(each: object) -> list[object]:
    values = [getattr(each, name, None) for name in _slots(type(each))]
    if hasattr(each, "__dict__"):
        values += [value for name, value in each.__dict__.items() if name != "_dialect"]
    return values


@cache
def _slots(kind: type) -> list[str]:
    slots = [name for each in kind.__mro__ for name in getattr(each, "__slots__", ()) if not name.startswith("__")]
    return [name for name in slots if name != "_dialect"]


def of_stream(dialect: Dialect, body: bytes) -> int:
    """Return how much is done to decode and assemble a streamed reply, event by event."""
    counter, frames = Counter(), EventDecoder()
    with counter:
        decoder, assembler = dialect.decoder(), Assembler(StreamStart())
        events = frames.feed(body)
    for event in events:
        with counter:
            made = list(decoder.feed(event))
            for each in made:
                assembler.feed(each)
        counter.weigh([decoder, assembler, *made])
        if decoder.done:
            break
    with counter:
        made = list(decoder.close())
        closing = [assembler.feed(each) for each in made] + assembler.end()
        _ = closing[-1].response.text  # type: ignore[union-attr]
    counter.weigh([*made, *closing])
    return counter.count


def of_reply(dialect: Dialect, body: bytes) -> int:
    """Return how much is done to decode a whole reply."""
    counter = Counter()
    reply = HttpReply(status=200, headers={"content-type": "application/json"}, body=body)
    with counter:
        response = dialect.decode(reply)
        _ = response.text
    counter.weigh([response])
    return counter.count


def check_linear(work: Callable[[int], int]) -> None:
    """Fail unless *work* of 4n exceeds that of 2n by little more than twice what that exceeds the work of n.

    Work that is done at a certain number of repetitions may lie between small sizes; what is not linear fails at all.
    """
    work(2)  # what only the first use costs
    counts = list[str]()
    for sizes in SIZES:
        few, more, many = map(work, sizes)
        if many - more <= MOST * (more - few):
            return
        counts.append(f"{few}, {more}, {many} operations for {sizes} repetitions")
    raise AssertionError("; ".join(counts))
