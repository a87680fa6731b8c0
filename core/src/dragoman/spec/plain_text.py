"""Make untrusted text safe to show and to log: no terminal control, no forged log lines, a bounded length.

These characters are removed: control characters (C0 except line feed and tab, DEL, C1), characters that reorder text
(bidirectional overrides, isolates and marks), line and paragraph separators, and invisible characters (zero-width
spaces, tags). Unpaired surrogates are replaced. The joiners that languages and emoji need are kept.
"""

from __future__ import annotations

import re

UNSAFE = (
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
"""The characters that may reach neither a terminal nor a log, as a regular expression."""

_CUT = "... ({} more characters)"


def printable(text: str) -> str:
    """Return *text* without unsafe characters; an unpaired surrogate becomes U+FFFD."""
    return text if text.isprintable() else re.sub(UNSAFE, _replacement, text)


def on_one_line(text: str) -> str:
    """Return the :func:`printable` form of *text* with spaces in place of line feeds and tabs."""
    return text if text.isprintable() else printable(text).replace("\n", " ").replace("\t", " ")


def bounded(text: str, limit: int) -> str:
    """Return *text* cut to at most *limit* characters; a text that is cut says how many characters are missing."""
    if len(text) <= limit:
        return text
    room = limit - len(_CUT.format(len(text)))
    return text[:room] + _CUT.format(len(text) - room)


def describe_error(error: BaseException) -> str:
    """Return the class name and the message of *error*, whatever its class does when it is shown."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001  # a class may raise any exception here
        text = "its message cannot be shown"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _replacement(match: re.Match[str]) -> str:
    return "\ufffd" if "\ud800" <= match[0] <= "\udfff" else ""
