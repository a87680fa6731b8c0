"""The arguments of a call as servers send them: in pieces, said again, all so far, or as objects that grow."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, cast

from dragoman.spec._json_depth import parse_json

_MOST_LOOKS = 8
"""How often the arguments of one call are parsed to learn whether they are complete."""
_SECOND_OBJECT = re.compile(r"\}\s*\{")
_SAID = re.compile(r"\S")


class CallArguments:
    """Put the arguments of one call together from its fragments."""

    __slots__ = ("_doubtful", "_is_empty_object", "_length", "_looks", "_object", "_pieces")

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._looks = 0
        self._is_empty_object = False
        self._doubtful = ""
        self._object: str | None = None

    @property
    def has_any(self) -> bool:
        """Return whether any of the arguments have arrived."""
        return self._length > 0

    @property
    def is_open(self) -> bool:
        """Return whether some of the arguments have arrived, but not all."""
        return self._length > 0 and not self._is_complete()

    def set_object(self, arguments: str) -> None:
        """Keep arguments that were sent as an object, which replaces an earlier one."""
        self._object = arguments

    def add(self, fragment: str) -> str:
        """Return what a fragment adds to the arguments: some servers send all of them again, or all so far.

        The arguments are joined only for a fragment that is at least as long, so the time stays linear in the bytes.
        What may still turn out to be said again, and an empty object, which some servers send before the arguments, is
        kept back until :meth:`close`.
        """
        if not fragment:
            return ""
        if not self._length:
            fragment = self._first(fragment)
        elif self._doubtful:
            fragment = self._decided(fragment)
        elif fragment[0] == "{":
            fragment = self._again(fragment)
        if fragment:
            self._pieces.append(fragment)
            self._length += len(fragment)
        return fragment

    def close(self) -> str:
        """Return what was kept back."""
        if self._object is not None:
            return self._object
        if self._doubtful:
            held, self._doubtful = self._doubtful, ""
            if _object(held) is None and _object("".join(self._pieces) + held) is not None:
                return held
            return held[self._length :]
        return "{}" if self._is_empty_object and not self._length else ""

    def begins_another(self, fragment: str) -> bool:
        """Return whether a fragment with the name of a call whose arguments are complete begins another call."""
        if not fragment.startswith("{") or not self._is_complete():
            return False
        value = _object(fragment)
        return bool(value) and value != _object("".join(self._pieces))

    def _first(self, fragment: str) -> str:
        if fragment in {"{}", "null"}:
            self._is_empty_object |= fragment == "{}"
            return ""
        if self._is_empty_object and not fragment.startswith("{"):
            return "{}" + fragment
        return settled_arguments(fragment)

    def _again(self, fragment: str) -> str:
        """Return what a fragment adds that begins as arguments do."""
        if self._is_complete() and self._says_again(fragment):
            return ""
        if len(fragment) < self._length or not fragment.startswith(known := "".join(self._pieces)):
            return fragment
        if known.rstrip()[-1:] in {":", "[", ","}:  # an object with the same beginning may follow there
            self._doubtful = fragment
            return ""
        return fragment[self._length :]

    def _decided(self, fragment: str) -> str:
        held, self._doubtful = self._doubtful, ""
        return fragment[self._length :] if fragment.startswith(held) else held + fragment

    def _is_complete(self) -> bool:
        """Return whether the arguments are a whole object; they are looked at a few times at most."""
        if not self._length or not self._pieces[-1].rstrip().endswith("}") or self._looks >= _MOST_LOOKS:
            return False
        self._looks += 1
        return _object("".join(self._pieces)) is not None

    def _says_again(self, fragment: str) -> bool:
        """Return whether a fragment after complete arguments is empty, or the same object in another spelling."""
        value = _object(fragment)
        return value == {} or (value is not None and value == _object("".join(self._pieces)))


class StreamedArguments:
    """Put the arguments of the calls of one stream together, by the indices of their parts."""

    __slots__ = ("_calls",)

    def __init__(self) -> None:
        self._calls: dict[int, CallArguments] = {}

    def of(self, index: int) -> CallArguments:
        """Return the arguments of one call."""
        known = self._calls.get(index)
        if known is None:
            known = self._calls[index] = CallArguments()
        return known

    def close(self) -> Iterator[tuple[int, str]]:
        """Yield what was kept back until the end, with the index of its part."""
        for index, call in sorted(self._calls.items()):
            if rest := call.close():
                yield index, rest


def settled_arguments(text: str) -> str:
    """Return the arguments of a call once where a gateway joined them from a stream that said them again."""
    if _SECOND_OBJECT.search(text) is None:
        return text
    said = _objects(text)
    last = next((each for each, value in reversed(said) if value), "{}")
    return last if said and _all_the_same([value for _, value in said if value]) else text


def same_object(text: str, other: str) -> bool:
    """Return whether two texts are the same object as JSON."""
    value = _object(text)
    return value is not None and value == _object(other)


def _all_the_same(values: list[Any]) -> bool:
    return all(value == values[0] for value in values)


def _objects(text: str) -> list[tuple[str, Any]]:
    """Return the objects that a text consists of, none if it holds anything else."""
    decoder, found, start = json.JSONDecoder(), list[tuple[str, Any]](), 0
    try:
        while start < len(text):
            value, end = decoder.raw_decode(text, start)
            if text[start] != "{":
                return []
            found.append((text[start:end], value))
            start = len(text) if (following := _SAID.search(text, end)) is None else following.start()
    except (ValueError, RecursionError):
        return []
    return found


def _object(text: str) -> dict[str, Any] | None:
    """Return the object that a text is as JSON, ``None`` if it is none."""
    try:
        value = parse_json(text)
    except ValueError:
        return None
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None
