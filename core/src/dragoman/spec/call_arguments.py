"""The arguments of a call as servers send them: in pieces, said again, all so far, or as objects that grow."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, cast

from dragoman.spec._json_depth import parse_json

_MOST_LOOKS = 8
"""How often the arguments of one call are parsed to learn whether they are complete."""
_SECOND_OBJECT = r"\}\s*\{"
_NONE = frozenset({"null", "None", "[]"})
"""What some servers write for no arguments: the nothing of another language, or an empty list for an empty object."""
_QUOTE = '"'
_LONGEST_WORD = 16
"""How many pieces a text around a word that says that there are none has at most."""


class CallArguments:
    """Put the arguments of one call together from its fragments."""

    __slots__ = (
        "_after",
        "_blank_to",
        "_doubtful",
        "_is_begun_again",
        "_is_empty_object",
        "_is_quoted",
        "_length",
        "_looks",
        "_object",
        "_opening",
        "_pieces",
        "_repeated",
        "_repeated_to",
        "_repeats",
    )

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._opening: list[str] = []  # what may say that there are none, or be a text around the arguments
        self._blank_to = 0  # how many pieces of it, from its beginning, are white space
        self._is_quoted = False
        self._looks = 0
        self._is_empty_object = False
        self._doubtful = ""
        self._after: list[str] = []  # what followed on what is doubtful
        self._object: str | None = None
        self._is_begun_again = False
        self._repeated = ""  # the arguments so far, while a server says them again in pieces
        self._repeated_to = 0
        self._repeats = 0

    @property
    def has_any(self) -> bool:
        """Return whether any of the arguments have arrived."""
        if self._length or len(self._opening) == self._blank_to:
            return self._length > 0
        is_long = self._is_quoted and len(self._opening) - self._blank_to > _LONGEST_WORD
        return is_long or not says_none("".join(self._opening))

    @property
    def is_open(self) -> bool:
        """Return whether some of the arguments have arrived, but not all."""
        return self.has_any and not self._is_complete()

    @property
    def lacks_all(self) -> bool:
        """Return whether none have arrived, not even an empty object."""
        return not (self.has_any or self._is_empty_object or self._object)

    @property
    def lacks_any(self) -> bool:
        """Return whether some or all have not arrived yet."""
        return self.lacks_all or self.is_open

    @property
    def text(self) -> str:
        """Return the arguments that have arrived, less what is kept back."""
        return "".join(self._pieces)

    def set_object(self, arguments: str) -> None:
        """Keep arguments that were sent as an object, which replaces an earlier one."""
        self._object = arguments

    def begin_again(self) -> None:
        """Note that the server says again that the call begins, and so may say its arguments again, all or so far."""
        self._is_begun_again = True

    def add(self, fragment: str) -> str:
        """Return what a fragment adds to the arguments: some servers send all of them again, or all so far.

        The arguments are joined only for a fragment that is at least as long, so the time stays linear in the bytes.
        What may still turn out to be said again, and an empty object, which some servers send before the arguments, is
        kept back until :meth:`close`.
        """
        if not fragment:
            return ""
        if self._doubtful:
            return self._decided(fragment)
        if not self._length:
            fragment = self._first(fragment)
        elif self._repeated:
            fragment = self._repeat(fragment)
        elif fragment[0] == "{":
            fragment = self._again(fragment)
        return self._keep(fragment)

    def add_text(self, fragment: str) -> str:
        """Return a piece of what a tool takes that is no JSON, which is kept as it is."""
        return self._keep(fragment)

    def _keep(self, fragment: str) -> str:
        if fragment:
            self._pieces.append(fragment)
            self._length += len(fragment)
            self._is_begun_again = False
        return fragment

    def close(self) -> str:
        """Return what was kept back."""
        if self._object is not None:
            return self._object
        if self._doubtful:
            return self._keep(self._settled())
        if self._length:
            return ""
        said = settled_arguments("".join(self._opening))
        self._opening, self._blank_to = [], 0
        return self._keep(said or ("{}" if self._is_empty_object else ""))

    def begins_another(self, fragment: str) -> bool:
        """Return whether a fragment with the name of a call whose arguments are complete begins another call."""
        if not fragment.startswith("{") or not self._is_complete():
            return False
        value = _object(fragment)
        return bool(value) and value != _object("".join(self._pieces))

    def _first(self, fragment: str) -> str:
        """Return what the arguments begin with, once it is clear that they do.

        White space and what follows on a quotation mark only add to what is kept back, so the time stays linear.
        """
        if self._is_quoted or fragment.isspace():
            if self._blank_to == len(self._opening):
                self._blank_to += 1
            self._opening.append(fragment)
            return ""
        before, self._opening, self._blank_to = "".join(self._opening), [], 0
        text = fragment if before.strip() in _NONE and fragment.lstrip()[:1] == "{" else before + fragment
        if text == "{}":
            self._is_empty_object = True
            return ""
        said = text.strip()
        if _may_say_none(said):
            self._opening, self._is_quoted = [text], said[:1] == _QUOTE
            return ""
        if self._is_empty_object and not text.startswith("{"):
            return "{}" + text
        return settled_arguments(text)

    def _again(self, fragment: str) -> str:
        """Return what a fragment adds that begins as arguments do."""
        is_complete = self._is_complete()
        if is_complete and self._says_again(fragment):
            return ""
        if (is_complete or self._is_begun_again) and self._is_beginning(fragment):
            return self._repeat(fragment)
        if len(fragment) < self._length or not fragment.startswith(known := "".join(self._pieces)):
            return fragment
        return self._doubt(known, fragment)

    def _doubt(self, known: str, fragment: str) -> str:
        """Return what all arguments so far add, unless an object with the same beginning may follow there."""
        if known.rstrip()[-1:] in {":", "[", ","}:
            self._doubtful = fragment
            return ""
        return fragment[self._length :]

    def _is_beginning(self, fragment: str) -> bool:
        """Return whether a fragment is the beginning of the arguments so far, which are then said again."""
        if len(fragment) > self._length or self._repeats >= _MOST_LOOKS or not _agree(self._pieces[0], fragment):
            return False
        self._repeats += 1
        self._repeated, self._repeated_to = "".join(self._pieces), 0
        if not self._repeated.startswith(fragment):
            self._repeated = ""
        return bool(self._repeated)

    def _repeat(self, fragment: str) -> str:
        """Return what the next piece of arguments that are said again adds: all since their beginning if it differs."""
        start, known = self._repeated_to, self._repeated
        left = len(known) - start
        if not (known.startswith(fragment, start) if len(fragment) <= left else fragment.startswith(known[start:])):
            self._repeated = ""
            return known[:start] + fragment
        self._repeated_to += len(fragment)
        if len(fragment) < left:
            return ""
        self._repeated = ""
        return self._doubt(known, known + fragment[left:])

    def _settled(self) -> str:
        """Return what that adds which was doubtful, with what followed: whichever makes a whole object."""
        held, after = self._doubtful, "".join(self._after)
        self._doubtful, self._after = "", []
        goes_on = _object(held + after) is None and (bool(after) or _object(self.text + held) is not None)
        return (held if goes_on else held[self._length :]) + after

    def _decided(self, fragment: str) -> str:
        """Return what a fragment adds if it decides what is doubtful; otherwise the end does."""
        if self._after and self._is_begun_again and self._repeats < _MOST_LOOKS:
            self._repeats += 1
            settled = self._keep(self._settled())
            self._is_begun_again = True
            return settled + self.add(fragment)
        if self._after or not fragment.startswith(self._doubtful):
            self._after.append(fragment)
            self._is_begun_again = False
            return ""
        self._doubtful = ""
        return self._keep(fragment[self._length :])

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


def _agree(text: str, other: str) -> bool:
    """Return whether one of two texts is the beginning of the other."""
    return text.startswith(other) or other.startswith(text)


def says_none(text: str) -> bool:
    """Return whether a text says that a call has no arguments, or says none yet."""
    return text in {"", "{}"} or settled_arguments(text) == "{}"


def settled_arguments(text: str) -> str:
    """Return the arguments of a call as a server means them.

    A gateway may have joined them from a stream that said them again, written them as a text within the text, or said
    in words that there are none.
    """
    if text[:1] not in {"", "{"} and text.lstrip()[:1] != "{":
        return _unwrapped(text)
    if re.search(_SECOND_OBJECT, text) is None:
        return text
    said = _objects(text)
    last = next((each for each, value in reversed(said) if value), "{}")
    return last if said and _all_the_same([value for _, value in said if value]) else text


def _may_say_none(text: str) -> bool:
    """Return whether a text is the beginning of one that says that there are no arguments, or of one around them."""
    return text[:1] == _QUOTE or any(word.startswith(text) for word in _NONE)


def _unwrapped(text: str) -> str:
    """Return the object that a text around it holds, an empty one if it says that there are no arguments."""
    said = text.strip()
    if said[:1] == _QUOTE:
        try:
            said = str(parse_json(said)).strip()
        except ValueError:
            return text
        if _object(said) is not None:
            return said
    return "{}" if not said or said in _NONE else text


def same_object(text: str, other: str) -> bool:
    """Return whether two texts are the same object as JSON."""
    value = _object(text)
    return value is not None and value == _object(other)


def _all_the_same(values: list[Any]) -> bool:
    return all(value == values[0] for value in values)


def _objects(text: str) -> list[tuple[str, Any]]:
    """Return the objects that a text consists of, none if it holds anything else."""
    decoder, found, start = json.JSONDecoder(), list[tuple[str, Any]](), len(text) - len(text.lstrip())
    try:
        while start < len(text):
            value, end = decoder.raw_decode(text, start)
            if text[start] != "{":
                return []
            found.append((text[start:end], value))
            start = len(text) if (following := re.compile(r"\S").search(text, end)) is None else following.start()
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
