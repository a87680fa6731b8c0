"""The secrets in a text, found by value, by format and by name, also where characters are escaped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate

from dragoman_recorder.secret_formats import find_encoded_secrets, find_formatted_secrets
from dragoman_recorder.secret_names import find_named_secrets
from dragoman_recorder.secret_values import KnownSecrets
from dragoman_recorder.text_edits import MASK, Edit, merge_edits

_ESCAPE = re.compile(r"(?<!\\)\\++(?:u([0-9a-fA-F]{4})|([nrtbf/]))|%([0-7][0-9a-fA-F])")
_STRUCTURAL = frozenset("\"'\\")


def mask_secrets(text: str, known: KnownSecrets) -> list[Edit]:
    """Return the edits that mask the secrets in *text*, in order and without overlaps.

    Args:
        text: the text.
        known: the secrets that are known by their value.

    """
    edits = [*_find_secrets(text, known)]
    if "\\" in text or "%" in text:
        unescaped, indices = _unescape(text)
        edits += ((indices[start], indices[end], mask) for start, end, mask in _find_secrets(unescaped, known))
    return merge_edits(edit for edit in edits if text[edit[0] : edit[1]] not in {"", MASK})


def mask_secrets_in_bytes(text: str, known: KnownSecrets) -> list[Edit]:
    """Return the edits that mask the secrets in bytes of any kind, in order and without overlaps.

    Args:
        text: the bytes, as one character for each.
        known: the secrets that are known by their value.

    """
    found = (*known.find(text), *find_formatted_secrets(text))
    return merge_edits((start, end, MASK) for start, end in found if text[start:end] != MASK)


def _find_secrets(text: str, known: KnownSecrets) -> Iterator[Edit]:
    for start, end in (
        *known.find(text),
        *find_formatted_secrets(text),
        *find_encoded_secrets(text, lambda decoded: _has_secret(decoded, known)),
    ):
        yield start, end, MASK
    yield from find_named_secrets(text)


def _has_secret(text: str, known: KnownSecrets) -> bool:
    return next(known.find(text), None) is not None or next(find_formatted_secrets(text), None) is not None


def _unescape(text: str) -> tuple[str, list[int]]:
    """Return *text* with its escape sequences replaced, and the index in *text* of each index in the result.

    Quotes stay escaped: they show where values end.
    """
    kept: list[str] = []
    lengths: list[int] = []
    last = 0
    for found in _ESCAPE.finditer(text):
        character = _escaped_character(found)
        if character is not None:
            kept += (text[last : found.start()], character)
            lengths += [*([1] * (found.start() - last)), found.end() - found.start()]
            last = found.end()
    kept.append(text[last:])
    lengths += [1] * (len(text) - last)
    return "".join(kept), [*accumulate(lengths, initial=0)]


def _escaped_character(found: re.Match[str]) -> str | None:
    if found[2]:
        return "/" if found[2] == "/" else "\n"
    character = chr(int(found[1] or found[3], 16))
    return None if character in _STRUCTURAL or "\ud800" <= character <= "\udfff" else character
