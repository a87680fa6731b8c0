"""Tool names and call ids in the character set that Anthropic accepts.

Anthropic accepts 1 to 128 letters, digits, ``_`` and ``-``. Every other character is replaced with its code point in
hexadecimal, such as ``_x2e_`` for a full stop. An ``_`` that would start such a sequence by itself is replaced too, so
decoding is unambiguous. See https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/implement-tool-use.
"""

from __future__ import annotations

import re

from dragoman import UnsupportedError

MAX_LENGTH = 128
"""The longest name that Anthropic accepts, in characters."""
ANSWER_TOOL = "dragoman_answer"
"""The name of the tool whose input is the answer, where a model has no structured outputs."""

_ILLEGAL = re.compile(r"[^a-zA-Z0-9_-]|_(?=x[0-9a-f]+_)")
_ESCAPE = re.compile(r"_x([0-9a-f]{1,6})_")


def encode_name(name: str) -> str:
    """Return *name* in the characters that Anthropic accepts.

    Raises:
        UnsupportedError: if the encoded name is longer than 128 characters.

    """
    encoded = _ILLEGAL.sub(lambda found: f"_x{ord(found[0]):x}_", name)
    if len(encoded) > MAX_LENGTH:
        message = f"the name {name!r} is longer than the {MAX_LENGTH} characters that Anthropic accepts; shorten it"
        raise UnsupportedError(message, parameter="tools")
    return encoded


def decode_name(name: str) -> str:
    """Return the name that :func:`encode_name` was given."""
    return _ESCAPE.sub(_unescape, name) if "_x" in name else name


def _unescape(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    return chr(code) if code <= 0x10FFFF else found[0]  # noqa: PLR2004  # the last code point of Unicode
