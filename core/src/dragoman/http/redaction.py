"""What no error may tell: the credentials that a request carried, in every form in which a server may repeat them.

Nothing here is run unless something has gone wrong.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, cast
from urllib.parse import quote, quote_plus

import attrs

from dragoman.spec.errors import DragomanError
from dragoman.spec.secret import MASK, Secret

_TELLING = 8
"""How many characters a credential has at the least, for its words not to be everybody's."""
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_RISKY = frozenset("\"&'+<>\\`")
"""What the JSON of .NET writes as numbers."""
_FIELDS = ("message", "body", "code", "parameter", "request_id", "headers", "partial")


def redact_error(error: BaseException, sent: Mapping[str, str]) -> None:
    """Mask in all that *error* tells the credentials that were sent: some servers show in their errors what they got.

    Frames that its traceback has so far are dropped, for their locals hold what was read.

    Args:
        error: the error that an exchange led to.
        sent: the headers of the request.

    """
    words = words_of(sent)
    if words:
        _veil(words).cover(error)


class Veil:
    """Mask some words wherever they stand.

    Args:
        words: the credentials.

    """

    __slots__ = ("_beginnings", "_words")

    def __init__(self, words: frozenset[str]) -> None:
        self._words = sorted({form for word in words for form in _forms(word)}, key=len, reverse=True)
        self._beginnings = sorted({form for word in words for form in _escaped(word)}, key=len, reverse=True)

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        """Leave nothing in a copy or pickle of an error."""
        return (type(None), ())

    def text(self, text: str) -> str:
        """Return *text* without the words, and without the beginning of one that was cut off."""
        for word in self._words:
            text = text.replace(word, MASK)
        for word in self._beginnings:
            begin, rest = word[:_TELLING], word[_TELLING:]
            first, *pieces = text.split(begin)
            text = first + "".join(MASK + piece[_common(piece, rest) :] for piece in pieces)
        return text

    def over(self, value: Any) -> Any:
        """Return *value* with the words masked in every text that it holds."""
        if isinstance(value, str):
            masked = value if isinstance(value, Secret) else self.text(value)
            return value if masked == value else masked
        if isinstance(value, bytes):
            return self._bytes(value)
        if hasattr(value, "__attrs_attrs__"):
            return self._object(value)
        if isinstance(value, Mapping):
            items = cast("dict[Any, Any]", value)
            return {self.over(name): self.over(each) for name, each in items.items()}
        if isinstance(value, list | tuple):
            each = [self.over(item) for item in cast("list[Any]", value)]
            return each if isinstance(value, list) else tuple(each)
        return value

    def _bytes(self, data: bytes) -> bytes:
        for word in self._words:
            data = data.replace(word.encode("utf-8", "surrogatepass"), MASK.encode())
        return data

    def _object(self, value: Any) -> Any:
        """Return a copy of an answer, a part, ..., or *value* itself where nothing in it has to be masked."""
        changes: dict[str, Any] = {}
        for field in attrs.fields(type(value)):  # pyright: ignore[reportUnknownArgumentType]
            before = getattr(value, field.name)
            after = self.over(before)
            if after is not before and after != before:
                changes[field.alias] = after
        return attrs.evolve(value, **changes) if changes else value

    def cover(self, error: BaseException) -> None:
        """Mask the words in *error* and in all that stands behind it."""
        if isinstance(error, DragomanError):
            for name in _FIELDS:
                setattr(error, name, self.over(getattr(error, name)))
            error.__traceback__ = None
            error.veil = self  # what arrived before it is put on it later
        self._words_of(error)
        self._behind(error, set())

    def _words_of(self, error: BaseException) -> None:
        """Mask the arguments and notes; where they held a word, the frames may too."""
        args = self.over(error.args)
        if args != error.args:
            error.args, error.__traceback__ = args, None
        if notes := getattr(error, "__notes__", None):
            error.__notes__ = self.over(notes)

    def _behind(self, error: BaseException, seen: set[int]) -> None:
        """Replace what *error* came of by what that says, where its frames or attributes may hold more."""
        seen.add(id(error))
        for name in ("__cause__", "__context__"):
            behind = getattr(error, name)
            if behind is None or id(behind) in seen:
                continue
            if isinstance(behind, DragomanError):
                self.cover(behind)
            elif self._shows(behind):
                hidden = error.__suppress_context__
                setattr(error, name, Exception(f"{type(behind).__name__}: {self.text(str(behind))}"))
                error.__suppress_context__ = hidden  # which setting a cause changes
            else:
                behind.__traceback__ = None
                self._behind(behind, seen)

    def _shows(self, error: BaseException) -> bool:
        told = f"{error} {error!r} {vars(error)!r} {getattr(error, 'doc', '')} {getattr(error, '__notes__', '')}"
        return self.text(told) != told


@lru_cache(maxsize=16)
def _veil(words: frozenset[str]) -> Veil:
    """Return what masks *words*: where one call fails, more do."""
    return Veil(words)


def words_of(sent: Mapping[str, str]) -> frozenset[str]:
    """Return the credentials among the headers *sent* that are long enough to be told from other words."""
    found = (word for value in sent.values() if isinstance(value, Secret) for word in _parts(value.reveal()))
    return frozenset(word for word in found if len(word) >= _TELLING)


def _parts(value: str) -> Iterator[str]:
    """Yield what is secret in the value of a header: no scheme, each of several values, and what is packed in it."""
    scheme, blank, rest = value.partition(" ")
    credentials = rest.strip() if blank and _SCHEME.fullmatch(scheme) else value
    yield credentials
    if scheme.lower() == "basic":
        yield from _packed(credentials)
    pieces = re.split(r"[;,]\s*", credentials)
    for piece in pieces:
        _, equals, given = piece.partition("=")
        if equals and given.strip("="):
            yield given.strip('"')


def _packed(text: str) -> Iterator[str]:
    """Yield the user's name and password, and the password, that a basic authorization holds."""
    try:
        pair = base64.b64decode(text).decode()
    except (binascii.Error, UnicodeDecodeError):
        return
    yield pair
    yield pair.partition(":")[2]


def _forms(word: str) -> Iterator[str]:
    yield from _escaped(word)
    yield from _escaped(word.lower())
    yield from _escaped(word.upper())
    yield word[::-1]
    data = word.encode()
    yield from (data.hex(), data.hex().upper(), data.hex(" "), data.hex(":"))
    yield from _in_base64(data)


def _escaped(word: str) -> Iterator[str]:
    """Yield *word* as texts of several languages write it, each also as Python shows such a text."""
    percents = (quote(word), quote(word, safe=""), quote_plus(word))
    forms = {word, word.replace(" ", "_"), html.escape(word), html.escape(word, quote=False), *percents}
    forms |= {re.sub("%..", lambda found: found[0].lower(), form) for form in percents}
    forms |= {json.dumps(word)[1:-1], json.dumps(word)[1:-1].replace("/", "\\/"), *_in_numbers(word)}
    for form in forms:
        yield from (form, repr(form)[1:-1], repr(form + "'")[1:-2])


def _in_numbers(word: str) -> Iterator[str]:
    """Yield *word* as JSON of .NET, Go and Java writes it, with numbers for what HTML or a script could misread."""
    doubled, escaped = word.replace("\\", "\\\\"), json.dumps(word)[1:-1]
    for text, risky in ((word, _RISKY), (doubled, _RISKY - {"\\"}), (escaped, {*"<>&='"}), (escaped, {*"<>&"})):
        for digits in ("04x", "04X"):
            yield "".join(f"\\u{ord(each):{digits}}" if each in risky else each for each in text)


def _in_base64(data: bytes) -> Iterator[str]:
    """Yield the characters that stand for *data* wherever it begins in a longer text."""
    for before in range(3):
        whole = base64.b64encode(b"x" * before + data).decode()
        inner = whole[-(-8 * before // 6) : 8 * (before + len(data)) // 6]
        yield from (inner, inner.replace("+", "-").replace("/", "_"))


def _common(piece: str, rest: str) -> int:
    """Return how many characters both begin with."""
    differing = (at for at, (one, other) in enumerate(zip(piece, rest, strict=False)) if one != other)
    return next(differing, min(len(piece), len(rest)))
