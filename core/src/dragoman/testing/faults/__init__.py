"""A server on the loopback that fails in every way that servers of language models fail in, each by its name.

``python -m dragoman.testing.faults`` runs it for clients of any kind; tests use the fixture ``faults`` of
:mod:`dragoman.testing.fixtures`.
"""

from __future__ import annotations

from dragoman.testing.faults.chat import CHAT
from dragoman.testing.faults.fault import FAULTS, Asked, Fault
from dragoman.testing.faults.gemini import GEMINI
from dragoman.testing.faults.messages import MESSAGES
from dragoman.testing.faults.responses import RESPONSES
from dragoman.testing.faults.server import FaultServer
from dragoman.testing.faults.shapes import Called, Counted, Oddity, Sealed
from dragoman.testing.faults.tongue import TEXTS, Tongue, event
from dragoman.testing.faults.tongues import TONGUES

__all__ = [
    "CHAT",
    "FAULTS",
    "GEMINI",
    "MESSAGES",
    "RESPONSES",
    "TEXTS",
    "TONGUES",
    "Asked",
    "Called",
    "Counted",
    "Fault",
    "FaultServer",
    "Oddity",
    "Sealed",
    "Tongue",
    "event",
]
