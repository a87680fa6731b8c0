"""Text of others, made safe to show and to log: it rules no terminal, forges no line of a log and fills no disk.

What is taken out: control characters (C0 but for the line feed and the tab, DEL, C1), those that reorder what follows
them (bidirectional overrides, isolates and marks), separators of lines and paragraphs, characters that nobody sees
(zero-width spaces, tags) and halves of surrogate pairs. The joiners that languages and emoji need stay.
"""

from __future__ import annotations

import re

UNSAFE = (
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
"""What may reach neither a terminal nor a log, as a regular expression."""

_CUT = "... ({} more characters)"


def printable(text: str) -> str:
    """Return *text* without what could rule a terminal; half a surrogate pair becomes U+FFFD."""
    return text if text.isprintable() else re.sub(UNSAFE, _replaced, text)


def on_one_line(text: str) -> str:
    """Return *text* as :func:`printable` does, with spaces in place of line feeds and tabs."""
    return text if text.isprintable() else printable(text).replace("\n", " ").replace("\t", " ")


def bounded(text: str, limit: int) -> str:
    """Return at most *limit* characters of *text*; where it is cut, it says how many are left out."""
    if len(text) <= limit:
        return text
    room = limit - len(_CUT.format(len(text)))
    return text[:room] + _CUT.format(len(text) - room)


def _replaced(found: re.Match[str]) -> str:
    return "\ufffd" if "\ud800" <= found[0] <= "\udfff" else ""
