"""Encoding of tool names in the characters that a vendor accepts, and decoding.

Any other character is sent as ``_x2e_``, with its code point in hexadecimal. An underscore that begins such a sequence
in the original name is escaped too, so that decoding is unambiguous. An encoded name that is too long is cut, and ends
in a digest of the whole name.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

_CODED = r"_x([0-9a-f]{1,6})_"
_DIGEST = 35
"""The length of a digest: with the prefix ``call_``, the 40 characters that the strictest vendor accepts."""
_TAIL = 10
_LAST = 0x10FFFF


@lru_cache(maxsize=1024)
def encode_name(name: str, letters: str | None, length: int | None, first: str | None = None) -> str:
    """Return the name under which a tool is sent.

    Args:
        name: its original name.
        letters: the characters that the vendor accepts, as a regular expression class; ``None`` for all.
        length: the greatest length that the vendor accepts, in characters; ``None`` for any.
        first: the characters with which a name may begin, as such a class; ``None`` for all that it may have.

    """
    sent = name
    if letters is not None:
        foreign = rf"{'' if first is None else rf'^(?!{first}).|'}(?!{letters}).|_(?=x[0-9a-f]+_)"
        sent = re.sub(foreign, lambda match: f"_x{ord(match[0]):x}_", name, flags=re.DOTALL)
    if length is not None and len(sent) > length:
        return f"{sent[: length - _TAIL - 1]}_{digest_of(name)[:_TAIL]}"
    return sent


def decode_name(name: str) -> str:
    """Return the original of an encoded name that was not shortened; a name without escapes is returned unchanged."""
    return re.sub(_CODED, _character, name) if "_x" in name else name


def digest_of(text: str) -> str:
    """Return a digest of *text* in hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]


def _character(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    return chr(code) if code <= _LAST else match[0]
