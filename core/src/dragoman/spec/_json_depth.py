"""The nesting depth of JSON text that comes from outside, checked before the text is parsed.

A recursive parser that runs into the interpreter's recursion limit leaves no stack for code that may run at that
moment, such as the finalizer of an object that the garbage collector collects.
"""

from __future__ import annotations

import json
import re
from itertools import accumulate
from typing import Any

from dragoman.spec.errors import InvalidRequestError

MAX_DEPTH = 500
"""The greatest accepted nesting depth of a JSON text: Python cannot show values that are nested much deeper."""

_STRING = rb'(?s)"[^"\\]*+(?:\\.[^"\\]*+)*+"?'  # a string, compiled when it is first used: it is rarely needed
_OTHERS = bytes(range(256)).translate(None, b"[]{}")
_STEPS = [1 if byte in b"[{" else -1 for byte in range(256)]


def is_too_deep(text: bytes) -> bool:
    """Tell whether a JSON text is nested deeper than :data:`MAX_DEPTH`; the result for other text is undefined."""
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
        ValueError: if the text is not JSON, or is nested deeper than :data:`MAX_DEPTH`.

    """
    if is_too_deep(text.encode("utf-8", "surrogatepass")):
        message = f"it is nested deeper than {MAX_DEPTH} levels"
        raise ValueError(message)
    return json.loads(text, **decoding)


def write_json(value: Any, path: str, parameter: str | None = None) -> str:
    """Return a value of a caller as JSON text.

    Args:
        value: the value.
        path: where it stands, for the message.
        parameter: the argument that it belongs to.

    Raises:
        InvalidRequestError: if JSON cannot represent it.

    """
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except Exception as error:  # noqa: BLE001  # a class of the caller may raise any exception here
        problem = f"{path} cannot be written as JSON: {str(error) or type(error).__name__}"
    raise InvalidRequestError(problem, parameter=parameter)
