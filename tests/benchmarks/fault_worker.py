"""Let one library meet one fault, and print what came of it as a line of JSON: ``python -m benchmarks.fault_worker``.

It judges nothing but the exception: whether its class is the library's own.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import os
import resource
import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.peer import Wish

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from benchmarks.peer import Peer

LINGER_SECONDS = 1.5
"""How long a stream is kept after the consumer broke out of it."""
_WATCHES: set[asyncio.Task[None]] = set()


class Meeting:
    """Hold what is seen of one call."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.text = ""
        self.finish: str | None = None
        self.error: BaseException | None = None
        self.broke_at: float | None = None
        self.begun = time.monotonic()
        self.cpu, self.peak = cpu_seconds(), peak_bytes()

    def seen(self, text: str, finish: str | None) -> None:
        """Take what arrives."""
        self.text += text or ""
        self.finish = str(finish) if finish else self.finish

    def break_out(self, text: str, finish: str | None) -> bool:
        """Take the first text, and leave."""
        self.seen(text, finish)
        return bool(text)

    async def meet(self, how: str) -> None:
        """Make the call."""
        peer = self.peer
        if how == "call":
            text, finish = await peer.call()
            self.seen(text or "", finish)
        elif how == "stream":
            await peer.stream(self.seen)
        else:
            await (peer.stream_in_block if how == "block" else peer.stream_in_loop)(self.break_out)
            self.broke_at = time.monotonic()
            self.report()
            await asyncio.sleep(LINGER_SECONDS)

    def report(self, **more: object) -> None:
        """Print what was seen."""
        result: dict[str, Any] = {
            "text": self.text[:500],
            "letters": len(self.text),
            "finish": self.finish,
            "seconds": round(time.monotonic() - self.begun, 2),
            "busy": round(cpu_seconds() - self.cpu, 2),
            "grown": peak_bytes() - self.peak,
            "broke_at": self.broke_at,
            **(reported(self.error, self.peer) if self.error else {}),
            **more,
        }
        print(json.dumps(result), flush=True)


def cpu_seconds() -> float:
    """Return the time that this process has been busy."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def peak_bytes() -> int:
    """Return the most memory that this process has had, not counting what it was forked from."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    line = next(line for line in status.read_text("utf-8").splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def reported(error: BaseException, peer: Peer) -> dict[str, object]:
    """Say whose an exception is, and whether it shows the key."""
    kind = type(error)
    package = kind.__module__ + "."
    key = peer.wish.key.strip()
    logged = "".join(traceback.format_exception(error)) + repr(error)
    return {
        "raised": f"{kind.__module__.partition('.')[0]}.{kind.__qualname__}",
        "own": any(package.startswith(f"{each}.") for each in peer.errors),
        "leaked": key in logged or key in repr(getattr(error, "args", ())),
        "message": str(error).replace(key, "<key>")[:200],
    }


async def meet(kind: type[Peer], wish: Wish, how: str, limit: float) -> None:
    """Let a library meet a fault."""
    try:
        peer = kind(wish)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is asked about
        bare = kind.__new__(kind)
        bare.wish = wish
        meeting = Meeting(bare)
        meeting.error = error
        meeting.report()
        return
    meeting = Meeting(peer)
    if how == "timeout":
        meeting.report(timeout=peer.default_timeout() or await sent_with(peer))
        return
    if how == "block" and not peer.block:
        meeting.report(message="no block")
        return
    meeting.report(unfinished=True)  # should it block its event loop, the watch will not come to say so
    _WATCHES.add(asyncio.create_task(watch(meeting, limit)))
    try:
        await meeting.meet(how)
    except Exception as error:  # noqa: BLE001  # any error is a result
        meeting.error = error
    if meeting.broke_at is None:
        meeting.report()


async def sent_with(peer: Peer) -> str:
    """Return the limits that a request of the library is sent with."""
    limits: list[dict[str, float | None]] = []
    for name in ("httpx", "httpx2"):
        client: Any = getattr(sys.modules.get(name), "AsyncClient", None)
        if client is not None:
            client.send = noting(client.send, limits)
    await peer.call()
    return ", ".join(f"{name}={limits[0].get(name)}" for name in ("connect", "read"))


def noting(send: Callable[..., Awaitable[object]], limits: list[dict[str, float | None]]) -> object:
    """Return *send* such that it notes the limits of each request."""

    async def noted(client: object, request: Any, *arguments: object, **options: object) -> object:
        limits.append(request.extensions["timeout"])
        return await send(client, request, *arguments, **options)

    return noted


async def watch(meeting: Meeting, limit: float) -> None:
    """Give up after *limit* seconds."""
    await asyncio.sleep(limit)
    meeting.report(unfinished=True)
    os._exit(1)


def main() -> None:
    """Read the order from the command line, as JSON."""
    order = json.loads(sys.argv[1])
    logging.disable(logging.CRITICAL)
    module, _, name = order["peer"].partition(":")
    kind: type[Peer] = getattr(importlib.import_module(f"benchmarks.{module}"), name)
    wish = Wish(**order["wish"])
    loop = asyncio.new_event_loop()
    loop.run_until_complete(meet(kind, wish, order["how"], order["limit"]))
    sys.stdout.flush()
    os._exit(0)  # what a library leaves open is not asked about here, and its goodbye could hang


if __name__ == "__main__":
    main()
