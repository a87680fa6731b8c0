"""A parser of JSON that is given the text in pieces, and knows after each piece which values are whole.

It accepts what :func:`json.loads` accepts, and gives the same values. Each character is looked at once, and no text is
joined before it is whole, so the work is proportional to the length of the text however it is cut.
"""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from collections.abc import Callable
from typing import Any, ClassVar, NoReturn, TypeAlias

from attrs import frozen

from dragoman.spec._json_depth import MAX_DEPTH

Path: TypeAlias = tuple[str | int, ...]
"""The way from the root to a value: the names of members and the positions of items."""

_BLANK = re.compile(r"[ \t\n\r]*+")
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*+')
_WORD = re.compile(r"[-+.0-9A-Za-z]*+")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_UNIT = re.compile(r"\\u([0-9a-fA-F]{4})")
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_LITERALS: dict[str, Any] = {
    "true": True,
    "false": False,
    "null": None,
    "NaN": float("nan"),
    "Infinity": float("inf"),
    "-Infinity": float("-inf"),
}
_Utf8 = getincrementaldecoder("utf-8")
_LENGTH_OF_HEX = 4
_HIGH, _LOW, _AFTER_LOW = 0xD800, 0xDC00, 0xE000
_FIRST_ABOVE = 0x10000
_LONGEST_SHOWN = 20

# What the parser waits for.
_VALUE, _FIRST_VALUE, _NAME, _FIRST_NAME, _COLON, _COMMA, _STRING, _TOKEN, _END = range(9)
_EXPECTED = {
    _VALUE: "a value",
    _FIRST_VALUE: "a value or ]",
    _NAME: "the name of a member",
    _FIRST_NAME: "the name of a member or }",
    _COLON: ":",
    _COMMA: "a comma or the end of the list or object",
    _END: "nothing more",
}


class JsonSyntaxError(ValueError):
    """Report a text that is not JSON, with the position of the first character that cannot be part of it."""


@frozen
class WholeValue:
    """Hold a value that has just become whole.

    Args:
        path: where it stands.
        value: what it is.

    """

    path: Path
    value: Any


class JsonPushParser:
    """Parse a JSON text that arrives in pieces.

    Args:
        may_follow: whether any other text may follow the value.

    Lists and objects are part of :attr:`root` from their opening bracket on, and grow; texts, numbers and the names of
    members become part of it when they are whole.

    Attributes:
        root: the value so far; ``None`` before it begins, and as long as it is a text or a number that goes on.
        is_begun: whether any of the value has arrived.
        is_whole: whether all of it has arrived. A number as the root is whole only after :meth:`close`.

    """

    __slots__ = (
        "_escape",
        "_found",
        "_is_name",
        "_length",
        "_may_follow",
        "_open",
        "_pieces",
        "_pieces_to_high",
        "_position",
        "_steps",
        "_utf8",
        "_wait",
        "is_begun",
        "is_whole",
        "root",
    )

    def __init__(self, *, may_follow: bool = False) -> None:
        self._may_follow = may_follow
        self.root: Any = None
        self.is_begun = False
        self.is_whole = False
        self._wait = _VALUE
        self._open: list[dict[str, Any] | list[Any]] = []
        self._steps: list[str | int] = []  # for each open container, the name or the position of what is being read
        self._pieces: list[str] = []
        self._pieces_to_high = 0  # how many pieces there were when the last of them was an escaped half of a character
        self._escape = ""
        self._is_name = False
        self._length = 0
        self._position = 0
        self._found: list[WholeValue] = []
        self._utf8 = _Utf8()

    @property
    def open_containers(self) -> list[dict[str, Any] | list[Any]]:
        """Return the lists and objects that still grow, the outermost one first."""
        return self._open

    @property
    def open_path(self) -> Path:
        """Return the names and positions that lead from each open list or object to the next one."""
        return tuple(self._steps[: len(self._open) - 1])

    def feed(self, piece: str | bytes) -> list[WholeValue]:
        """Parse one more piece of the text, and return the values that it made whole, in the order of their ends.

        Args:
            piece: text, or a part of its UTF-8, which may end inside a character.

        Raises:
            JsonSyntaxError: if the text is not JSON, or is nested deeper than 500 levels.

        """
        if isinstance(piece, bytes):
            piece = self._decoded(piece)
        if self._wait == _STRING and not self._escape and _PLAIN.fullmatch(piece):  # most pieces of a long text
            self._pieces.append(piece)
            self._length += len(piece)
            return []
        at, end, steps = 0, len(piece), self._STEPS
        while at < end:
            self._position = self._length + at
            at = steps[self._wait](self, piece, at)
        self._length += end
        found, self._found = self._found, []
        return found

    def close(self) -> list[WholeValue]:
        """End the text, and return the value that this makes whole: a number is no longer than its text.

        Raises:
            JsonSyntaxError: if the value is not whole.

        """
        self._position = self._length
        self._decoded(b"", is_last=True)
        if self._wait == _TOKEN and not self._open:
            self._end_token()
        if not self.is_whole:
            self._fail("the text ends before its value does")
        found, self._found = self._found, []
        return found

    def _decoded(self, piece: bytes, *, is_last: bool = False) -> str:
        try:
            return self._utf8.decode(piece, is_last)
        except UnicodeDecodeError as error:
            self._fail(f"{error.reason} in UTF-8")

    def _fail(self, problem: str) -> NoReturn:
        message = f"{problem} at character {self._position}"
        raise JsonSyntaxError(message)

    def _unexpected(self, text: str, at: int) -> NoReturn:
        self._position = self._length + at
        self._fail(f"expected {_EXPECTED[self._wait]}, not {text[at]!r}")

    def _read_value(self, text: str, at: int) -> int:
        at = _after_blank(text, at)
        if at == len(text):
            return at
        first = text[at]
        self.is_begun = True
        if first == '"':
            return self._begin_string(at, is_name=False)
        if first == "{":
            return self._begin_container({}, at)
        if first == "[":
            return self._begin_container([], at)
        if first == "]" and self._wait == _FIRST_VALUE:
            return self._end_container(at)
        if not _WORD.fullmatch(first):
            self._unexpected(text, at)
        self._wait = _TOKEN
        return at

    def _read_name(self, text: str, at: int) -> int:
        at = _after_blank(text, at)
        if at == len(text):
            return at
        if text[at] == '"':
            return self._begin_string(at, is_name=True)
        if text[at] != "}" or self._wait != _FIRST_NAME:
            self._unexpected(text, at)
        return self._end_container(at)

    def _read_colon(self, text: str, at: int) -> int:
        at = _after_blank(text, at)
        if at == len(text):
            return at
        if text[at] != ":":
            self._unexpected(text, at)
        self._wait = _VALUE
        return at + 1

    def _read_comma(self, text: str, at: int) -> int:
        at = _after_blank(text, at)
        if at == len(text):
            return at
        container = self._open[-1]
        if text[at] == ("}" if isinstance(container, dict) else "]"):
            return self._end_container(at)
        if text[at] != ",":
            self._unexpected(text, at)
        if isinstance(container, dict):
            self._wait = _NAME
        else:
            self._steps[-1] = len(container)
            self._wait = _VALUE
        return at + 1

    def _read_end(self, text: str, at: int) -> int:
        if self._may_follow:
            return len(text)
        at = _after_blank(text, at)
        if at < len(text):
            self._unexpected(text, at)
        return at

    def _begin_container(self, container: dict[str, Any] | list[Any], at: int) -> int:
        if len(self._open) == MAX_DEPTH:
            self._fail(f"nested deeper than {MAX_DEPTH} levels")
        self._place(container)
        self._open.append(container)
        self._steps.append(0)
        self._wait = _FIRST_NAME if isinstance(container, dict) else _FIRST_VALUE
        return at + 1

    def _end_container(self, at: int) -> int:
        container = self._open.pop()
        self._steps.pop()
        self._end_value(container)
        return at + 1

    def _place(self, value: Any) -> None:
        """Make a value, which may still grow, part of the container that it stands in."""
        if not self._open:
            self.root = value
            return
        container = self._open[-1]
        if isinstance(container, dict):
            container[str(self._steps[-1])] = value
        else:
            container.append(value)

    def _end_value(self, value: Any) -> None:
        self._pieces_to_high = 0
        self._found.append(WholeValue(tuple(self._steps), value))
        self.is_whole = not self._open
        self._wait = _END if self.is_whole else _COMMA

    def _begin_string(self, at: int, *, is_name: bool) -> int:
        self._is_name = is_name
        self._wait = _STRING
        return at + 1

    def _read_string(self, text: str, at: int) -> int:
        if self._escape:
            return self._read_escape(text, at)
        end = _after(_PLAIN, text, at)
        if end > at:
            self._pieces.append(text[at:end])
        if end == len(text):
            return end
        if text[end] == "\\":
            self._escape = "\\"
        elif text[end] == '"':
            self._end_string()
        else:
            self._position += end - at
            self._fail(f"the control character {text[end]!r} in a text")
        return end + 1

    def _read_escape(self, text: str, at: int) -> int:
        """Read one more character of an escape."""
        self._escape += text[at]
        escape = self._escape
        if escape[1] != "u":
            if escape[1] not in _ESCAPES:
                self._fail(f"the unknown escape {escape!r}")
            self._pieces.append(_ESCAPES[escape[1]])
            self._escape = ""
        elif len(escape) == _LENGTH_OF_HEX + 2:
            unit = _UNIT.fullmatch(escape)
            if unit is None:
                self._fail(f"the unknown escape {escape!r}")
            self._add_unit(int(unit[1], 16))
            self._escape = ""
        return at + 1

    def _add_unit(self, unit: int) -> None:
        """Add an escaped UTF-16 unit; the second half of a pair replaces both by their character."""
        pieces = self._pieces
        if _LOW <= unit < _AFTER_LOW and pieces and len(pieces) == self._pieces_to_high:
            unit = _FIRST_ABOVE + ((ord(pieces.pop()) - _HIGH) << 10) + (unit - _LOW)
        pieces.append(chr(unit))
        self._pieces_to_high = len(pieces) if _HIGH <= unit < _LOW else 0

    def _end_string(self) -> None:
        text = "".join(self._pieces)
        self._pieces.clear()
        if self._is_name:
            self._steps[-1] = text
            self._wait = _COLON
        else:
            self._place(text)
            self._end_value(text)

    def _read_token(self, text: str, at: int) -> int:
        end = _after(_WORD, text, at)
        if end > at:
            self._pieces.append(text[at:end])
        if end < len(text):
            self._end_token()
        return end

    def _end_token(self) -> None:
        word = "".join(self._pieces)
        self._pieces.clear()
        value = _LITERALS[word] if word in _LITERALS else self._number(word)
        self._place(value)
        self._end_value(value)

    def _number(self, word: str) -> Any:
        found = _NUMBER.fullmatch(word)
        if found is None:
            shown = word if len(word) <= _LONGEST_SHOWN else f"{word[:_LONGEST_SHOWN]}..."
            self._fail(f"expected a value, not {shown!r}")
        try:
            return float(word) if found[1] or found[2] else int(word)
        except ValueError as error:  # more digits than Python reads
            raise JsonSyntaxError(str(error)) from None

    _STEPS: ClassVar[tuple[Callable[[Any, str, int], int], ...]] = (
        *(_read_value, _read_value),
        *(_read_name, _read_name),
        _read_colon,
        _read_comma,
        _read_string,
        _read_token,
        _read_end,
    )
    """What reads on, by what the parser waits for."""


def _after(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Return the position after what *pattern* matches, which may be nothing."""
    found = pattern.match(text, at)
    assert found is not None  # noqa: S101  # every pattern also matches nothing
    return found.end()


def _after_blank(text: str, at: int) -> int:
    return at if text[at] not in " \t\n\r" else _after(_BLANK, text, at)


__all__ = ["JsonPushParser", "JsonSyntaxError", "Path", "WholeValue"]
