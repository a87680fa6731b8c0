"""A key of the test, every way in which it might be written, and all that an error tells."""

from __future__ import annotations

import base64
import copy
import pickle
import traceback
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

KEY = "mk-of/the+test=7f3a\\9c'd\"e~Zz"
"""No test has it in a name of its own, or a traceback with locals would show it there."""


def written(text: str) -> Iterator[str]:
    data = text.encode()
    yield text
    yield repr(text)[1:-1]
    yield repr(data)[2:-1]
    yield text[::-1]
    yield repr(data[::-1])[2:-1]
    yield from (quote(text), quote(text, safe=""), quote_plus(text), quote(text, safe="").lower())
    yield from (data.hex(), data.hex().upper(), data.hex(" "), data.hex(":"))
    for cut in range(3):  # within a longer text, where the key may begin at any of three places
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(b"x" * cut + data).decode().rstrip("=")[4:-3]
    yield text.encode("unicode_escape").decode()
    yield from (text[:8], text[-8:], text[8:16])


FORBIDDEN = frozenset(written(KEY))


def leaks(text: str) -> list[str]:
    """Return the forms in which *text* shows the key."""
    return [form for form in FORBIDDEN if form in text]


def reported(error: BaseException | None) -> str:
    """Return all that an error tells: its frames with their locals, what stands behind it, its pickle, its copies."""
    seen: set[int] = set()
    waiting, texts = [error], list[str]()
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        texts += [str(each), repr(each), repr(each.args), repr(getattr(each, "__notes__", ())), repr(vars(each))]
        texts += traceback.TracebackException.from_exception(each, capture_locals=True).format()
        texts += locals_of(each)
        texts.append(pickled(each))
        texts.append(repr((copy.copy(each), copy.deepcopy(each))))
        waiting += [each.__cause__, each.__context__]
    return "\n".join(texts)


def locals_of(error: BaseException) -> Iterator[str]:
    """Yield the locals of every frame: a traceback leaves out those behind an error that was raised from nothing."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if Path(frame.f_code.co_filename).parent.name != "security":
            yield repr(dict(frame.f_locals))


def pickled(value: object) -> str:
    """Return the bytes of a pickle as text, nothing where pickling is refused."""
    try:
        return pickle.dumps(value).decode("latin-1")
    except (TypeError, AttributeError, pickle.PicklingError):
        return ""
