"""A stream that is used without its block says how it is opened."""

from __future__ import annotations

import asyncio
import copy
import pickle
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from dragoman import LLM, ConfigurationError, Event, ProtocolError, RateLimitError, StreamStart, SyncLLM
from dragoman.client.stream import EventStream

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
    "next": next,
    "anext": anext,
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


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("kind", [SyncLLM, LLM])
@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_stream_that_is_not_open_can_be_shown_and_not_copied(
    kind: Any, door: str, duplicate: Callable[[Any], object]
) -> None:
    stream = getattr(kind("echo"), door)(*DOORS[door])
    assert "Context object" in repr(stream)
    with pytest.raises(TypeError, match=rf"^a stream cannot be copied or pickled; call {door}\(\) for each$"):
        duplicate(stream)


CLOSED = """
import asyncio
from dragoman import LLM, ProtocolError, SyncLLM
async def left():
    async with LLM("echo").stream("Hi") as stream:
        pass
    try:
        await anext(stream, None)
    except ProtocolError as error:
        print(error)
    async with LLM("echo").stream_extract(list[int], "Hi") as values:
        pass
    try:
        [each async for each in values.items()]
    except ProtocolError as error:
        print(error)
asyncio.run(left())
with SyncLLM("echo").stream_extract(list[int], "Hi") as values:
    pass
for read in (values, values.items()):
    try:
        list(read)
    except ProtocolError as error:
        print(error)
"""


def test_a_stream_that_is_read_after_its_block_does_not_end_the_process() -> None:
    """A default of ``anext`` crashes an interpreter before Python 3.13.3 if the call itself raises."""
    ran = subprocess.run([sys.executable, "-c", CLOSED], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.count("the stream is not open; use it as `async with llm.stream(...)") == 4


async def test_a_run_that_was_left_is_not_read_as_if_it_had_ended() -> None:
    words = "left before its end; read it inside its block, or give so_far"
    async with LLM("echo").stream_run("Hi") as stream:
        pass
    with pytest.raises(ProtocolError, match=words):
        await anext(stream)
    with pytest.raises(ProtocolError, match=words):
        await stream.collect()
    with SyncLLM("echo").stream_run("Hi") as read:
        assert read.collect().text == "Hi"
    assert list(read) == []
    with SyncLLM("echo").stream_run("Hi") as unread:
        pass
    with pytest.raises(ProtocolError, match=words):
        list(unread)


class Abrupt:
    """Give events, and raise in the call for the next one rather than when it is awaited."""

    def __init__(self, *events: Event) -> None:
        self._events = [*events]

    def __aiter__(self) -> Abrupt:
        return self

    def __anext__(self) -> Awaitable[Event]:
        if not self._events:
            raise RateLimitError("slower")
        event = self._events.pop(0)

        async def given() -> Event:
            return event

        return given()


@pytest.mark.parametrize("events", [(), (StreamStart(),)])
async def test_an_iterator_of_middleware_may_raise_where_it_is_asked(events: tuple[Event, ...]) -> None:
    @asynccontextmanager
    async def opened() -> AsyncIterator[AsyncIterator[Event]]:
        yield Abrupt(*events)

    async with EventStream(opened()) as stream:
        with pytest.raises(RateLimitError, match="slower"):
            await stream.collect()
