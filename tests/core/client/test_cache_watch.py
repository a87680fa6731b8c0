"""A cached prefix that was expected and not read is reported, with what changed first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import pytest
from hypothesis import example, given, strategies as st

from core.scripted import Scripted, say, spoken
from dragoman import (
    LLM,
    CacheMiss,
    CompletionRequest,
    LLMConfig,
    Media,
    Message,
    Response,
    Settings,
    Text,
    Tool,
    Usage,
    UsageSnapshot,
)
from dragoman.client.cache_watch import _MOST_REQUESTS, CacheWatch, prefix_of
from dragoman.plugins.registry import installed
from dragoman.spec.request import ChatRequest

WRITTEN = Usage(input_tokens=2_000, cache_read_tokens=0, cache_write_tokens=1_900)
READ = Usage(input_tokens=2_000, cache_read_tokens=1_900)
NEITHER = Usage(input_tokens=2_000, cache_read_tokens=0)
SYSTEM, HI, HELLO = Message("system", "Be kind"), Message("user", "Hi"), Message("assistant", "Hello")


def request(*messages: Message, tools: Any = (), cache: str = "auto") -> ChatRequest:
    return ChatRequest(model="m", messages=messages, tools=tools, settings=Settings(cache=cache))


def seen(watch: CacheWatch, asked: Any, usage: Usage, now: float = 0) -> CacheMiss | None:
    return watch.checked(attrs.evolve(say("Hi"), usage=usage), prefix_of(asked), now).cache_miss


def test_the_first_difference_is_named() -> None:
    watch = CacheWatch()
    assert seen(watch, request(SYSTEM, HI), WRITTEN) is None
    assert seen(watch, request(SYSTEM, HI, HELLO, HI), READ) is None
    other = Message("system", "Be kind. It is 12:01")
    assert seen(watch, request(other, HI, HELLO, HI), WRITTEN) == CacheMiss("messages[0]", 0)
    changed = request(SYSTEM, HI, Message("assistant", "Hullo"), HI)
    assert seen(watch, changed, WRITTEN) == CacheMiss("messages[2]", 2)
    assert seen(watch, request(SYSTEM, HI, HELLO, HI, HELLO), NEITHER) == CacheMiss(None, 4)


def test_tools_come_first() -> None:
    watch = CacheWatch()
    one, two = Tool(name="a"), Tool(name="b")
    seen(watch, request(HI, tools=(one, two)), WRITTEN)
    assert seen(watch, request(HI, tools=(two, one)), WRITTEN) == CacheMiss("tools", 0)
    other = request(Message("user", "Other"), tools=(two, one))
    assert seen(watch, other, NEITHER) == CacheMiss("messages[0]", 0)


def test_media_are_compared_by_their_bytes() -> None:
    watch = CacheWatch()
    images = [Message("user", [Media.of(b"\x89PNG\r\n\x1a\n" + end), Text(text="?")]) for end in (b"a", b"b")]
    seen(watch, request(SYSTEM, images[0]), WRITTEN)
    assert seen(watch, request(SYSTEM, images[1]), NEITHER) == CacheMiss("messages[1]", 1)


def test_nothing_is_expected_of_another_conversation() -> None:
    watch = CacheWatch()
    seen(watch, request(SYSTEM, HI), WRITTEN)
    assert seen(watch, request(Message("user", "Something else")), WRITTEN) is None


def test_nothing_is_expected_where_nothing_was_cached() -> None:
    watch = CacheWatch()
    assert seen(watch, request(SYSTEM, HI), NEITHER) is None
    assert seen(watch, request(SYSTEM, HI), NEITHER) is None


@pytest.mark.parametrize(("cache", "seconds"), [("auto", 300), ("5m", 300), ("1h", 3_600)])
def test_nothing_is_expected_after_its_time(cache: str, seconds: float) -> None:
    watch = CacheWatch()
    seen(watch, request(SYSTEM, HI, cache=cache), WRITTEN)
    assert seen(watch, request(SYSTEM, HI, cache=cache), NEITHER, seconds) is None
    assert seen(watch, request(SYSTEM, HI, cache=cache), NEITHER, seconds - 1) == CacheMiss(None, 2)


def test_an_unknown_count_is_no_miss() -> None:
    watch = CacheWatch()
    seen(watch, request(SYSTEM, HI), WRITTEN)
    assert seen(watch, request(SYSTEM, HI), Usage(input_tokens=2_000)) is None


def test_a_prompt_is_compared_as_a_whole() -> None:
    watch = CacheWatch()
    prompt = CompletionRequest(model="m", prompt="Hi", settings=Settings(cache="auto"))
    seen(watch, prompt, WRITTEN)
    assert seen(watch, prompt, NEITHER) == CacheMiss(None, 1)


@given(st.lists(st.text(min_size=1), min_size=1, max_size=80))
@example([str(number) for number in range(2 * _MOST_REQUESTS)])
def test_only_hashes_of_a_few_requests_are_kept(texts: list[str]) -> None:
    watch = CacheWatch()
    for text in texts:
        seen(watch, request(Message("user", text)), WRITTEN)
    kept = watch._cached  # noqa: SLF001  # what is kept
    assert len(kept) == min(len({*texts}), _MOST_REQUESTS)
    assert all(isinstance(digest, bytes) and len(digest) == 8 for prefix in kept for digest in prefix.messages)


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    installed.cache_clear()
    yield
    installed.cache_clear()


def answer(usage: Usage) -> Response:
    return attrs.evolve(say("Hi"), usage=usage)


async def test_the_response_says_it_whole_or_streamed() -> None:
    streamed = [*spoken("Hi")[:2], UsageSnapshot(NEITHER), *spoken("Hi")[2:]]
    script = [answer(WRITTEN), answer(READ), answer(NEITHER), streamed, answer(NEITHER)]
    installed().register(Scripted(*script), provider="scripted")
    llm = LLM(LLMConfig(model="scripted/m", cache="auto"))
    responses = [await llm.generate([SYSTEM, HI]) for _ in range(3)]
    assert [response.cache_miss for response in responses] == [None, None, CacheMiss(None, 2)]
    async with llm.stream([SYSTEM, Message("user", "Bye")]) as stream:
        assert (await stream.collect()).cache_miss == CacheMiss("messages[1]", 1)
    assert (await llm.generate([SYSTEM, HI], cache=None)).cache_miss is None
