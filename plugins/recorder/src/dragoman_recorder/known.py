"""Secrets that are known by their value, in the forms in which they may come back."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote

from dragoman_recorder.names import is_secret_variable
from dragoman_recorder.shapes import Match

SHORTEST = 8
"""The fewest characters of a known secret: a shorter value may stand anywhere by chance."""

_ADDRESS = re.compile(r"(?:_URL|_URI|_DSN|_PROXY|_CONNECTION_STRING|CONNSTR)$", re.IGNORECASE)
_IN_ADDRESS = re.compile(
    r"://[^\s/?#:@]*:([^\s/?#]+)@|(?:password|pwd|accountkey|sharedaccesskey)=([^;\s]+)", re.IGNORECASE
)
_CAPITALS = str.maketrans({chr(code): chr(code + 32) for code in range(ord("A"), ord("Z") + 1)})


class Known:
    """Find secrets by their values: as they are, in JSON, in an address and in base64, in either case of letters.

    Args:
        values: the secrets; those shorter than :data:`SHORTEST` are left out.

    """

    def __init__(self, values: Iterable[str]) -> None:
        self.values = _long_enough(values)
        forms = {form for value in self.values for form in _forms(value)}
        self._forms = sorted((_lowered(form) for form in forms), key=len, reverse=True)

    def renewed(self, values: Iterable[str]) -> Known:
        """Return what finds *values*, which is this one if they are the same."""
        longer = _long_enough(values)
        return self if longer == self.values else Known(longer)

    def found(self, text: str) -> Iterator[Match]:
        """Yield where *text* holds one of them."""
        lowered = _lowered(text) if self._forms else ""
        for form in self._forms:
            start = lowered.find(form)
            while start >= 0:
                yield start, start + len(form)
                start = lowered.find(form, start + len(form))


def of_environment(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield the secrets that an environment holds: what is named like one, and the passwords of addresses."""
    for name, value in environ.items():
        if is_secret_variable(name):
            yield value
        if _ADDRESS.search(name):
            for found in _IN_ADDRESS.finditer(value):
                yield found[1] or found[2]


def _long_enough(values: Iterable[str]) -> frozenset[str]:
    return frozenset(value for value in values if len(value) >= SHORTEST)


def _lowered(text: str) -> str:
    return text.translate(_CAPITALS)


def _forms(value: str) -> Iterator[str]:
    data = value.encode("utf-8", "surrogatepass")
    yield value
    yield data.decode("latin-1")
    for ascii_only in (True, False):
        once = json.dumps(value, ensure_ascii=ascii_only)[1:-1]
        yield once
        yield json.dumps(once, ensure_ascii=ascii_only)[1:-1]
    yield repr(value)[1:-1]
    yield quote(data, safe="")
    yield quote(data)
    yield from _in_base64(data)


def _in_base64(data: bytes) -> Iterator[str]:
    """Yield what is in the base64 of *data* whatever stands before and after it."""
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + data)
        core = whole[-(-before * 8 // 6) : (before + len(data)) * 8 // 6].decode("ascii")
        yield core
        yield core.translate(str.maketrans("+/", "-_"))
