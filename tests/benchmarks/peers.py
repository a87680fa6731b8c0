"""Measure what Dragoman and others cost, all in one run: ``python -m benchmarks --peers DIRECTORY``.

Each library works in an environment and a process of its own, against one server. They take turns, a round each; what
is printed and written into docs/explanation/performance.md are medians of the CPU time of those processes. Everything
runs on one core where the system allows that; only where many streams are open does the server have one of its own.
"""

from __future__ import annotations

import platform
import statistics
import subprocess
import time
from pathlib import Path
from typing import Any

from benchmarks import page, plot
from benchmarks.bench import STUBS, Bench, Kind, served
from benchmarks.environments import environment, interpreter
from benchmarks.measures import BARE, CROWDED, DRAGOMAN, HELD, MESSAGES, TEXT, firsts, opened, work

PACED = 2000
PACE = 60
PROCESSES = 5
PLOT = "performance.svg"


KINDS = [
    BARE,
    Kind(name="httpx2 + orjson", place="httpx2", peer="peers_bare:Httpx2"),
    Kind(name="httpx + orjson", place="httpx", peer="peers_bare:Httpx"),
    DRAGOMAN,
    CROWDED,
    TEXT,
    MESSAGES,
    Kind(name="openai", place="openai", peer="peers_vendors:OpenAI"),
    Kind(name="anthropic", place="anthropic", peer="peers_vendors:Anthropic", vendor="anthropic"),
    Kind(name="pydantic-ai", place="pydantic-ai", peer="peers_frameworks:PydanticAI"),
    Kind(name="langchain-openai", place="langchain-openai", peer="peers_frameworks:LangChain"),
    Kind(name="any-llm", place="any-llm", peer="peers_frameworks:AnyLLM"),
    Kind(name="litellm", place="litellm", peer="peers_frameworks:LiteLLM"),
]


def starts(bench: Bench, rounds: int) -> list[list[str]]:
    """Return the rows about what it takes to start."""
    script = str(interpreter(bench.directory, "dragoman").with_name("dragoman"))
    commands = {
        "python": (BARE, "-c", "pass"),
        "attrs": (BARE, "-c", "import attrs, pluggy"),
        "import": (DRAGOMAN, "-c", "import dragoman"),
        "names": (DRAGOMAN, "-c", "from dragoman import LLM, LLMConfig, Message"),
        "click": (BARE, "-c", "import click"),
        "help": (DRAGOMAN, script, "--help"),
        "help, crowded": (CROWDED, script, "--help"),
    }
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, (kind, *arguments) in commands.items():
            seconds = bench.busy(kind, *arguments)
            if number:  # the first round warms up
                taken[name].append(seconds)
    median = {name: statistics.median(each) for name, each in taken.items()}
    rows = [["an empty program", _ms(median["python"]), "", ""]]
    pairs = [
        ("`import dragoman`", "import", "attrs", "`import attrs, pluggy`"),
        ("`from dragoman import LLM, LLMConfig, Message`", "names", "attrs", "`import attrs, pluggy`"),
        ("`dragoman --help`", "help", "click", '`python -c "import click"`'),
        (f"`dragoman --help`, {STUBS} more plugins", "help, crowded", "click", '`python -c "import click"`'),
    ]
    rows += [
        [what, _ms(median[ours]), f"{named}: {_ms(median[theirs])}", f"{median[ours] / median[theirs]:.2f}"]
        for what, ours, theirs, named in pairs
    ]
    return rows


def crowds(bench: Bench) -> list[list[str]]:
    """Return the rows about many streams at once."""
    held, paced = (opened(bench, path, streams) for path, streams in (("/held", HELD), ("/paced", PACED)))
    rows = [_against(f"peak memory of {HELD} open streams", held, "grown", lambda bytes_: f"{bytes_ / 1e6:.1f} MB")]
    for figures in paced.values():
        figures["event"] = figures["busy"] / figures["rate"]
        figures["kept"] = 1 / (figures["event"] * PACE)
    rows.append(_against(f"{PACED} streams of {PACE} events a second: an event", paced, "event", _us))
    rows.append(_against("such streams that came in time", paced, "rate", lambda rate: f"{rate / PACE:.0f}"))
    rows.append(_against("such streams for which one core suffices", paced, "kept", lambda kept: f"{kept:.0f}"))
    return rows


def _against(what: str, figures: dict[str, dict[str, float]], name: str, shown: Any) -> list[str]:
    ours, theirs = figures[DRAGOMAN.name][name], figures[BARE.name][name]
    return [what, shown(ours), f"{BARE.name}: {shown(theirs)}", f"{ours / theirs:.2f}"]


def _us(seconds: float) -> str:
    return f"{seconds * 1e6:.1f} µs"


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:.0f} ms"


def report(figures: dict[str, dict[str, float]], others: list[list[str]], rounds: int) -> str:
    """Return what is written into the page."""
    bare = figures[BARE.name]
    heads = ["", "import and first call", "call, 1 at a time", "call, 64 at once", "streamed event", "peak memory"]
    shown = {
        "first": _ms,
        "call": lambda seconds: f"{seconds * 1e6:.0f} µs",
        "among": lambda seconds: f"{seconds * 1e6:.0f} µs",
        "event": _us,
        "peak": lambda amount: f"{amount / 1e6:.0f} MB",
    }
    rows = [
        [name, *(f"{show(each[what])} ({each[what] / bare[what]:.2f})" for what, show in shown.items())]
        for name, each in figures.items()
    ]
    ours = figures[DRAGOMAN.name]
    times = [
        [name, *(f"{each[what] / ours[what]:.1f}" for what in shown)]
        for name, each in figures.items()
        if not name.startswith(("dragoman", BARE.name))
    ]
    return "\n\n".join(
        (
            page.table(heads, rows),
            f"In brackets: the ratio to {BARE.name}. Medians of {PROCESSES} processes with {rounds} rounds each, on"
            + time.strftime(" %Y-%m-%d."),
            f"The same as multiples of {DRAGOMAN.name}:",
            page.table(heads, times),
            f"![What a streamed event and a call cost]({PLOT})",
            page.table(["", "Dragoman", "the other", "ratio"], others),
        )
    )


def versions(directory: Path) -> str:
    """Return the versions of all that was measured."""
    found: dict[str, None] = {}
    for kind in KINDS:
        module, _, name = kind.peer.partition(":")
        code = f"from benchmarks.{module} import {name}; print({name}.distribution, {name}.version())"
        command = [str(interpreter(directory, kind.place)), "-c", code]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment())
        found[done.stdout.strip()] = None
    return f"{', '.join(found)}; Python {platform.python_version()} on {platform.system()} {platform.machine()}."


def main(directory: str, rounds: int = 7, *, keep: bool = True) -> None:
    """Measure, print, and write the page and its plot.

    Args:
        directory: where the environments are, or will be.
        rounds: how often each library works.
        keep: whether the page is written.

    """
    place = Path(directory).resolve()
    with served(place) as bench:
        figures = work(bench, KINDS, rounds, PROCESSES)
        for name, first in firsts(bench, KINDS, rounds + PROCESSES).items():
            figures[name]["first"] = first
        others = starts(bench, rounds + PROCESSES)
        others.append(_against("import and first call", figures, "first", _ms))
        crowded = {**figures, DRAGOMAN.name: figures[CROWDED.name]}
        others.append(_against(f"import and first call, {STUBS} more plugins", crowded, "first", _ms))
    with served(place, apart=True) as bench:
        others += crowds(bench)
    text = report(figures, others, rounds) + f"\n\nMeasured: {versions(place)}"
    print(text)
    if keep:
        print(page.write("performance.md", "figures", text))
        (page.PAGES / PLOT).write_text(plot.svg(figures), "utf-8")
