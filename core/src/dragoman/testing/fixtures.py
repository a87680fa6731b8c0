"""pytest fixtures. A test module imports the ones that it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dragoman.testing.faults import FaultServer
from dragoman.testing.loopback import LoopbackServer

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["faults", "loopback"]


@pytest.fixture
def loopback() -> Iterator[LoopbackServer]:
    """Run a scripted HTTP server on 127.0.0.1 for the duration of a test."""
    with LoopbackServer() as server:
        yield server


@pytest.fixture
def faults() -> Iterator[FaultServer]:
    """Run a fault server on 127.0.0.1 for the duration of a test."""
    with FaultServer() as server:
        yield server
