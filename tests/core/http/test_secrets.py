"""A key is shown by nothing, whatever goes wrong."""

from __future__ import annotations

import asyncio
import base64
import copy
import pickle
import traceback
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from core.http.calls import HELLO, KEY, collected, context, data, provider, request, stream, whole
from core.http.faulty import NOWHERE, Say, refusing, unanswering, untrusted
from dragoman import LLM, CallContext, DragomanError, LLMConfig, SyncLLM
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply, Script
from dragoman_openai_compatible import OpenAIProvider

TRACES = (
    KEY,
    KEY[3:11],
    repr(KEY)[1:-1],
    quote(KEY),
    quote(KEY, safe=""),
    base64.b64encode(KEY.encode()).decode().rstrip("="),
    base64.b64encode(f"Bearer {KEY}".encode()).decode().rstrip("="),
    KEY.encode().hex(),
)


def shows(text: str) -> bool:
    return any(trace in text for trace in TRACES)


def reported(error: BaseException) -> str:
    """Return all that an error tells, with the locals of every frame, the errors behind it, and its attributes."""
    trace = traceback.TracebackException.from_exception(error, capture_locals=True)
    lines = [*trace.format(), str(error), repr(error), repr(error.args), repr(vars(error))]
    behind: list[BaseException | None] = [error.__cause__, error.__context__]
    while behind:
        each = behind.pop()
        if each is not None:
            lines += [repr(each), str(each), repr(each.args), repr(vars(each))]
            lines += traceback.TracebackException.from_exception(each, capture_locals=True).format()
            behind += [each.__cause__, each.__context__]
    return "\n".join(lines)


@pytest.fixture(autouse=True)
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Log everything, and look into it after the test."""
    caplog.set_level(1)
    caplog.set_level(1, "asyncio")
    yield
    assert not shows("\n".join(record.getMessage() + repr(vars(record)) for record in caplog.records))


@asynccontextmanager
async def at(url: str) -> AsyncIterator[OpenAIProvider]:
    near = provider(url)
    yield near
    await near.aclose()


async def error_at(url: str, **timeouts: float) -> list[BaseException]:
    """Return the errors that a plain and a streamed call end in."""
    errors: list[BaseException] = []
    async with at(url) as near:
        for call in (near.chat(request(), context(**timeouts)), collected(near, within=context(**timeouts))):
            with pytest.raises(DragomanError) as caught:
                await call
            errors.append(caught.value)
    return errors


def check(errors: list[BaseException], *names: str) -> None:
    for error in errors:
        assert not shows(reported(error))
        assert type(error).__name__ in names
        assert not shows(pickle.dumps(str(error)).decode("latin-1"))


ANSWERS: dict[str, tuple[Script, tuple[str, ...]]] = {
    "redirect": (Reply(status=307, headers={"location": "http://127.0.0.1:1/"}), ("RedirectError",)),
    "400": (Reply.json({"error": {"message": "no"}}, status=400), ("BadRequestError",)),
    "401": (Reply.json({"error": {"message": "no"}}, status=401), ("AuthenticationError",)),
    "429": (Reply(status=429), ("RateLimitError",)),
    "500": (Reply(status=500, body=b"<html>"), ("ServerError",)),
    "503": (Reply(status=503), ("OverloadedError",)),
    "garbage": (Reply(body=b"\x00\xff<"), ("ProtocolError",)),
    "no http": (Say((b"\x16\x03\x01 no http\r\n\r\n",)), ("ProtocolError",)),
    "closed": (Reply(before_head="close"), ("ConnectionFailedError",)),
    "reset": (Reply(before_head="reset"), ("ConnectionFailedError",)),
    "silent": (Reply(before_head="hang"), ("RequestTimeoutError",)),
    "stalled": (stream(ending="stall"), ("RequestTimeoutError",)),
    "reset in the middle": (
        Reply.sse(data({"choices": []}), ending="reset"),
        ("ProtocolError", "StreamInterruptedError"),
    ),
    "wrongly compressed": (
        Reply(body=b"x", headers={"content-encoding": "gzip"}),
        ("ProtocolError", "StreamInterruptedError"),
    ),
    "strangely compressed": (Reply(body=b"x", headers={"content-encoding": "br"}), ("ProtocolError",)),
}


@pytest.mark.parametrize("name", ANSWERS)
async def test_no_answer_brings_it_out(loopback: LoopbackServer, name: str) -> None:
    answer, kinds = ANSWERS[name]
    loopback.always(answer)
    check(await error_at(loopback.url, first_byte=0.3, idle=0.3), *kinds)
    assert loopback.requests[0].headers["authorization"] == f"Bearer {KEY}"


async def test_no_missing_answer_brings_it_out(tmp_path: Path) -> None:
    with refusing() as url:
        check(await error_at(url), "ConnectionFailedError")
    with unanswering() as url:
        check(await error_at(url, connect=0.05), "RequestTimeoutError")
    check(await error_at(NOWHERE), "ConnectionFailedError")
    check(await error_at("http://a..b"), "ConfigurationError")
    async with untrusted(tmp_path) as url:
        check(await error_at(url), "ConnectionFailedError")


async def test_the_end_of_all_time_does_not_bring_it_out(loopback: LoopbackServer) -> None:
    loopback.always(Reply(before_head="hang"))
    async with at(loopback.url) as near:
        with pytest.raises(DragomanError) as caught:
            await near.chat(request(), CallContext(deadline=0.0))
    assert not shows(reported(caught.value))


@pytest.mark.parametrize("answer", [Reply(before_head="hang"), Reply.sse(HELLO[:20], ending="stall")])
async def test_a_cancellation_does_not_bring_it_out(loopback: LoopbackServer, answer: Reply) -> None:
    loopback.always(answer)
    async with at(loopback.url) as near:
        for call in (near.chat(request(), CallContext()), collected(near)):
            task = asyncio.ensure_future(call)
            await asyncio.to_thread(loopback.wait_requests)
            await asyncio.sleep(0.02)
            task.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
            assert not shows(reported(caught.value))


async def test_a_deadline_of_the_caller_does_not_bring_it_out(loopback: LoopbackServer) -> None:
    loopback.always(Reply(before_head="hang"))
    async with at(loopback.url) as near:
        with pytest.raises(TimeoutError) as caught:
            async with asyncio.timeout(0.05):
                await near.chat(request(), CallContext())
    assert not shows(reported(caught.value))


async def test_nothing_public_shows_it(loopback: LoopbackServer) -> None:
    loopback.always(Reply.json(whole()))
    config = LLMConfig(model="gpt-4o", provider="openai", api_key=KEY, api_base=loopback.url, api="chat")
    async with LLM(config) as llm:
        response = await llm.generate("hi")
        prepared = llm.build_request("hi")
        objects = [config, llm, SyncLLM(config), response, prepared, llm.explain(), copy.deepcopy(config), vars(llm)]
        objects += [provider(loopback.url), provider(loopback.url).endpoint, provider(loopback.url).prepare(request())]
        for each in objects:
            assert not shows(repr(each) + str(each) + f"{each}" + repr(getattr(each, "__dict__", "")))
        assert not shows(pickle.dumps(response).decode("latin-1"))
        assert not shows(repr(config.to_dict(redact=True)))
