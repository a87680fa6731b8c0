"""Ports of the loopback at which a server can be started, and started again."""

from __future__ import annotations

import random
import socket
from contextlib import suppress

SERVER_PORTS = (20_000, 32_000)
"""A range below the ports that systems give to clients, each of which could take the place of a stopped server."""


def free_port() -> int:
    """Return a port at which no server listens."""
    while True:
        port = random.SystemRandom().randrange(*SERVER_PORTS)
        with suppress(OSError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
