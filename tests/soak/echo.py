"""A server's answer that repeats the mark of the question, so that nobody takes another caller's answer for theirs."""

from __future__ import annotations

import re

from dragoman.testing.faults.fault import FaultContext, sound
from dragoman.testing.faults.server_dialects import dialect_of
from dragoman.testing.reply import Received, Script

_MARK = re.compile(rb"\bmark-[\w-]+\b")


def context_of(request: Received) -> FaultContext:
    """Return what a request asks for, and in which dialect."""
    server_dialect = dialect_of(request)
    return FaultContext(server_dialect=server_dialect, streamed=server_dialect.is_streamed(request), request=request)


def mark_of(request: Received) -> str:
    """Return the mark in a request: ``mark-`` and what names it."""
    found = _MARK.findall(request.body)
    assert len(found) == 1, request.body
    return found[0].decode()


def text_of(mark: str) -> str:
    """Return the text that answers a question with *mark* in it."""
    return f"You asked {mark}."


def echo(request: Received) -> Script:
    """Answer a request with its mark, cut in two where it streams."""
    text = text_of(mark_of(request))
    return sound(context_of(request), text[:12], text[12:])
