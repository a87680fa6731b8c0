"""A value that arrives in pieces: what is whole of it is checked against its type, and known as plain data.

Each member and item is checked as soon as it is whole, where its type is known by itself: not inside a union of
classes, nor inside a class that validates itself. What lies deeper than three levels is checked with what it is in, so
that nothing is checked more than three times.
"""

from __future__ import annotations

import json
from collections import deque
from contextlib import suppress
from functools import lru_cache
from typing import Any, Generic, TypeVar, cast

from dragoman.spec.answer_types import UNKNOWN, Inner, inner_of, is_list
from dragoman.spec.answers import is_wrapped, may_be_wrapped, read_data, read_value
from dragoman.spec.argument_checks import is_hashable
from dragoman.spec.json_in_text import JsonInText
from dragoman.spec.json_push_parser import Path, WholeValue
from dragoman.spec.partial import Partial
from dragoman.spec.response import Response
from dragoman.spec.schema import WRAPPED

T = TypeVar("T")

_LEVELS = 3
_FEW = 1024
"""Up to how many members and items are copied for each state of a value; of more, only each eighth."""
_SHARE = 8
_READ = frozenset({str, int, bool})
"""Types of which what JSON holds is a value already; a ``float`` may be infinite."""


class StreamedValue(Generic[T]):
    """Read a value of a type from the text of an answer that arrives in pieces.

    Args:
        kind: the type.

    Attributes:
        is_list: whether the value is a list.
        items: the items of a list that are whole and were not taken yet, as values of their type.
        levels: how far below the root members and items are checked.
        new: how many values have become whole since the last state.

    """

    def __init__(self, kind: Any) -> None:
        self.items: deque[Any] = deque()
        self.levels = 1
        self.new = 0
        self._kind = kind
        self.is_list = is_list(kind)
        self._may_be_wrapped = may_be_wrapped(kind)
        self._text = JsonInText()
        self._known: dict[tuple[int, str | int | None], Inner] = {}
        self._is_given_up = False
        self._count = 0  # values that were whole, and were checked where they can be

    def begin_part(self) -> None:
        """Let what follows be another part of the answer."""
        self._text.begin_line()

    def give_up(self) -> None:
        """Read no further: what was read is not what the text now is."""
        self._is_given_up = True

    def feed(self, piece: str) -> None:
        """Read one more piece of the text.

        Raises:
            ValueError: if a member or an item does not fit its type; the message names the path of each misfit.

        """
        if self._is_given_up:
            return
        try:
            for whole in self._text.feed(piece):
                self._check(whole)
        except ValueError:
            self._is_given_up = True
            self.new = 0
            if self._text.is_certain:
                raise  # otherwise, the text may hold other JSON that fits

    def end(self, response: Response) -> None:
        """Read what is left, now that all of the answer is known, and which data of its text is meant.

        Raises:
            OutputError: if it cannot be read as the type.
            ValueError: if the data that is meant is not what was read of it so far.

        """
        data, _ = read_data(response, self._kind)
        if self._is_given_up or not self._text.parser.is_whole or not _is_same(self._read_data(), data):
            if self._count:
                message = "the answer holds several JSON texts that differ, and the one that is meant was not the first"
                raise ValueError(message)
            whole: StreamedValue[T] = StreamedValue(self._kind)
            whole.levels, whole.items = self.levels, self.items
            whole.feed(json.dumps({WRAPPED: data} if self._may_be_wrapped else data))
            self._text, self.new = whole._text, 1

    def partial(self) -> Partial[T] | None:
        """Return the state of the value, ``None`` if none of it has become whole since the last state.

        Of a value with very many members and items, not every state is given, since each is a copy.
        """
        if not self.new:
            return None
        parser = self._text.parser
        size = sum(map(len, parser.open_containers))
        if size > _FEW and self.new * _SHARE < size:
            return None
        self.new = 0
        return Partial(self._unwrapped(self._copied()), is_whole=parser.is_whole)

    def _copied(self) -> Any:
        """Return the value so far, with copies of the lists and objects that still grow."""
        parser = self._text.parser
        copies: list[Any] = [container.copy() for container in parser.open_containers]
        for outer, inner, step in zip(copies, copies[1:], parser.open_path, strict=False):
            outer[step] = inner
        return copies[0] if copies else parser.root

    def _unwrapped(self, root: Any) -> Any:
        """Return the value out of what it is wrapped in, ``None`` while that holds nothing."""
        if not self._may_be_wrapped or not isinstance(root, dict):
            return root
        members = cast("dict[str, Any]", root)
        if members.keys() == {WRAPPED}:
            return members[WRAPPED]
        return None if self.is_list else members

    def _read_data(self) -> Any:
        data, _ = json.JSONDecoder().raw_decode(self._text.json)
        return data[WRAPPED] if is_wrapped(data, self._kind) else data

    def _check(self, whole: WholeValue) -> None:
        """Check a value that is whole against its type, and take away a null that stands for a default."""
        self._count += 1
        self.new += 1
        path = whole.path
        if self._may_be_wrapped and path[:1] == (WRAPPED,):
            path = path[1:]
        if not path or (len(path) > self.levels and whole.value is not None):
            return
        inner = self._inner_at(path)
        if inner.null_is_default and whole.value is None:
            self._take_away(whole.path)
        elif len(path) <= self.levels:
            is_read = inner.kind is UNKNOWN or (type(whole.value) is inner.kind and inner.kind in _READ)
            value = whole.value if is_read else read_value(whole.value, inner.kind, path)
            if self.is_list and len(path) == 1 and isinstance(path[0], int):
                self.items.append(value)

    def _inner_at(self, path: Path) -> Inner:
        inner, known = Inner(self._kind), self._known
        for step in path:
            kind = inner.kind
            if kind is UNKNOWN:
                break
            item = known.get((id(kind), None)) if type(step) is int else None
            inner = item or known.get((id(kind), step)) or self._inner_of(kind, step)
        return inner

    def _inner_of(self, kind: Any, step: str | int) -> Inner:
        """Return what :func:`inner_of` does; the items of a list are all alike, and so are known by its type.

        An object in place of a list is refused when it is whole, not by its members.
        """
        if not is_list(kind):
            found = self._known[id(kind), step] = _inner(kind, step)
        elif isinstance(step, int):
            found = self._known[id(kind), None] = _inner(kind, 0)
        else:
            found = Inner(UNKNOWN)
        return found

    def _take_away(self, path: Path) -> None:
        parent: Any = self._text.parser.root
        with suppress(LookupError, TypeError):  # another member of the same name may have replaced it
            for step in path[:-1]:
                parent = parent[step]
            del parent[path[-1]]


def _inner(kind: Any, step: str | int) -> Inner:
    """Return what :func:`inner_of` does; the annotations of a class are read once for many streams."""
    return _remembered(kind, step) if is_hashable(kind) else inner_of(kind, step)


_remembered = lru_cache(maxsize=1024)(inner_of)


def _is_same(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
