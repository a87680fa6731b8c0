"""Where a text holds secrets: by value, by form, by name, in JSON and in addresses as well."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate

from dragoman_recorder.known import Known
from dragoman_recorder.named import MASK, named
from dragoman_recorder.pieces import Edit, merged
from dragoman_recorder.shapes import encoded, shaped

_ESCAPE = re.compile(r"(?<!\\)\\++(?:u([0-9a-fA-F]{4})|([nrtbf/]))|%([0-7][0-9a-fA-F])")
_STRUCTURAL = frozenset("\"'\\")


def detected(text: str, known: Known) -> list[Edit]:
    """Return what has to be put in the place of the secrets in *text*, in order and apart from each other.

    Args:
        text: the text.
        known: the secrets that are known by their value.

    """
    edits = [*_detected(text, known)]
    if "\\" in text or "%" in text:
        plain, places = _unescaped(text)
        edits += ((places[start], places[end], mask) for start, end, mask in _detected(plain, known))
    return merged(edit for edit in edits if text[edit[0] : edit[1]] not in {"", MASK})


def detected_in_bytes(text: str, known: Known) -> list[Edit]:
    """Return the same for bytes of any kind, one character for each."""
    found = (*known.found(text), *shaped(text))
    return merged((start, end, MASK) for start, end in found if text[start:end] != MASK)


def _detected(text: str, known: Known) -> Iterator[Edit]:
    for start, end in (*known.found(text), *shaped(text), *encoded(text, lambda each: _has_secret(each, known))):
        yield start, end, MASK
    yield from named(text)


def _has_secret(text: str, known: Known) -> bool:
    return next(known.found(text), None) is not None or next(shaped(text), None) is not None


def _unescaped(text: str) -> tuple[str, list[int]]:
    """Return *text* with what is escaped in it, and for each place in that the place in *text*.

    Quotes stay escaped: they tell where values end.
    """
    kept: list[str] = []
    lengths: list[int] = []
    last = 0
    for found in _ESCAPE.finditer(text):
        sign = _sign(found)
        if sign is not None:
            kept += (text[last : found.start()], sign)
            lengths += [*([1] * (found.start() - last)), found.end() - found.start()]
            last = found.end()
    kept.append(text[last:])
    lengths += [1] * (len(text) - last)
    return "".join(kept), [*accumulate(lengths, initial=0)]


def _sign(found: re.Match[str]) -> str | None:
    if found[2]:
        return "/" if found[2] == "/" else "\n"
    sign = chr(int(found[1] or found[3], 16))
    return None if sign in _STRUCTURAL or "\ud800" <= sign <= "\udfff" else sign
