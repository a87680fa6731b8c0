"""A stream that nobody awaits costs at most twice one that is awaited, in CPU time of the whole process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from benchmarks.budget import ASKED
from benchmarks.memory import MemoryTransport
from dragoman import LLM, SyncLLM

EVENTS = 4000
ROUNDS = 5


def with_answer_in_memory(llm: LLM) -> None:
    provider: Any = llm._model.ready()[0].provider  # noqa: SLF001  # no public way leads to the transport
    provider.transport = MemoryTransport(ASKED["openai"].server_dialect, EVENTS)


async def read(llm: LLM) -> int:
    count = 0
    async with llm.stream("hi") as stream:
        async for _ in stream:
            count += 1
    return count


def read_without_await(llm: SyncLLM) -> int:
    with llm.stream("hi") as stream:
        return sum(1 for _ in stream)


def least(work: Callable[[], int]) -> float:
    """Return the least CPU time of a few rounds, after one that warms up."""
    assert work() >= EVENTS
    taken = list[float]()
    for _ in range(ROUNDS):
        before = time.process_time()
        work()
        taken.append(time.process_time() - before)
    return min(taken)


def test_a_stream_without_await_costs_at_most_twice_one_with_it() -> None:
    one = LLM(ASKED["openai"].config())
    other = SyncLLM(ASKED["openai"].config())
    with_answer_in_memory(one)
    with_answer_in_memory(other._llm)  # noqa: SLF001  # the same
    with asyncio.Runner() as runner:
        awaited = least(lambda: runner.run(read(one)))
        runner.run(one.aclose())
    without = least(lambda: read_without_await(other))
    other.close()
    assert without <= 2 * awaited, f"{without / awaited:.2f} times"
