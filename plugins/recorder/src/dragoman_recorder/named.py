"""Secrets in a text that are known by the name before them, as in ``"password": "..."`` or ``token=...``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TypeAlias

from dragoman_recorder.names import is_strong, is_telling
from dragoman_recorder.pieces import Edit

_Editor: TypeAlias = "Callable[[str, re.Match[str]], Edit | None]"

MASK = "********"
"""What stands in the place of a secret."""

_NEEDLES = ("pass", "pwd", "secret", "key", "token", "auth", "credential", "cookie", "connection")
_QUOTED = re.compile(r"(?<!\\)(\\*+)([\"'])([A-Za-z][\w .$-]{0,63})\1\2\s{0,80}+(?::|=>?)\s{0,80}+")
_BARE = re.compile(r"(?<![\w$-])-{0,2}([A-Za-z][\w.-]{0,63})(\s{0,3}+)([:=])(?![:=>])(\s{0,3}+)")
_FLAG = re.compile(r"(?<![\w-])--([A-Za-z][\w-]{0,63})[ \t]{1,3}+(?=[^\s\"'`]*\d)([^\s\"'`]{4,})")
_ELEMENT = re.compile(r"<([A-Za-z][\w.:-]{0,63})>([^<>]{1,4096}+)</")
_OPENING = re.compile(r"(\\*+)([\"'])")
_NUMBER = re.compile(r"-?\d[\d.eE+-]*+(?![\w])")
_WORD = re.compile(r"[^\s&;,\"'`<>()\[\]{}|\\$=][^\s&;,\"'`<>()\[\]{}|\\]{3,512}+(?![\[(])")
_REST = re.compile(r"[^\s&;,\"'`<>()\[\]{}|\\]*+")
_SCHEME = re.compile(r"(?:basic|bearer|token|apikey|negotiate|digest|key)\s{1,3}+", re.IGNORECASE)
_LITERALS = frozenset({"none", "null", "true", "false", "undefined", "string", "required", "optional"})
_SHORTEST_WORD = 6


def named(text: str) -> Iterator[Edit]:
    """Yield what has to be put in the place of values under telling names, at any depth of quoting."""
    lowered = text.lower()
    if any(needle in lowered for needle in _NEEDLES):
        yield from _after(_QUOTED, text, _quoted)
        yield from _after(_BARE, text, _bare)
        for pattern in (_FLAG, _ELEMENT):
            yield from ((*found.span(2), MASK) for found in pattern.finditer(text) if is_telling(found[1]))


def _after(pattern: re.Pattern[str], text: str, edit: _Editor) -> Iterator[Edit]:
    """Go through the names in *text*; what stands in the place of a secret is no name."""
    place = 0
    while found := pattern.search(text, place):
        made = edit(text, found)
        place = found.end() if made is None else max(made[1], found.end())
        if made is not None:
            yield made


def _quoted(text: str, found: re.Match[str]) -> Edit | None:
    name = found[3]
    if not is_telling(name):
        return None
    opening = _OPENING.match(text, found.end())
    if opening is not None:
        return opening.end(), _closing(text, opening), MASK
    number = _NUMBER.match(text, found.end())
    if number is None or not is_strong(name):
        return None
    quote = found[1] + found[2]
    return *number.span(), f"{quote}{MASK}{quote}"


def _bare(text: str, found: re.Match[str]) -> Edit | None:
    if not is_telling(found[1].rpartition(".")[2]):
        return None
    opening = _OPENING.match(text, found.end())
    if opening is not None:
        end = _closing(text, opening)
        line = text.find("\n", opening.end(), end)
        return opening.end(), end if line < 0 else line, MASK
    scheme = _SCHEME.match(text, found.end())
    word = _WORD.match(text, scheme.end() if scheme else found.end())
    if word is None or not _is_value(found, word[0], told=scheme is not None):
        return None
    rest = _REST.match(text, word.end())
    return word.start(), word.end() if rest is None else rest.end(), MASK


def _is_value(name: re.Match[str], word: str, *, told: bool) -> bool:
    """Tell a secret from a word of a sentence or of a program that comes after a name and a sign."""
    has_digit = any(each.isdigit() for each in word)
    if word.lower() in _LITERALS or is_telling(word):
        return False
    if name[3] == "=" and not (name[2] or name[4]):
        return not word.isdigit() or is_strong(name[1])
    return len(word) >= _SHORTEST_WORD and has_digit and (told or any(each.isalpha() for each in word))


def _closing(text: str, opening: re.Match[str]) -> int:
    """Return where a quoted value ends, the end of *text* if it is not closed.

    A quote that is itself quoted has backslashes before it: as many as its opening one, modulo those of a quote within.
    """
    own = len(opening[1])
    for quote in re.compile(rf"(?<!\\)(\\*+){opening[2]}").finditer(text, opening.end()):
        slashes = len(quote[1])
        if slashes < own:
            return quote.start()
        if slashes % (2 * own + 2) == own:
            return quote.end() - 1 - own
    return len(text)
