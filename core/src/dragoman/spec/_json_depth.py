"""JSON text of others: how deep it nests, told before anything follows it down.

A parser that descends until the interpreter stops it leaves no room for what may run at the bottom: a finalizer, say,
of an object that the garbage collector found meanwhile.
"""

from __future__ import annotations

import json
import re
from itertools import accumulate
from typing import Any

MAX_DEPTH = 500
"""How deep the values of a JSON text may be nested: Python itself cannot show much deeper ones."""

_STRING = rb'(?s)"[^"\\]*+(?:\\.[^"\\]*+)*+"?'  # compiled with its first use, since it is seldom used
_OTHERS = bytes(range(256)).translate(None, b"[]{}")
_STEPS = [1 if byte in b"[{" else -1 for byte in range(256)]


def is_too_deep(text: bytes) -> bool:
    """Tell whether a JSON text is nested deeper than :data:`MAX_DEPTH`, as far as it is JSON."""
    if text.count(b"[") + text.count(b"{") <= MAX_DEPTH:
        return False
    brackets = re.sub(_STRING, b"", text).translate(None, _OTHERS)
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > MAX_DEPTH


def parse_json(text: str, **decoding: Any) -> Any:
    """Return the value of a JSON text.

    Args:
        text: the text.
        decoding: further arguments of :func:`json.loads`.

    Raises:
        ValueError: if it is not JSON, or nested deeper than :data:`MAX_DEPTH`.

    """
    if is_too_deep(text.encode("utf-8", "surrogatepass")):
        message = f"it is nested deeper than {MAX_DEPTH} levels"
        raise ValueError(message)
    return json.loads(text, **decoding)
