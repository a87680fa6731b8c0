"""The redaction of credentials in errors, in every form in which a server may repeat them.

This module is only used after an error.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, cast
from urllib.parse import quote, quote_plus

import attrs

from dragoman.spec.errors import DragomanError
from dragoman.spec.plain_text import describe_error
from dragoman.spec.secret import MASK, Secret

SHORTEST_SECRET = 8
"""The minimum length of a credential to redact: a shorter one may be part of ordinary text."""
_SCHEME = "[A-Za-z][A-Za-z0-9-]*"
_ESCAPED_BY_DOTNET = frozenset("\"&'+<>\\`")
"""The characters that the JSON encoder of .NET writes as numeric escapes."""
_FIELDS = ("message", "body", "code", "parameter", "request_id", "headers", "partial")


def redact_error(error: BaseException, sent: Mapping[str, str]) -> None:
    """Mask the credentials of a request in *error*, because some servers repeat them in error messages.

    The traceback of *error* is removed, because the local variables of its frames hold the reply.

    Args:
        error: the error of an exchange.
        sent: the headers of the request.

    """
    words = words_of(sent)
    if words:
        _veil(words).cover(error)


class Veil:
    """Mask some words in texts, values and errors.

    Args:
        words: the credentials.

    """

    __slots__ = ("_beginnings", "_words")

    def __init__(self, words: frozenset[str]) -> None:
        self._words = sorted({form for word in words for form in _forms(word)}, key=len, reverse=True)
        self._beginnings = sorted({form for word in words for form in _escaped(word)}, key=len, reverse=True)

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        """Replace the object by ``None`` in a copy or pickle of an error."""
        return (type(None), ())

    def text(self, text: str) -> str:
        """Return *text* with the words masked, and also truncated words of at least 8 characters."""
        for word in self._words:
            text = text.replace(word, MASK)
        for word in self._beginnings:
            begin, rest = word[:SHORTEST_SECRET], word[SHORTEST_SECRET:]
            first, *pieces = text.split(begin)
            text = first + "".join(MASK + piece[_common_length(piece, rest) :] for piece in pieces)
        return text

    def over(self, value: Any) -> Any:
        """Return *value* with the words masked in every text that it contains."""
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
        """Return a redacted copy of an attrs instance, or *value* itself if it does not contain the words."""
        changes: dict[str, Any] = {}
        for field in attrs.fields(type(value)):  # pyright: ignore[reportUnknownArgumentType]
            before = getattr(value, field.name)
            after = self.over(before)
            if after is not before and after != before:
                changes[field.alias] = after
        return attrs.evolve(value, **changes) if changes else value

    def cover(self, error: BaseException) -> None:
        """Mask the words in *error*, its causes and its contexts."""
        if isinstance(error, DragomanError):
            for name in _FIELDS:
                setattr(error, name, self.over(getattr(error, name)))
            error.__traceback__ = None
            error.veil = self  # to redact the partial response, which is set later
        self._cover_args(error)
        self._cover_causes(error, set())

    def _cover_args(self, error: BaseException) -> None:
        """Mask the arguments and notes; if the arguments contained a word, remove the traceback."""
        args = self.over(error.args)
        if args != error.args:
            error.args, error.__traceback__ = args, None
        if notes := getattr(error, "__notes__", None):
            error.__notes__ = self.over(notes)

    def _cover_causes(self, error: BaseException, seen: set[int]) -> None:
        """Redact the cause and the context of *error*; one that shows a word is replaced by its redacted message."""
        seen.add(id(error))
        for name in ("__cause__", "__context__"):
            cause = getattr(error, name)
            if cause is None or id(cause) in seen:
                continue
            if isinstance(cause, DragomanError):
                self.cover(cause)
            elif self._is_shown_by(cause):
                suppressed = error.__suppress_context__
                setattr(error, name, Exception(self.text(describe_error(cause))))
                error.__suppress_context__ = suppressed  # setting __cause__ changes it
            else:
                cause.__traceback__ = None
                self._cover_causes(cause, seen)

    def _is_shown_by(self, error: BaseException) -> bool:
        try:
            shown = f"{error} {error!r} {vars(error)!r} {getattr(error, 'doc', '')} {getattr(error, '__notes__', '')}"
        except Exception:  # noqa: BLE001  # nobody knows what its class shows another time
            return True
        return self.text(shown) != shown


@lru_cache(maxsize=16)
def _veil(words: frozenset[str]) -> Veil:
    """Return a cached :class:`Veil`, since failed calls often share their credentials."""
    return Veil(words)


def words_of(sent: Mapping[str, str]) -> frozenset[str]:
    """Return the credentials in the headers *sent* that are long enough to be redacted.

    The name of a header is not a credential; signatures list those that they cover.
    """
    found = (word for value in sent.values() if isinstance(value, Secret) for word in _parts(value.reveal()))
    return frozenset(word for word in found if len(word) >= SHORTEST_SECRET and word.lower() not in sent)


def _parts(value: str) -> Iterator[str]:
    """Yield the credentials in a header value: without the scheme, each of several values, and decoded."""
    scheme, blank, rest = value.partition(" ")
    credentials = rest.strip() if blank and re.fullmatch(_SCHEME, scheme) else value
    yield credentials
    if scheme.lower() == "basic":
        yield from _basic_credentials(credentials)
    pieces = re.split(r"[;,]\s*", credentials)
    for piece in pieces:
        _, equals, parameter = piece.partition("=")
        if equals and parameter.strip("="):
            yield parameter.strip('"')


def _basic_credentials(text: str) -> Iterator[str]:
    """Yield ``user:password``, and the password alone, from the credentials of basic authentication."""
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
    """Yield *word* in the escaped forms of URLs, HTML and JSON, each also in the form of a Python ``repr``."""
    from html import escape  # noqa: PLC0415  # most programs hide nothing

    percents = (quote(word), quote(word, safe=""), quote_plus(word))
    forms = {word, word.replace(" ", "_"), escape(word), escape(word, quote=False), *percents}
    forms |= {re.sub("%..", lambda found: found[0].lower(), form) for form in percents}
    forms |= {json.dumps(word)[1:-1], json.dumps(word)[1:-1].replace("/", "\\/"), *_numeric_escapes(word)}
    for form in forms:
        # The repr of a longer text that contains an apostrophe has double quotes, and escapes other characters.
        yield from (form, repr(form)[1:-1], repr(form + "'")[1:-2])


def _numeric_escapes(word: str) -> Iterator[str]:
    """Yield *word* as the JSON encoders of .NET, Go and Java write it, with numeric escapes for HTML characters."""
    doubled, escaped = word.replace("\\", "\\\\"), json.dumps(word)[1:-1]
    dotnet = _ESCAPED_BY_DOTNET
    for text, special in ((word, dotnet), (doubled, dotnet - {"\\"}), (escaped, {*"<>&='"}), (escaped, {*"<>&"})):
        for digits in ("04x", "04X"):
            yield "".join(f"\\u{ord(each):{digits}}" if each in special else each for each in text)


def _in_base64(data: bytes) -> Iterator[str]:
    """Yield the base64 characters of *data* at each of the three offsets that it may have in a longer text."""
    for before in range(3):
        whole = base64.b64encode(b"x" * before + data).decode()
        inner = whole[-(-8 * before // 6) : 8 * (before + len(data)) // 6]
        yield from (inner, inner.replace("+", "-").replace("/", "_"))


def _common_length(piece: str, rest: str) -> int:
    """Return the length of the common prefix."""
    differing = (at for at, (one, other) in enumerate(zip(piece, rest, strict=False)) if one != other)
    return next(differing, min(len(piece), len(rest)))
