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
from dragoman.testing.faults.server_dialect import TEXTS, ServerDialect, event
from dragoman.testing.faults.server_dialects import SERVER_DIALECTS
from dragoman.testing.faults.shapes import SampleCall, SampleReply, SampleSeal, SampleUsage

__all__ = [
    "CHAT",
    "FAULTS",
    "GEMINI",
    "MESSAGES",
    "RESPONSES",
    "SERVER_DIALECTS",
    "TEXTS",
    "Asked",
    "Fault",
    "FaultServer",
    "SampleCall",
    "SampleReply",
    "SampleSeal",
    "SampleUsage",
    "ServerDialect",
    "event",
]
