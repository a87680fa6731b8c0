"""Print what calls, streamed events and a start take of CPU time, and open streams of memory, next to a bare client.

``python -m benchmarks``. With ``--peers DIRECTORY``, other libraries are measured too, as :mod:`benchmarks.peers` says.
Times depend on the machine and on what else it does; ratios of medians from one run do much less. Everything runs on
one core where the system allows that.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

from benchmarks import peers
from benchmarks.bench import served
from benchmarks.measures import BARE, DRAGOMAN, EXTRACTED, HELD, LISTED, MESSAGES, TEXT, firsts, opened, work

ROUNDS = 4
PROCESSES = 9


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
    """Measure, and print each figure with its ratio to the bare client's."""
    kinds = [BARE, DRAGOMAN, TEXT, MESSAGES]
    with served() as bench:
        figures = work(bench, [*kinds, LISTED, EXTRACTED], ROUNDS, PROCESSES)
        for name, first in firsts(bench, kinds, PROCESSES).items():
            figures[name]["first"] = first
    with served(apart=True) as bench:
        for name, reported in opened(bench, "/held", HELD).items():
            figures[name]["grown"] = reported["grown"]
    for kind in (LISTED, EXTRACTED):
        figures[kind.name] = {"event": figures[kind.name]["event"]}
    columns: dict[str, tuple[str, Callable[[float], str]]] = {
        "call": ("call, 1 at a time", lambda seconds: f"{seconds * 1e6:.1f} µs"),
        "among": ("call, 64 at once", lambda seconds: f"{seconds * 1e6:.1f} µs"),
        "event": ("streamed event", lambda seconds: f"{seconds * 1e6:.1f} µs"),
        "first": ("import and first call", lambda seconds: f"{seconds * 1e3:.0f} ms"),
        "grown": (f"{HELD} open streams", lambda amount: f"{amount / 1e6:.1f} MB"),
    }
    bare = figures[BARE.name]
    print(f"{'':32}" + "".join(f"{head:>24}" for head, _ in columns.values()))
    for name, found in figures.items():
        cells = (
            f"{shown(found[what])} ({found[what] / bare[what]:.2f})" if what in found else ""
            for what, (_, shown) in columns.items()
        )
        print(f"{name:32}" + "".join(f"{cell:>24}" for cell in cells))
    ratio = figures[EXTRACTED.name]["event"] / figures[LISTED.name]["event"]
    print(f"an event of stream_extract() takes {ratio:.2f} times that of stream()")


if __name__ == "__main__":
    main()
