"""Run the fault server until it is interrupted, and print what clients sent and when they hung up."""

from __future__ import annotations

import argparse
import time

from dragoman.testing.faults.fault import FAULTS
from dragoman.testing.faults.server import FaultServer

__all__ = ["main"]

_POLL_SECONDS = 0.1


def main(arguments: list[str] | None = None, *, seconds: float = float("inf")) -> None:
    """Run the server.

    Args:
        arguments: command-line arguments; by default, those of the process.
        seconds: seconds after which to stop without an interrupt.

    """
    parser = argparse.ArgumentParser(prog="python -m dragoman.testing.faults", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="the port on 127.0.0.1; default: any free port")
    parser.add_argument("--list", action="store_true", help="list the faults and exit")
    options = parser.parse_args(arguments)
    if options.list:
        print("\n".join(f"{name:24} {fault.summary}" for name, fault in sorted(FAULTS.items())))  # noqa: T201
        return
    with FaultServer(options.port) as server:
        _serve(server, time.monotonic() + seconds)


def _serve(server: FaultServer, until: float) -> None:
    print(f"serving on {server.url}; use the base URL {server.url}/<fault>/v1; --list shows the faults", flush=True)  # noqa: T201
    requests = hangups = 0
    try:
        while time.monotonic() < until:
            for request in server.requests[requests:]:
                requests += 1
                print(f"{request.at:.3f} #{request.connection} {request.method} {request.path}", flush=True)  # noqa: T201
            for hangup in server.hangups[hangups:]:
                hangups += 1
                path = hangup.request.path
                line = f"{hangup.at:.3f} #{hangup.connection} disconnected from {path} after {hangup.sent} bytes"
                print(line, flush=True)  # noqa: T201
            time.sleep(_POLL_SECONDS)
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
