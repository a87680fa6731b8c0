"""A stream that nobody awaits costs at most twice one that is awaited, counted in functions of both threads."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable
from typing import Any

from benchmarks.budget import ASKED, FEW, MANY
from benchmarks.memory import MemoryTransport
from dragoman import LLM, SyncLLM
from dragoman.client.loop_thread import loop_thread


def answer_in_memory(llm: LLM, words: int) -> None:
    provider: Any = llm._model.ready()[0].provider  # noqa: SLF001  # no public way leads to the transport
    provider.transport = MemoryTransport(ASKED["openai"].server_dialect, words)


async def read(llm: LLM) -> None:
    async with llm.stream("hi") as stream:
        async for _ in stream:
            pass


def read_without_await(llm: SyncLLM) -> None:
    with llm.stream("hi") as stream:
        for _ in stream:
            pass


def functions(work: Callable[[], object]) -> int:
    """Return how many functions are entered, in this thread and in that of the loop."""
    count = [0]

    def note(frame: object, event: str, argument: object) -> None:
        if event == "call":
            count[0] += 1

    async def profile(function: Any) -> None:
        sys.setprofile(function)

    work()
    gc.disable()  # what the collector calls is not ours
    loop_thread().run(profile(note))
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
        loop_thread().run(profile(None))
        gc.enable()
    return count[0]


def test_an_event_without_await_costs_at_most_twice_one_with_it() -> None:
    one, other = LLM(ASKED["openai"].config()), SyncLLM(ASKED["openai"].config())
    counts = list[tuple[int, int]]()
    with asyncio.Runner() as runner:
        for words in (FEW, MANY):
            answer_in_memory(one, words)
            answer_in_memory(other._llm, words)  # noqa: SLF001  # the same
            awaited = functions(lambda: runner.run(read(one)))
            counts.append((awaited, functions(lambda: read_without_await(other))))
        runner.run(one.aclose())
    other.close()
    awaited, without = (more - few for few, more in zip(*counts, strict=True))
    assert awaited > MANY - FEW
    assert without <= 2 * awaited, f"{without / awaited:.2f} times"
