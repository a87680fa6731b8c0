"""A server on the loopback that fails in every way that servers of language models fail in, each by its name.

``python -m dragoman.testing.faults`` runs it for clients of any kind; tests use the fixture ``faults`` of
:mod:`dragoman.testing.fixtures`.
"""

from __future__ import annotations

from dragoman.testing.faults.fault import FAULTS, Asked, Fault
from dragoman.testing.faults.server import FaultServer
from dragoman.testing.faults.tongue import TEXTS, Tongue
from dragoman.testing.faults.tongues import TONGUES

__all__ = ["FAULTS", "TEXTS", "TONGUES", "Asked", "Fault", "FaultServer", "Tongue"]
