"""The calls themselves: through each dialect in turn, many at once, counted in batches."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
from attrs import define, field, frozen

from dragoman import LLM, DragomanError
from faults.clients import CLIENTS
from soak.echo import text_of
from soak.figures import Figures, closed_but, open_files
from soak.ledger import Ledger, mark

if TYPE_CHECKING:
    from collections.abc import Iterable

AT_ONCE = 48
BATCHES = 11  # the first warms up
PLUGINS = ("openai", "anthropic", "google")
PATIENCE = {"timeout": 60, "first_byte_timeout": 1.0, "idle_timeout": 1.0, "num_retries": 2}
GROWTH = {"resident": 16 << 20, "blocks": 3000, "objects": 1000, "tasks": 0}
"""By how much each figure may differ from the end of the warm-up to the end of the run: caches, no more."""


class Hasty:
    """Go by the machine's clock, but do not wait between tries."""

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


def hasty(llm: LLM) -> LLM:
    """Let an LLM not wait between tries."""
    now = llm._model._current(None)  # noqa: SLF001  # a configuration is data, and names no clock
    now.builder = attrs.evolve(now.builder, clock=Hasty())
    return llm


@frozen(kw_only=True)
class Plan:
    """Say what to do.

    Args:
        calls: how many whole answers to ask for.
        streams: how many streams.
        seed: of the server's lots.

    """

    calls: int = 100_000
    streams: int = 10_000
    seed: int = 1

    @property
    def total(self) -> int:
        return self.calls + self.streams

    def is_streamed(self, number: int) -> bool:
        """Tell whether a call is a stream: they are spread evenly."""
        return (number + 1) * self.streams // self.total > number * self.streams // self.total


@define(kw_only=True)
class Result:
    """Hold what came of it.

    Args:
        outcomes: how many calls ended how.
        figures: what the process held after each batch.
        requests: how many requests the server saw.
        seconds: how long it took.
        files: the open files before and after.
        breaches: what must not be.

    """

    outcomes: dict[str, int] = field(factory=dict)
    figures: list[Figures] = field(factory=list)
    requests: int = 0
    seconds: float = 0.0
    files: tuple[int, int] = (0, 0)
    breaches: list[str] = field(factory=list)


@contextmanager
def serving(seed: int, seen: dict[str, tuple[int, bool]]) -> Iterator[str]:
    """Run the server in a process of its own and yield its address; *seen* is filled in the end."""
    folder = Path(__file__).parents[1]
    command = [sys.executable, "-m", "soak.server", str(seed)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=folder, text=True, env=os.environ | {"PYTHONPATH": "."}, **pipes) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.stdin.close()
        seen.update(json.loads(process.stdout.read()))


async def one(llm: LLM, ledger: Ledger, number: int, *, streamed: bool) -> None:
    """Make one call and enter what came of it."""
    name = mark(number)
    try:
        if streamed:
            async with llm.stream(f"What is {name} ?") as stream:
                response = await stream.collect()
        else:
            response = await llm.generate(f"What is {name} ?")
    except DragomanError as error:
        ledger.failed(number, error)
    else:
        ledger.answered(number, response.text, text_of(name), response.attempts)


async def batch(llms: list[LLM], ledger: Ledger, plan: Plan, numbers: Iterable[int]) -> None:
    """Make these calls, some at once."""
    left = iter(numbers)

    async def work() -> None:
        for number in left:
            await one(llms[number % len(llms)], ledger, number, streamed=plan.is_streamed(number))

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(work())


async def calls(url: str, plan: Plan, ledger: Ledger) -> Result:
    """Make all calls."""
    result = Result()
    begun, files = time.monotonic(), open_files()
    llms = [hasty(LLM(CLIENTS[name].config(url, **PATIENCE))) for name in PLUGINS]
    borders = [plan.total * each // BATCHES for each in range(BATCHES + 1)]
    for start, end in pairwise(borders):
        await batch(llms, ledger, plan, range(start, end))
        for llm in llms:
            llm.usage.clear()  # the ledger is there to keep what calls have used
        result.figures.append(Figures.now())
    for llm in llms:
        await llm.aclose()
    result.files = files, await closed_but(files)
    result.seconds = time.monotonic() - begun
    return result


def soak(plan: Plan) -> Result:
    """Make all calls that *plan* names, and find what must not be."""
    ledger, seen = Ledger(plan.total), dict[str, tuple[int, bool]]()
    with serving(plan.seed, seen) as url:
        result = asyncio.run(calls(url, plan, ledger))
    result.outcomes = dict(ledger.outcomes.most_common())
    result.requests = sum(count for count, _ in seen.values())
    result.breaches = ledger.audit(seen) + list(grown(result))
    return result


def grown(result: Result) -> Iterator[str]:
    """Yield the figures that differ too much."""
    first, last = result.figures[0], result.figures[-1]
    for name, most in GROWTH.items():
        before, after = getattr(first, name), getattr(last, name)
        if after - before > most:
            yield f"{name} grew from {before} to {after}"
    if result.files[1] > result.files[0]:
        yield f"{result.files[1] - result.files[0]} files are still open"
