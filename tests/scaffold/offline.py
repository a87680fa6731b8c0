"""A pytest plugin for generated projects: a connection to another machine fails the test."""

from __future__ import annotations

import ipaddress
import sys


def refuse_other_machines(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.getaddrinfo" and arguments[0] not in {None, "localhost", "127.0.0.1", "::1"}:
        message = f"a test resolves {arguments[0]}; tests may only use this machine"
        raise AssertionError(message)
    if event != "socket.connect":
        return
    address = arguments[1]
    if isinstance(address, tuple) and not ipaddress.ip_address(address[0].partition("%")[0]).is_loopback:
        message = f"a test connects to {address[0]}; tests may only use this machine"
        raise AssertionError(message)


sys.addaudithook(refuse_other_machines)
