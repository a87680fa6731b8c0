from __future__ import annotations

import asyncio
import atexit
import inspect
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

import pytest
from attrs import frozen

from core.scripted import Scripted, say, spoken
from dragoman import (
    CallContext,
    ChatRequest,
    ConfigurationError,
    ConnectionFailedError,
    LLMConfig,
    Message,
    ProtocolError,
    Response,
    ServerError,
    StreamEnd,
    StreamingLLM,
    StreamStart,
    SyncLLM,
    UnsupportedError,
)
from dragoman.client.loop_thread import (
    LoopThread,
    _Call,  # pyright: ignore[reportPrivateUsage]  # its ends are tested
    loop_thread,
)
from dragoman.plugins.registry import installed

ECHO = LLMConfig(model="echo")


NAMED_OTHERWISE = {"aclose": "close"}
"""Methods of an ``LLM`` that have another name where nobody awaits them."""
ASYNCHRONOUS_BY_NAME = {"acompletion", "achat_completion"}
"""Methods that are other names of two more."""


def doors(kind: type[object]) -> dict[str, object]:
    """Return the public methods and properties of a class and of those that it is derived from."""
    return {name: member for name, member in inspect.getmembers(kind) if not name.startswith("_")}


@pytest.mark.parametrize("name", sorted(doors(StreamingLLM).keys() - ASYNCHRONOUS_BY_NAME))
def test_every_door_has_a_twin_without_await(name: str) -> None:
    one, twin = doors(StreamingLLM)[name], doors(SyncLLM).get(NAMED_OTHERWISE.get(name, name))
    assert twin is not None, f"SyncLLM lacks {name}: def {name}(...): return _run(self._llm.{name}(...))"
    assert isinstance(one, property) == isinstance(twin, property)
    assert not inspect.iscoroutinefunction(twin)
    if isinstance(one, property) and isinstance(twin, property):
        assert (one.fset is None) == (twin.fset is None)
    else:
        assert parameters(one) == parameters(twin)


def test_there_is_no_door_without_await_alone() -> None:
    named = {NAMED_OTHERWISE.get(name, name) for name in doors(StreamingLLM)}
    assert doors(SyncLLM).keys() <= named


def parameters(method: Any) -> list[tuple[str, object, object, object]]:
    """Return what a method takes: the name, the kind, the default and the type of each parameter."""
    taken = inspect.signature(method).parameters.values()
    return [(each.name, each.kind, each.default, each.annotation) for each in taken]


@frozen
class City:
    name: str


def test_the_doors_without_await() -> None:
    with SyncLLM(ECHO) as llm:
        assert llm.completion("Hi there") == "Hi there"
        assert llm.chat_completion([Message("user", "Hi")]) == "Hi"
        assert llm.generate("Hi").usage.output_tokens == 1
        assert llm.extract(City, "Bern") == City("Bern")
        assert llm.explain().provider == "echo"
        assert llm.config is ECHO
        assert repr(llm) == f"SyncLLM({ECHO!r})"
        with pytest.raises(UnsupportedError):
            llm.build_request("Hi")


def test_a_stream_gives_events_text_or_the_whole_answer() -> None:
    llm = SyncLLM(ECHO)
    with llm.stream("Hi there") as stream:
        events = list(stream)
    assert isinstance(events[0], StreamStart)
    assert events[-1] == StreamEnd(stream.response)
    with llm.stream("Hi there") as stream:
        assert list(stream.text()) == ["Hi", " there"]
    with llm.stream("Hi there") as stream:
        assert stream.collect().text == "Hi there"


def test_a_stream_that_was_begun_is_collected_from_there() -> None:
    with SyncLLM(ECHO).stream("Hi there") as stream:
        next(iter(stream))
        with pytest.raises(ProtocolError, match="read it to its end first"):
            _ = stream.response
        assert stream.collect().text == "Hi there"


def test_text_is_streamed_by_the_names_of_the_api_reference() -> None:
    llm = SyncLLM(ECHO)
    assert list(llm.streaming_completion("Hi there")) == ["Hi", " there"]
    assert "".join(llm.streaming_chat_completion([Message("user", "Hi there")])) == "Hi there"


def test_an_iterator_of_text_that_is_left_hangs_up(scripted: Scripted) -> None:
    scripted.script = [spoken("Hi")]
    for piece in SyncLLM(LLMConfig(model="scripted/m")).streaming_completion("Hi"):
        assert piece == "Hi"
        break
    assert len(scripted.left) == 1


def test_the_optional_protocols_without_await() -> None:
    llm = SyncLLM(ECHO)
    assert [each.id for each in llm.models()] == ["echo"]
    assert llm.count_tokens("Hi there").input_tokens == 2
    assert len(llm.embed(["Hi"]).vectors) == 1
    with pytest.raises(UnsupportedError, match="does not show a request"):
        llm.build_request("Hi")
    assert llm.learn_capabilities() == llm.capabilities()
    llm.config = LLMConfig(model="echo", max_tokens=1)
    assert llm.generate("one two").text == "one"


def test_calls_inside_a_running_loop() -> None:
    async def main() -> list[str]:
        llm = SyncLLM(ECHO)
        with llm.stream("Hi there") as stream:
            return [llm.completion("Hi"), *stream.text()]

    assert asyncio.run(main()) == ["Hi", "Hi", " there"]


def test_a_stream_left_by_an_error_hangs_up(scripted: Scripted) -> None:
    scripted.script = [spoken("Hi")]
    with pytest.raises(KeyError), SyncLLM(LLMConfig(model="scripted/m")).stream("Hi") as stream:  # noqa: PT012  # the block is left
        next(iter(stream))
        raise KeyError
    assert len(scripted.left) == 1


def test_errors_come_through(scripted: Scripted) -> None:
    scripted.script = [ServerError("broken", retryable=False)]
    with pytest.raises(ServerError, match="broken"):
        SyncLLM(LLMConfig(model="scripted/m")).completion("Hi")


def test_many_threads_share_one_object() -> None:
    llm = SyncLLM(ECHO)

    def ask(number: int) -> tuple[str, str]:
        with llm.stream(f"stream {number}") as stream:
            return llm.completion(f"call {number}"), stream.collect().text

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, range(100)))
    assert answers == [(f"call {number}", f"stream {number}") for number in range(100)]


class Watching(Scripted):
    async def chat(self, request: ChatRequest, context: CallContext) -> Response:
        return say(threading.current_thread().name)


def test_all_calls_run_in_one_thread() -> None:
    installed.cache_clear()
    installed().register(Watching(), provider="watching")
    assert {SyncLLM(LLMConfig(model="watching/m")).generate("Hi").text for _ in range(3)} == {"dragoman-loop"}
    installed.cache_clear()


class Interrupting(Scripted):
    """Interrupt the main thread while it waits."""

    def __init__(self) -> None:
        super().__init__()
        self.cleaned: list[str] = []

    async def chat(self, request: ChatRequest, context: CallContext) -> Response:
        main = threading.main_thread().ident
        assert main is not None
        signal.pthread_kill(main, signal.SIGINT)
        try:
            await context.clock.sleep(3600)
        finally:
            self.cleaned.append("chat")
        raise AssertionError

    @asynccontextmanager
    async def stream(self, request: ChatRequest, context: CallContext) -> AsyncIterator[Any]:
        await self.chat(request, context)
        yield


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent to threads")
def test_an_interrupt_cancels_the_call_and_lets_it_clean_up() -> None:
    installed.cache_clear()
    provider = Interrupting()
    installed().register(provider, provider="slow")
    llm = SyncLLM(LLMConfig(model="slow/m"))
    with pytest.raises(KeyboardInterrupt):
        llm.generate("Hi")
    assert provider.cleaned == ["chat"]
    with pytest.raises(KeyboardInterrupt), llm.stream("Hi"):
        pass
    assert provider.cleaned == ["chat", "chat"]
    assert SyncLLM(ECHO).completion("still here") == "still here"
    installed.cache_clear()


def test_a_loop_ends_with_its_process_and_only_with_its_own() -> None:
    before = threading.active_count()
    thread = LoopThread()
    atexit.unregister(thread.close)
    assert thread.run(asyncio.sleep(0, "ran")) == "ran"
    own, thread.process = thread.process, -1  # what a forked child sees
    thread.close()
    thread.process = own
    assert thread.run(asyncio.sleep(0, "still runs")) == "still runs"
    thread.close()
    assert threading.active_count() == before


def test_it_refuses_to_wait_for_itself() -> None:
    llm = SyncLLM(LLMConfig(model="echo"))

    async def inside() -> None:
        llm.completion("Hi")

    with pytest.raises(ConfigurationError, match="await an LLM there"):
        loop_thread().run(inside())


def test_a_call_that_never_began_is_closed() -> None:
    closed: list[str] = []

    async def never() -> None:
        closed.append("ran")

    coroutine = never()
    call = _Call(coroutine)
    call.cancel()
    assert call.is_over
    assert inspect.getcoroutinestate(coroutine) == inspect.CORO_CLOSED
    assert closed == []


AT_EXIT = """
import atexit, threading
from dragoman import ConfigurationError, ConnectionFailedError, LLMConfig, SyncLLM

llm = SyncLLM(LLMConfig(model="echo"))

def late():
    try:
        llm.completion("late")
    except ConfigurationError as error:
        print("late:", error)

atexit.register(late)
print(llm.completion("hi"))
stalled = SyncLLM(LLMConfig(model="echo", stall=60.0))

def wait():
    begun.set()
    try:
        stalled.completion("hi")
    except (ConfigurationError, ConnectionFailedError):
        pass

begun = threading.Event()
threading.Thread(target=wait, daemon=True).start()
begun.wait()
"""


def test_calls_while_the_process_ends_are_one_clear_error_each() -> None:
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", AT_EXIT]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "hi"
    assert "late: the process is about to end, and its event loop has ended" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_thread_that_has_ended_refuses_calls_and_ends_those_that_go_on() -> None:
    thread = LoopThread()
    began = threading.Event()

    async def wait() -> None:
        began.set()
        await asyncio.Event().wait()

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(thread.run, wait())
        began.wait(5)
        thread.close()
        with pytest.raises(ConnectionFailedError, match="the process is about to end"):
            waiting.result(5)
    with pytest.raises(ConfigurationError, match="the process is about to end"):
        thread.run(wait())
    atexit.unregister(thread.close)
