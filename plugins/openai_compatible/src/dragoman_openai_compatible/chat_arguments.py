"""The arguments of streamed calls as servers send them: in pieces, said again, or as objects that grow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dragoman import ArgumentsDelta, parse_json

_MOST_LOOKS = 8
"""How often the arguments of one call are parsed to learn whether they are complete."""


class StreamedArguments:
    """Put the arguments of the calls of one stream together, by the indices of their parts."""

    __slots__ = ("_empty_objects", "_looks", "_objects", "_pieces")

    def __init__(self) -> None:
        self._pieces: dict[int, tuple[list[str], int]] = {}
        self._empty_objects: set[int] = set()
        self._objects: dict[int, str] = {}
        self._looks: dict[int, int] = {}

    def has_any(self, index: int) -> bool:
        """Return whether any of the arguments of a call have arrived."""
        return index in self._pieces and self._pieces[index][1] > 0

    def set_object(self, index: int, arguments: str) -> None:
        """Keep arguments that were sent as an object, which replaces an earlier one."""
        self._objects[index] = arguments

    def add(self, index: int, fragment: str) -> str:
        """Return what a fragment adds to the arguments: some servers send all of them again, or all so far.

        The arguments are joined only for a fragment that is at least as long, so the time stays linear in the bytes.
        An empty object is kept back until the end, because some servers send one before the arguments.
        """
        if not fragment:
            return ""
        pieces, length = self._pieces.setdefault(index, ([], 0))
        if not length and fragment in {"{}", "null"}:
            if fragment == "{}":
                self._empty_objects.add(index)
            return ""
        if length and fragment.startswith("{") and self.is_complete(index) and _says_again(pieces, fragment):
            return ""
        if index in self._empty_objects:
            self._empty_objects.discard(index)
            fragment = fragment if fragment.startswith("{") else "{}" + fragment
        if length and len(fragment) >= length and fragment.startswith("{"):
            known = "".join(pieces)
            if fragment.startswith(known):
                fragment = fragment[length:]
        pieces.append(fragment)
        self._pieces[index] = (pieces, length + len(fragment))
        return fragment

    def is_complete(self, index: int) -> bool:
        """Return whether the arguments of a call are a whole object; each call is looked at a few times at most."""
        pieces, length = self._pieces.get(index, ([], 0))
        looks = self._looks.get(index, 0)
        if not length or not pieces[-1].rstrip().endswith("}") or looks >= _MOST_LOOKS:
            return False
        self._looks[index] = looks + 1
        return _object(pieces) is not None

    def is_open(self, index: int) -> bool:
        """Return whether some of the arguments of a call have arrived, but not all."""
        return self.has_any(index) and not self.is_complete(index)

    def begins_another(self, index: int, fragment: str) -> bool:
        """Return whether a fragment with the name of a call whose arguments are complete begins another call."""
        if not fragment.startswith("{") or not self.is_complete(index):
            return False
        value = _object([fragment])
        return bool(value) and value != _object(self._pieces[index][0])

    def close(self) -> Iterator[ArgumentsDelta]:
        """Yield what was kept back until the end."""
        for index in sorted(self._empty_objects):
            yield ArgumentsDelta(index, "{}")
        for index, arguments in sorted(self._objects.items()):
            yield ArgumentsDelta(index, arguments)


def _object(pieces: list[str]) -> dict[str, Any] | None:
    """Return the object that a text is as JSON, ``None`` if it is none."""
    try:
        value = parse_json("".join(pieces))
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _says_again(pieces: list[str], fragment: str) -> bool:
    """Return whether a fragment after complete arguments is empty, or the same object in another spelling."""
    value = _object([fragment])
    return value == {} or (value is not None and value == _object(pieces))
