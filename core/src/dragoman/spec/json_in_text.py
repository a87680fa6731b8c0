"""Find the JSON in a text that arrives in pieces, and parse it on the way.

It begins at the first bracket of the text, or at a bracket that opens a line: behind a code fence, or where it can only
be JSON. What stands before it, such as reasoning, and behind it is passed over. Whether it is the JSON that is meant is
known when all of the text is: :func:`dragoman.spec.answers.read_data` decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from dragoman.spec.json_push_parser import JsonPushParser, JsonSyntaxError, WholeValue

_OPENING = re.compile(r"[ \t\r\n]*(?P<fence>```[\w-]{0,40}[ \t\r\n]{0,100})?")
_CERTAIN = re.compile(r'\{[ \t\r\n]{0,100}["}]|\[[ \t\r\n]{0,100}[{\[]')
"""How JSON begins that no sentence begins with."""
_UNCERTAIN = re.compile(r"[{\[][ \t\r\n]{0,100}")
_END_OF_THOUGHT = re.compile(r"</think(?:ing)?>")
_THINK, _FENCE = "<think", "```"
_LONGEST_TAG = len("</thinking>")


class JsonInText:
    """Parse the JSON in a text that arrives in pieces.

    Attributes:
        parser: what has parsed it so far; without a beginning while no JSON is found.
        is_certain: whether the text begins with it, but for reasoning.
        is_lost: whether what was reported turned out to belong to no JSON.

    """

    __slots__ = ("_count", "_is_first", "_kept", "_pieces", "_read", "is_certain", "is_lost", "parser")

    def __init__(self) -> None:
        self.parser = JsonPushParser(may_follow=True)
        self.is_certain = False
        self.is_lost = False
        self._count = 0  # values that were reported
        self._is_first = True
        self._kept = ""  # the beginning of a line, or what may be the beginning of a tag
        self._pieces: list[str] = []
        self._read: Callable[[str], list[WholeValue]] = self._read_opening

    @property
    def json(self) -> str:
        """Return the text from the beginning of the JSON on."""
        return "".join(self._pieces)

    def feed(self, piece: str) -> list[WholeValue]:
        """Read one more piece of the text, and return the values that it made whole."""
        if self._pieces or self.is_lost:
            return self._read(piece)
        found: list[WholeValue] = []
        for line in piece.splitlines(keepends=True):
            found += self._read(line)
        return found

    def begin_line(self) -> None:
        """Let what follows stand at the beginning of a line, as the next part of an answer does."""
        if self._read == self._read_prose:
            self._read = self._read_opening

    def _read_opening(self, line: str) -> list[WholeValue]:
        """Read the beginning of a line, which is kept until it is clear what the line is."""
        text, self._kept = self._kept + line, ""
        opening = _OPENING.match(text)
        assert opening is not None  # noqa: S101  # the pattern also matches nothing
        rest = text[opening.end() :]
        if rest.startswith(("{", "[")):
            if self._is_first or opening["fence"] is not None or _CERTAIN.match(rest):
                self.is_certain, self._is_first = self._is_first, False
                self._read = self._read_json
                return self._read_json(rest)
            may_go_on = _UNCERTAIN.fullmatch(rest) is not None
        elif self._is_first and rest.startswith(_THINK):
            self._is_first = False
            self._read = self._read_thought
            return self._read_thought(rest)
        else:
            may_go_on = not rest or _FENCE.startswith(rest) or (self._is_first and _THINK.startswith(rest))
        if may_go_on:
            self._kept = text.lstrip(" \t\r\n")
            return []
        self._is_first = False
        return self._read_prose(text)

    def _read_prose(self, line: str) -> list[WholeValue]:
        self._read = self._read_opening if line.endswith("\n") else self._read_prose
        return []

    def _read_thought(self, line: str) -> list[WholeValue]:
        text = self._kept + line
        end = _END_OF_THOUGHT.search(text)
        if end is None:
            self._kept = text[-_LONGEST_TAG:]
            return []
        self._kept = ""
        self._is_first = True
        self._read = self._read_opening
        return self._read_opening(text[end.end() :])

    def _read_json(self, piece: str) -> list[WholeValue]:
        self._pieces.append(piece)
        try:
            found = self.parser.feed(piece)
        except JsonSyntaxError:
            return self._give_up(piece)
        self._count += len(found)
        return found

    def _give_up(self, piece: str) -> list[WholeValue]:
        """Look for other JSON, unless some of this was reported."""
        self.is_lost = self._count > 0
        self.is_certain = False
        if self.is_lost:
            self._read = self._pass_over
            return []
        self.parser = JsonPushParser(may_follow=True)
        self._pieces = []
        first, newline, rest = piece.partition("\n")
        self._read_prose(first + newline)
        return self.feed(rest)

    def _pass_over(self, _: str) -> list[WholeValue]:
        return []
