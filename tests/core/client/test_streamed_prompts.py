"""Prompts that are streamed: as such by a model that can, as a conversation by others, with a suffix or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from attrs import evolve

from core.scripted import Scripted, say, spoken
from dragoman import (
    LLM,
    YES,
    CallContext,
    Capabilities,
    ChatRequest,
    CompletionRequest,
    InvalidRequestError,
    LLMConfig,
    ServerError,
    Settings,
    StreamingLLM,
    SyncLLM,
    UnsupportedError,
    hookimpl,
)
from dragoman.plugins.compat import DowngradingProvider
from dragoman.plugins.registry import installed

STREAMS = Capabilities(completion=YES, completion_stream=YES)


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    installed.cache_clear()
    yield
    installed.cache_clear()


def registered(*script: Any, capabilities: Capabilities | None = None) -> Scripted:
    provider = Scripted(*script, capabilities=capabilities)
    installed().register(provider, provider="scripted")
    return provider


async def text(llm: StreamingLLM, prompt: str, **arguments: Any) -> str:
    return "".join([piece async for piece in llm.streaming_completion(prompt, **arguments)])


class TestStreamingCompletion:
    async def test_sends_the_prompt_where_the_model_streams_prompts(self) -> None:
        provider = registered(spoken("b"), capabilities=STREAMS)
        assert await text(StreamingLLM("scripted/m"), "a", suffix="c", max_tokens=5) == "b"
        [asked] = provider.asked
        assert isinstance(asked, CompletionRequest)
        assert (asked.prompt, asked.suffix, asked.settings.max_tokens) == ("a", "c", 5)

    @pytest.mark.parametrize("capabilities", [Capabilities(), Capabilities(completion=YES)])
    async def test_sends_a_message_where_it_does_not(self, capabilities: Capabilities) -> None:
        provider = registered(spoken("b"), capabilities=capabilities)
        assert await text(StreamingLLM("scripted/m"), "a", suffix=None, seed=1) == "b"
        [asked] = provider.asked
        assert isinstance(asked, ChatRequest)
        assert (asked.messages[0].content, asked.settings.seed) == ("a", 1)

    async def test_refuses_a_suffix_where_it_does_not(self) -> None:
        provider = registered()
        with pytest.raises(UnsupportedError, match="accepts no suffix") as caught:
            await text(StreamingLLM("scripted/m"), "a", suffix="c")
        assert caught.value.parameter == "suffix"
        assert provider.asked == []

    async def test_sends_a_message_with_what_only_a_conversation_has(self) -> None:
        provider = registered(spoken("{}"), capabilities=STREAMS)
        await text(StreamingLLM("scripted/m"), "a", output="json")
        assert isinstance(provider.asked[0], ChatRequest)

    async def test_falls_back_in_the_form_of_each_model(self) -> None:
        provider = registered(ServerError("down", retryable=False), spoken("b"), capabilities=STREAMS)
        llm = StreamingLLM(LLMConfig("scripted/m", fallbacks=["scripted/n"], num_retries=0))
        assert await text(llm, "a", suffix="c") == "b"
        assert [(type(asked), asked.model) for asked in provider.asked] == [
            (CompletionRequest, "m"),
            (CompletionRequest, "n"),
        ]


class TestARequest:
    def request(self, **fields: Any) -> CompletionRequest:
        return CompletionRequest(model="m", prompt="a", suffix="c", settings=Settings(seed=1, top_p=0.5), **fields)

    async def test_is_streamed_with_its_settings_unless_the_call_has_others(self) -> None:
        provider = registered(spoken("b"), capabilities=STREAMS)
        options = {"scripted": {"one": 1, "two": 1}}
        asked = self.request(options=options, headers={"x-a": "1", "x-b": "1"})
        async with LLM("scripted/m").stream(
            asked, seed=2, headers={"x-b": "2"}, options={"elsewhere": {"three": 3}}
        ) as stream:
            assert (await stream.collect()).text == "b"
        [sent] = provider.asked
        assert isinstance(sent, CompletionRequest)
        assert (sent.prompt, sent.suffix, sent.settings.seed, sent.settings.top_p) == ("a", "c", 2, 0.5)
        assert (sent.options, sent.headers) == ({**options, "elsewhere": {"three": 3}}, {"x-a": "1", "x-b": "2"})

    async def test_may_name_the_model_as_the_configuration_does(self) -> None:
        registered(spoken("b"), capabilities=STREAMS)
        async with LLM("scripted/m").stream(evolve(self.request(), model="scripted/m")) as stream:
            assert (await stream.collect()).text == "b"

    async def test_for_another_model_is_refused(self) -> None:
        registered(capabilities=STREAMS)
        with pytest.raises(InvalidRequestError, match="is for 'other', but this LLM asks 'scripted/m'") as caught:
            async with LLM("scripted/m").stream(evolve(self.request(), model="other")):
                raise AssertionError
        assert caught.value.parameter == "model"

    def test_is_streamed_synchronously_too(self) -> None:
        provider = registered(spoken("b"), capabilities=STREAMS)
        with SyncLLM("scripted/m").stream(self.request()) as stream:
            assert "".join(stream.text()) == "b"
        assert isinstance(provider.asked[0], CompletionRequest)


class TestAPlugin:
    async def test_that_wraps_streams_sees_the_prompt(self) -> None:
        registered(spoken("b"), capabilities=STREAMS)
        seen: list[object] = []

        class Watching:
            @hookimpl(wrapper=True)
            def dragoman_stream(self, binding: object) -> Any:
                call = yield

                @asynccontextmanager
                async def watched(request: object, context: object) -> Any:
                    seen.append(request)
                    async with call(request, context) as events:
                        yield events

                return watched

        installed().register(Watching())
        assert await text(StreamingLLM("scripted/m"), "a") == "b"
        [asked] = seen
        assert isinstance(asked, CompletionRequest)

    async def test_that_streams_conversations_alone_gets_one_from_a_wrapper_too(self) -> None:
        provider = registered(spoken("b"))

        class Prompting:
            @hookimpl(wrapper=True)
            def dragoman_stream(self, binding: object) -> Any:
                call = yield
                return lambda request, context: call(CompletionRequest(model=request.model, prompt="a"), context)

        installed().register(Prompting())
        assert await text(StreamingLLM("scripted/m"), "z") == "b"
        [asked] = provider.asked
        assert isinstance(asked, ChatRequest)
        assert asked.messages[0].content == "a"

    async def test_of_an_older_specification_gets_it_rewritten(self) -> None:
        older = DowngradingProvider(Scripted(spoken("b"), capabilities=STREAMS), (1, 0))
        async with older.stream(CompletionRequest(model="m", prompt="a"), CallContext()) as events:
            assert [event async for event in events]


def test_a_conversation_is_its_own_equivalent() -> None:
    chat = CompletionRequest(model="m", prompt="a").as_chat()
    assert chat.as_chat() is chat
    assert say("x").text == "x"
