"""A loopback server that reproduces the faults of model servers, each by its name.

``python -m dragoman.testing.faults`` runs it for any client; tests use the fixture ``faults`` of
:mod:`dragoman.testing.fixtures`.
"""

from __future__ import annotations

from dragoman.testing.faults.chat import CHAT
from dragoman.testing.faults.fault import FAULTS, Fault, FaultContext
from dragoman.testing.faults.gemini import GEMINI
from dragoman.testing.faults.messages import MESSAGES
from dragoman.testing.faults.responses import RESPONSES
from dragoman.testing.faults.sample_endpoints import (
    CountingEndpoint,
    EmbeddingEndpoint,
    LearningEndpoint,
    ListingEndpoint,
    PromptEndpoint,
    Vectors,
)
from dragoman.testing.faults.samples import SampleCall, SampleReply, SampleSeal, SampleUsage
from dragoman.testing.faults.server import FaultServer
from dragoman.testing.faults.server_dialect import TEXTS, ServerDialect, event
from dragoman.testing.faults.server_dialects import SERVER_DIALECTS
from dragoman.testing.faults.server_framing import EVENTS, LINES, ServerFraming, binary_framing

__all__ = [
    "CHAT",
    "EVENTS",
    "FAULTS",
    "GEMINI",
    "LINES",
    "MESSAGES",
    "RESPONSES",
    "SERVER_DIALECTS",
    "TEXTS",
    "CountingEndpoint",
    "EmbeddingEndpoint",
    "Fault",
    "FaultContext",
    "FaultServer",
    "LearningEndpoint",
    "ListingEndpoint",
    "PromptEndpoint",
    "SampleCall",
    "SampleReply",
    "SampleSeal",
    "SampleUsage",
    "ServerDialect",
    "ServerFraming",
    "Vectors",
    "binary_framing",
    "event",
]
