"""Secrets that are known by their value, found in every encoding in which they may occur."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote

from dragoman_recorder.secret_names import is_secret_variable
from dragoman_recorder.text_edits import Span

MIN_LENGTH = 8
"""The fewest characters of a value that is searched for: a shorter one may occur anywhere by chance."""

_ADDRESS = re.compile(r"(?:_URL|_URI|_DSN|_PROXY|_CONNECTION_STRING|CONNSTR)$", re.IGNORECASE)
_PASSWORD_IN_ADDRESS = re.compile(
    r"://[^\s/?#:@]*:([^\s/?#]+)@|(?:password|pwd|accountkey|sharedaccesskey)=([^;\s]+)", re.IGNORECASE
)
_LOWER_CASE = str.maketrans({chr(code): chr(code + 32) for code in range(ord("A"), ord("Z") + 1)})


class KnownSecrets:
    """Find secrets by their values: plain, in JSON, in an address and in base64, in either case of letters.

    Args:
        values: the secrets; those shorter than :data:`MIN_LENGTH` are left out.

    """

    def __init__(self, values: Iterable[str]) -> None:
        self.values = _long_enough(values)
        encodings = {each for value in self.values for each in _encodings(value)}
        self._encodings = sorted((_lower_case(each) for each in encodings), key=len, reverse=True)

    def with_values(self, values: Iterable[str]) -> KnownSecrets:
        """Return an object that finds *values*; it is this one if they are the same."""
        long_enough = _long_enough(values)
        return self if long_enough == self.values else KnownSecrets(long_enough)

    def find(self, text: str) -> Iterator[Span]:
        """Yield where *text* holds one of the secrets."""
        lower_case = _lower_case(text) if self._encodings else ""
        for encoding in self._encodings:
            start = lower_case.find(encoding)
            while start >= 0:
                yield start, start + len(encoding)
                start = lower_case.find(encoding, start + len(encoding))


def secrets_of_environment(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield the values of variables that are named like secrets, and the passwords in addresses."""
    for name, value in environ.items():
        if is_secret_variable(name):
            yield value
        if _ADDRESS.search(name):
            for found in _PASSWORD_IN_ADDRESS.finditer(value):
                yield found[1] or found[2]


def _long_enough(values: Iterable[str]) -> frozenset[str]:
    return frozenset(value for value in values if len(value) >= MIN_LENGTH)


def _lower_case(text: str) -> str:
    return text.translate(_LOWER_CASE)  # str.lower may change the length of a text


def _encodings(value: str) -> Iterator[str]:
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
    """Yield the base64 of *data* as far as it does not depend on the bytes before and after it."""
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + data)
        core = encoded[-(-offset * 8 // 6) : (offset + len(data)) * 8 // 6].decode("ascii")
        yield core
        yield core.translate(str.maketrans("+/", "-_"))
