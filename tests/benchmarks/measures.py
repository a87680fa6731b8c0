"""What is measured: calls, streamed events, starts and the memory of open streams, of several libraries by turns."""

from __future__ import annotations

import statistics
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

from benchmarks.bench import STUBS, Kind, Turns

if TYPE_CHECKING:
    from benchmarks.bench import Bench

HELD = 1000
"""How many streams are held open."""
TIMES = 3
"""How often many streams are opened."""

BARE = Kind(name="aiohttp + orjson", place="dragoman", peer="peers_bare:AioHttp")
DRAGOMAN = Kind(name="dragoman: generate(), stream()", place="dragoman", peer="peers_dragoman:Dragoman")
CROWDED = Kind(
    name=f"dragoman: the same, {STUBS} more plugins", place="dragoman", peer="peers_dragoman:Dragoman", stubs=True
)
TEXT = Kind(name="dragoman: streaming_completion()", place="dragoman", peer="peers_dragoman:DragomanText")
MESSAGES = Kind(
    name="dragoman: the same, Anthropic", place="dragoman", peer="peers_dragoman:Dragoman", vendor="anthropic"
)
LISTED = Kind(name="dragoman: stream() of a list", place="dragoman", peer="peers_dragoman:Dragoman", path="/listed")
EXTRACTED = Kind(
    name="dragoman: stream_extract() of it", place="dragoman", peer="peers_dragoman:DragomanItems", path="/listed"
)


def work(bench: Bench, kinds: list[Kind], rounds: int, processes: int) -> dict[str, dict[str, float]]:
    """Return what calls and events take, in CPU seconds, and how much memory each process had at most, in bytes.

    Args:
        bench: where the processes run.
        kinds: the libraries.
        rounds: how often each process works when it is its turn, after a first time that warms it up.
        processes: how many processes of each library work, one after the other: where one lies in memory by chance
            makes it faster or slower by a tenth.

    """
    samples: dict[str, list[dict[str, float]]] = {kind.name: [] for kind in kinds}
    peaks: dict[str, list[float]] = {kind.name: [] for kind in kinds}
    for number in range(processes):
        with ExitStack() as stack:
            turns = {kind.name: stack.enter_context(Turns(bench.start(kind, "rounds", kind.path))) for kind in kinds}
            for each in range(rounds + 1):
                for name, turn in turns.items():
                    taken = turn.go()
                    if each:
                        samples[name].append(taken)
            for name, turn in turns.items():
                peaks[name].append(turn.end())
        print(f"process {number + 1} of {processes} has worked", file=sys.stderr)
    return {
        name: {what: statistics.median(each[what] for each in taken) for what in taken[0]}
        | {"peak": statistics.median(peaks[name])}
        for name, taken in samples.items()
    }


def firsts(bench: Bench, kinds: list[Kind], rounds: int) -> dict[str, float]:
    """Return what the import of each library and its first call take, in CPU seconds."""
    taken: dict[str, list[float]] = {kind.name: [] for kind in kinds}
    for number in range(rounds + 1):
        for kind in kinds:
            first = bench.reported(kind, "first")["first"]
            if number:  # the first round leaves the compiled modules behind
                taken[kind.name].append(first)
    return {name: statistics.median(each) for name, each in taken.items()}


def opened(bench: Bench, path: str, streams: int) -> dict[str, dict[str, float]]:
    """Return what many streams at once take of memory, and how many of their events come, if any do."""
    reported: dict[str, list[dict[str, float]]] = {BARE.name: [], DRAGOMAN.name: []}
    for _ in range(TIMES):
        for kind in (BARE, DRAGOMAN):
            reported[kind.name].append(bench.reported(kind, "many", path, streams=streams))
    return {
        name: {what: statistics.median(each[what] for each in times) for what in times[0]}
        for name, times in reported.items()
    }
