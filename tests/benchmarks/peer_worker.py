"""Work with one library and print what it cost: ``python -m benchmarks.peer_worker ORDER``, the order in JSON."""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import resource
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.peer import Wish

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from benchmarks.peer import Peer

AT_ONCE = 64
EVENTS = 1000
"""How many events a stream of the endpoint has."""
WARM_SECONDS = 1.0
WATCH_SECONDS = 4.0


def memory(name: str) -> int:
    """Return a figure of this process in bytes: ``VmRSS`` is what it has, ``VmHWM`` the most that it had."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    line = next(line for line in status.read_text("utf-8").splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024


async def spent(work: Callable[[], Awaitable[object]], times: int) -> float:
    """Return the CPU seconds per unit of work; what work before it has left to collect is not counted."""
    gc.collect()
    begun = time.process_time()
    await work()
    return (time.process_time() - begun) / times


async def round_of(peer: Peer, calls: int, streams: int) -> dict[str, float]:
    """Return the CPU seconds of a call alone, of one among many, and of an event."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one_by_one() -> None:
        for _ in range(calls):
            assert (await peer.call())[0]

    async def gated() -> None:
        async with gate:
            await peer.call()

    async def at_once() -> None:
        await asyncio.gather(*(gated() for _ in range(calls)))

    async def read() -> None:
        for _ in range(streams):
            count = 0

            def seen(text: str, finish: str | None) -> None:
                nonlocal count
                count += 1

            await peer.stream(seen)
            assert count >= peer.seen_at_least, count

    return {
        "call": await spent(one_by_one, calls),
        "among": await spent(at_once, calls),
        "event": await spent(read, streams * EVENTS),
    }


def rounds(kind: type[Peer], wish: Wish) -> None:
    """Do a round for each line of the input, and say at last how much memory it took."""
    loop = asyncio.new_event_loop()

    async def make() -> Peer:
        return kind(wish)

    peer = loop.run_until_complete(make())
    for line in sys.stdin:
        print(json.dumps(loop.run_until_complete(round_of(peer, **json.loads(line)))), flush=True)
    print(json.dumps({"peak": memory("VmHWM")}), flush=True)
    loop.run_until_complete(peer.aclose())
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


async def first(kind: type[Peer], wish: Wish) -> None:
    """Make one call."""
    peer = kind(wish)
    assert (await peer.call())[0]
    print(json.dumps({"first": time.process_time()}), flush=True)
    await peer.aclose()


async def many(kind: type[Peer], wish: Wish, streams: int) -> None:
    """Open many streams; say what they took of memory, and how many of their events come, if any do."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    peers = [kind(wish) for _ in range(-(-streams // kind.most_at_once))]
    begun = [False] * streams
    came = 0

    async def read(number: int) -> None:
        def seen(text: str, finish: str | None) -> None:
            nonlocal came
            came += bool(text)
            begun[number] = True

        await peers[number % len(peers)].stream(seen)

    await peers[0].call()
    gc.collect()
    before = memory("VmRSS")
    tasks = [asyncio.create_task(read(number)) for number in range(streams)]
    while not all(begun):
        done = [task for task in tasks if task.done()]
        assert not done, done[0].exception()
        await asyncio.sleep(0.05)
    result: dict[str, Any] = {"grown": memory("VmHWM") - before}
    if wish.root.endswith("/paced"):
        await asyncio.sleep(WARM_SECONDS)
        came, busy, at = 0, time.process_time(), time.perf_counter()
        await asyncio.sleep(WATCH_SECONDS)
        seconds = time.perf_counter() - at
        result |= {"rate": came / seconds, "busy": (time.process_time() - busy) / seconds}
    print(json.dumps(result), flush=True)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for peer in peers:
        await peer.aclose()


def main() -> None:
    """Follow the order."""
    order = json.loads(sys.argv[1])
    module, _, name = order["peer"].partition(":")
    kind: type[Peer] = getattr(importlib.import_module(f"benchmarks.{module}"), name)
    wish = Wish(**order["wish"])
    if order["work"] == "rounds":
        rounds(kind, wish)
    elif order["work"] == "first":
        asyncio.run(first(kind, wish))
    else:
        asyncio.run(many(kind, wish, order["streams"]))


if __name__ == "__main__":
    main()
