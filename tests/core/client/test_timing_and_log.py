"""How long an answer took, and what is logged of it."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import attrs
import pytest

from benchmarks.budget import ASKED
from core.scripted import FakeClock, Scripted, say
from dragoman import (
    LLM,
    CallContext,
    ChatRequest,
    ConfigurationError,
    Event,
    Finish,
    LLMConfig,
    Media,
    Message,
    PartStart,
    Ping,
    Response,
    ResponseSnapshot,
    ServerError,
    Text,
    TextDelta,
    Timing,
    ToolCall,
)
from dragoman.client.log_output import show_log
from dragoman.client.observer import timing_of
from dragoman.plugins.registry import installed
from dragoman.spec.provider import FIRST_BYTE
from dragoman.testing.faults import FaultServer

SECRET = "sk-0123456789"


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    installed.cache_clear()
    yield
    installed.cache_clear()


class Slow(Scripted):
    """Take a second for the first byte and for each event."""

    clock = FakeClock()

    async def chat(self, request: ChatRequest, context: CallContext) -> Response:
        self._wait(context)
        return self._answer(request, context)

    @asynccontextmanager
    async def stream(self, request: ChatRequest, context: CallContext) -> AsyncIterator[AsyncIterator[Event]]:
        self._wait(context)
        async with super().stream(request, context) as events:
            yield self._slowly(events)

    def _wait(self, context: CallContext) -> None:
        self.clock.now += 1
        context.observed[FIRST_BYTE] = self.clock.now
        self.clock.now += 1

    async def _slowly(self, events: AsyncIterator[Event]) -> AsyncIterator[Event]:
        async for event in events:
            self.clock.now += 1
            yield event


def slow(*script: Any, **config: Any) -> LLM:
    provider = Slow(*script)
    provider.clock = FakeClock()
    installed().register(provider, provider="scripted")
    llm = LLM(LLMConfig(model="scripted/m", **config))
    model = llm._model  # noqa: SLF001  # to go by a clock without waiting
    now = model._current(None)  # noqa: SLF001  # to go by a clock without waiting
    now.builder = attrs.evolve(now.builder, clock=provider.clock)
    return llm


async def test_a_whole_answer_has_its_times() -> None:
    response = await slow(say("Hi")).generate("Hi")
    assert response.timing == Timing(first_byte=1, first_output=2, end=2)


async def test_the_times_include_earlier_tries() -> None:
    response = await slow(ServerError("down", retryable=True, retry_after=3), say("Hi"), num_retries=1).generate("Hi")
    assert response.timing == Timing(first_byte=2 + 3 + 1, first_output=7, end=7)


EVENTS: dict[str, tuple[list[Event], float]] = {
    "text": ([Ping(), PartStart(0, Text(text="")), TextDelta(0, ""), TextDelta(0, "a"), TextDelta(0, "b")], 6),
    "a call": ([PartStart(0, ToolCall(name="f", call_id="1"))], 3),
    "an image": ([PartStart(0, Media.of(b"\x89PNG\r\n\x1a\n"))], 3),
    "nothing": ([PartStart(0, Text(text=""))], 4),
}


@pytest.mark.parametrize("name", EVENTS)
async def test_a_stream_has_its_times(name: str) -> None:
    events, first_output = EVENTS[name]
    llm = slow([*events, ResponseSnapshot(finish=Finish(reason="stop"))])
    async with llm.stream("Hi") as stream:
        response = await stream.collect()
    assert response.timing == Timing(first_byte=1, first_output=first_output, end=2 + len(events) + 1)


def test_a_time_that_nobody_measured_is_none() -> None:
    clock = FakeClock()
    assert timing_of(CallContext(clock=clock), clock.now) == Timing(first_byte=None, first_output=0, end=0)
    assert say("Hi").timing is None


async def test_times_do_not_make_answers_differ() -> None:
    first, second = [await slow(say("Hi")).generate("Hi") for _ in range(2)]
    assert attrs.evolve(first, timing=None, attempts=()) == attrs.evolve(second, attempts=())
    assert "timing" not in repr(first)


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("name", ASKED)
async def test_over_http_the_times_are_in_order(name: str, *, streamed: bool) -> None:
    with FaultServer() as server:
        async with LLM(ASKED[name].config(server.url_of("ok") + "/v1")) as llm:
            if streamed:
                async with llm.stream("Hi") as stream:
                    response = await stream.collect()
            else:
                response = await llm.generate("Hi")
    timing = response.timing
    assert timing is not None
    assert timing.first_byte is not None
    assert 0 < timing.first_byte <= timing.first_output <= timing.end < 60


@pytest.mark.parametrize("streamed", [False, True])
async def test_the_log_says_what_happened_without_content_or_secrets(
    caplog: pytest.LogCaptureFixture, *, streamed: bool
) -> None:
    caplog.set_level(logging.DEBUG, "dragoman")
    with FaultServer() as server:
        async with LLM(ASKED["openai"].config(server.url_of("ok") + "/v1")) as llm:
            messages = [Message("system", "Be private"), Message("user", "a private question")]
            if streamed:
                async with llm.stream(messages, headers={"x-mine": "private"}, user="private") as stream:
                    response = await stream.collect()
            else:
                response = await llm.generate(messages, headers={"x-mine": "private"}, user="private")
    lines = [(record.name, record.levelname, record.getMessage()) for record in caplog.records]
    names = [name for name, _, _ in lines if name.startswith("dragoman")]
    assert names == ["dragoman.http.provider", "dragoman.client.observer"]
    exchange, call = (text for name, _, text in lines if name.startswith("dragoman"))
    assert exchange.startswith("POST http://127.0.0.1:")
    for shown in ("model=gpt-4o", "messages=<2 members>", "authorization: ***", "x-mine: ***", "-> 200", "user=<7"):
        assert shown in exchange
    assert "openai gpt-4o answered: stop, tokens" in call
    for text in (exchange, call):
        assert "private" not in text
        assert SECRET not in text
        assert response.text not in text


async def test_the_log_says_what_failed_and_what_followed(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "dragoman")
    installed().register(Scripted(ServerError("private", status=500, request_id="req_1")), provider="scripted")
    installed().register(Scripted(say("Hi"), name="two"), provider="two")
    await LLM(LLMConfig(model="scripted/m", num_retries=0, fallbacks=["two/n"])).generate("Hi")
    assert [(record.name, record.getMessage()) for record in caplog.records] == [
        ("dragoman.client.observer", "scripted m failed with ServerError, status 500, request req_1"),
        ("dragoman.client.fallback", "falling back from scripted/m to two/n after ServerError"),
    ]


async def test_a_program_that_asks_for_no_log_pays_for_none(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "dragoman")
    installed().register(Scripted(ServerError("down", retryable=True, retry_after=0), say("Hi")), provider="scripted")
    await LLM(LLMConfig(model="scripted/m")).generate("Hi")
    assert caplog.records == []


ASKING = """
import asyncio, logging, sys
from dragoman import LLM
{before}
llm = LLM("echo")
print(asyncio.run(llm.generate("private")).text)
asyncio.run(LLM("echo").generate("private"))
"""


def asked(level: str, before: str = "") -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "DRAGOMAN_LOG": level}
    program = [sys.executable, "-c", ASKING.format(before=before)]
    return subprocess.run(program, env=environ, capture_output=True, text=True, timeout=60, check=False)


def test_the_variable_shows_the_log_once() -> None:
    for level in ("debug", " DEBUG "):
        done = asked(level)
        assert done.returncode == 0, done.stderr
        lines = done.stderr.splitlines()
        assert [line.partition(" DEBUG ")[2].partition(", tokens")[0] for line in lines] == [
            "dragoman.client.observer: echo echo answered: stop"
        ] * 2
        assert "private" not in done.stderr


@pytest.mark.parametrize("level", ["", "info", "warning", "error"])
def test_the_variable_says_how_much_is_shown(level: str) -> None:
    done = asked(level)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_program_with_a_log_of_its_own_keeps_that_alone() -> None:
    done = asked("debug", "logging.basicConfig(stream=sys.stdout, format='own: %(name)s')")
    assert done.stderr == ""
    assert done.stdout.count("own: dragoman.client.observer") == 2


def test_a_level_that_does_not_exist_is_refused() -> None:
    done = asked("debgu")
    assert done.returncode
    assert "DRAGOMAN_LOG must be debug, info, warning or error, not 'debgu'; did you mean 'debug'?" in done.stderr


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    ours = logging.getLogger("dragoman")
    level, handlers = ours.level, [*ours.handlers]
    yield ours
    ours.setLevel(level)
    ours.handlers[:] = handlers


def test_the_log_is_shown_on_the_standard_error_of_the_moment(
    logger: logging.Logger, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logger, "propagate", False)  # pytest has handlers at the root
    for _ in range(2):
        show_log("info")
    logger.info("shown")
    logger.debug("not shown")
    assert capsys.readouterr().err.endswith(" INFO dragoman: shown\n")
    assert len(logger.handlers) == 1


async def test_the_variable_is_read_when_a_model_is_bound(
    logger: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRAGOMAN_LOG", "error")
    assert (await LLM("echo").generate("Hi")).text == "Hi"
    assert logger.level == logging.ERROR
    monkeypatch.setenv("DRAGOMAN_LOG", "loud")
    with pytest.raises(ConfigurationError, match="DRAGOMAN_LOG must be"):
        await LLM("echo").generate("Hi")


def test_other_levels_set_up_nothing(logger: logging.Logger) -> None:
    before = [*logger.handlers]
    show_log("  ")
    with pytest.raises(ConfigurationError, match="must be debug, info, warning or error, not 'all'"):
        show_log("all")
    assert logger.handlers == before
