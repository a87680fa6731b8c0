"""Names of tools in the letters that a vendor takes, and back again.

Any other character travels as ``_x2e_``, its code in hex; so does the first ``_`` of what would look like that, so the
way back is never in doubt. A name that is too long then is cut, and ends in a digest of all of it.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

_CODED = re.compile(r"_x([0-9a-f]{1,6})_")
_DIGEST = 35
"""How many characters of a digest stand in a name: with ``call_`` in front, the 40 that the strictest vendor takes."""
_TAIL = 10
_LAST = 0x10FFFF


@lru_cache(maxsize=1024)
def encode_name(name: str, letters: str | None, length: int | None) -> str:
    """Return the name under which a tool is sent.

    Args:
        name: its own name.
        letters: the characters that are taken, as a class of a regular expression; ``None`` for all.
        length: how many characters are taken; ``None`` for any number.

    """
    sent = name
    if letters is not None:
        foreign = rf"(?!{letters}).|_(?=x[0-9a-f]+_)"
        sent = re.sub(foreign, lambda found: f"_x{ord(found[0]):x}_", name, flags=re.DOTALL)
    if length is not None and len(sent) > length:
        return f"{sent[: length - _TAIL - 1]}_{digest_of(name)[:_TAIL]}"
    return sent


def decode_name(name: str) -> str:
    """Return the name that *name* was made of, if it was not shortened; one that was not changed stays as it is."""
    return _CODED.sub(_character, name) if "_x" in name else name


def digest_of(text: str) -> str:
    """Return letters and digits that stand for *text*: the same for the same text, and for no other one."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]


def _character(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    return chr(code) if code <= _LAST else found[0]
