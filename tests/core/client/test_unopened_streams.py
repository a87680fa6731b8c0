"""A stream that is used without its block says how it is opened."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable
from typing import Any

import pytest

from dragoman import LLM, ConfigurationError, SyncLLM

DOORS: dict[str, tuple[Any, ...]] = {"stream": ("Hi",), "stream_extract": (str, "Hi"), "stream_run": ("Hi",)}


async def _awaited(stream: Any) -> None:
    await stream


async def _iterated(stream: Any) -> None:
    async for event in stream:
        print(event)  # it is never reached


async def _in_block(stream: Any) -> None:
    async with stream:
        pass


def _in_sync_block(stream: Any) -> None:
    with stream:
        pass


NO_BLOCK: dict[str, Callable[[Any], object]] = {
    "for": list,
    "async for": lambda stream: asyncio.run(_iterated(stream)),
    "await": lambda stream: asyncio.run(_awaited(stream)),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("use", [*NO_BLOCK, "async with"])
def test_without_await_the_error_says_what_to_write(door: str, use: str) -> None:
    stream = getattr(SyncLLM("echo"), door)(*DOORS[door])
    use_it = NO_BLOCK.get(use, lambda stream: asyncio.run(_in_block(stream)))
    with pytest.raises(
        TypeError, match=rf"^open it first: `with llm\.{door}\(\.\.\.\) as stream`, .*`for \w+ in stream`"
    ):
        use_it(stream)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("use", [*NO_BLOCK, "with"])
def test_with_await_the_error_says_what_to_write(door: str, use: str) -> None:
    stream = getattr(LLM("echo"), door)(*DOORS[door])
    words = rf"^open it first: `async with llm\.{door}\(\.\.\.\) as stream`, .*`async for \w+ in stream`"
    with pytest.raises(TypeError, match=words):
        NO_BLOCK.get(use, _in_sync_block)(stream)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("kind", "words"), [(SyncLLM, "`with llm"), (LLM, "`async with llm")])
def test_what_an_open_stream_has_is_missed_with_advice(kind: Any, words: str, door: str) -> None:
    stream = getattr(kind("echo"), door)(*DOORS[door])
    with pytest.raises(AttributeError, match=rf"no 'collect' before it is open; open it first: {words}\.{door}\("):
        stream.collect()
    assert not hasattr(stream, "text")


@pytest.mark.parametrize("door", DOORS)
def test_a_block_is_entered_once(door: str) -> None:
    stream = getattr(SyncLLM("echo"), door)(*DOORS[door])
    with stream as opened:
        assert opened.collect() is not None
    with pytest.raises(ConfigurationError, match=rf"already entered; call {door}\(\) again"), stream:
        pass


def test_a_stream_that_is_not_open_can_be_shown() -> None:
    stream = SyncLLM("echo").stream("Hi")
    assert "SyncContext" in repr(stream)
    with pytest.raises(TypeError):
        copy.deepcopy(stream)
