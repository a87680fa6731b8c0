"""Names and ids in the letters that Anthropic takes, and back again.

A name holds letters, digits, ``_`` and ``-``, 128 at most. Any other character travels as ``_x2e_``, its code in hex;
so does the first ``_`` of whatever would look like that, so the way back is never in doubt. See
https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/implement-tool-use.
"""

from __future__ import annotations

import re

from dragoman import UnsupportedError

LIMIT = 128

_FOREIGN = re.compile(r"[^a-zA-Z0-9_-]|_(?=x[0-9a-f]+_)")
_CODED = re.compile(r"_x([0-9a-f]{1,6})_")


def coded(name: str) -> str:
    """Return *name* in Anthropic's letters.

    Raises:
        UnsupportedError: if it is too long then.

    """
    sent = _FOREIGN.sub(lambda found: f"_x{ord(found[0]):x}_", name)
    if len(sent) > LIMIT:
        message = f"the name {name!r} is longer than the {LIMIT} characters that Anthropic takes"
        raise UnsupportedError(message, parameter="tools")
    return sent


def plain(name: str) -> str:
    """Return the name that *name* was made of; one that was not changed stays as it is."""
    return _CODED.sub(_character, name) if "_x" in name else name


def _character(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    return chr(code) if code <= 0x10FFFF else found[0]  # noqa: PLR2004  # the last character there is
