"""Print what calls, streamed events and a start take of CPU time, and open streams of memory, beside a bare client.

``python -m benchmarks``. With ``--peers DIRECTORY``, other libraries are measured too, as :mod:`benchmarks.peers` says.
Times depend on the machine and on what else it does; ratios of medians from one run do much less. Everything runs on
one core where the system allows that.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import peers
from benchmarks.clients import CLIENTS, Client
from benchmarks.endpoint import EVENTS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

ROUNDS = 15
CALLS = 500
STREAMS = 4
AT_ONCE = 64
WORK = ("call, 1 at a time", f"call, {AT_ONCE} at once", "streamed event")


async def spent(work: Callable[[], Awaitable[object]], times: int) -> float:
    """Return the CPU seconds per unit of work; what work before it has left to collect is not counted."""
    gc.collect()
    begun = time.process_time()
    await work()
    return (time.process_time() - begun) / times


async def one_by_one(client: Client) -> None:
    """Make calls one after the other."""
    for _ in range(CALLS):
        await client.call()


async def at_once(client: Client) -> None:
    """Make as many calls, many of them at once."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one() -> None:
        async with gate:
            await client.call()

    await asyncio.gather(*(one() for _ in range(CALLS)))


async def streams(client: Client) -> None:
    """Read streams one after the other."""
    for _ in range(STREAMS):
        assert await client.stream() >= EVENTS


async def measure(base: str) -> dict[str, list[float]]:
    """Return the median CPU seconds of each work, by client; the clients take turns."""
    clients = {name: kind(base) for name, kind in CLIENTS.items()}
    samples: dict[str, list[list[float]]] = {name: [[], [], []] for name in clients}
    for number in range(ROUNDS + 1):
        for name, client in clients.items():
            taken = (
                await spent(lambda client=client: one_by_one(client), CALLS),
                await spent(lambda client=client: at_once(client), CALLS),
                await spent(lambda client=client: streams(client), STREAMS * EVENTS),
            )
            if number:  # the first round warms up
                for kept, seconds in zip(samples[name], taken, strict=True):
                    kept.append(seconds)
    for client in clients.values():
        await client.aclose()
    return {name: [statistics.median(each) for each in kinds] for name, kinds in samples.items()}


def main() -> None:
    """Measure Dragoman alone, or its peers too."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--peers", metavar="DIRECTORY", help="measure other libraries too, in environments kept there")
    parser.add_argument("--rounds", type=int, help="how often; given, nothing is written")
    options = parser.parse_args()
    if options.peers:
        peers.main(options.peers, options.rounds or ROUNDS, keep=options.rounds is None)
    else:
        alone()


def alone() -> None:
    """Start the endpoint, measure, print."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, cores[-1:])
    command = [sys.executable, str(Path(__file__).with_name("endpoint.py")), "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            medians = asyncio.run(measure(f"http://127.0.0.1:{int(process.stdout.readline())}/v1"))
        finally:
            process.terminate()
    bare = medians["aiohttp + orjson"]
    print(f"{'':18}" + "".join(f"{work:>26}" for work in WORK))
    for name, seconds in medians.items():
        cells = (f"{each * 1e6:.1f} µs ({each / base:.2f})" for each, base in zip(seconds, bare, strict=True))
        print(f"{name:18}" + "".join(f"{cell:>26}" for cell in cells))
    processes()


def processes() -> None:
    """Measure what whole processes take; print."""
    with peers.served() as bench:
        first = peers.firsts(bench, [peers.BARE, peers.DRAGOMAN], ROUNDS + 2)
    with peers.served(apart=True) as bench:
        grown = {name: told["grown"] for name, told in peers.opened(bench, "/held", peers.HELD).items()}
    print(f"\n{'':18}{'import and first call':>26}{f'{peers.HELD} open streams':>26}")
    for name, shown in ((peers.BARE.name, "aiohttp + orjson"), (peers.DRAGOMAN.name, "typed doors")):
        cells = (
            f"{first[name] * 1e3:.0f} ms ({first[name] / first[peers.BARE.name]:.2f})",
            f"{grown[name] / 1e6:.1f} MB ({grown[name] / grown[peers.BARE.name]:.2f})",
        )
        print(f"{shown:18}" + "".join(f"{cell:>26}" for cell in cells))


if __name__ == "__main__":
    main()
