"""Real inference with the APIs of two vendors, which the llama.cpp server supports."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from dragoman import (
    LLM,
    AuthenticationError,
    ContextWindowExceededError,
    FinishReason,
    LLMConfig,
    Message,
    Response,
    TextDelta,
    Tool,
    ToolResult,
)
from dragoman_llamacpp.tiny_model import SENTENCE

if TYPE_CHECKING:
    from tests.servers.conftest import LlamaServer, StartLlamaServer

WEATHER = Tool(
    name="weather",
    schema={"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)
DIALECTS: dict[str, dict[str, Any]] = {
    "anthropic": {"provider": "anthropic"},
    "responses": {"provider": "openai", "api": "responses"},
    "chat": {"provider": "openai", "api": "chat"},
}


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    return request.param


def make_llm(server: LlamaServer, dialect: str, **options: Any) -> LLM:
    """Return an LLM with retries, since the server closes connections that it announces to keep."""
    settings = {"api_key": "not required", **DIALECTS[dialect], **options}
    return LLM(LLMConfig(model=server.model, api_base=server.base, temperature=0, **settings))


async def collected(llm: LLM, messages: Any, **overrides: Any) -> tuple[str, Response]:
    async with llm.stream(messages, **overrides) as stream:
        text = "".join([event.text async for event in stream if isinstance(event, TextDelta)])
        return text, stream.response


async def test_it_answers(llama_server: LlamaServer, dialect: str) -> None:
    async with make_llm(llama_server, dialect) as llm:
        answer = await llm.generate([Message("system", "Be brief."), Message("user", "Hello")])
    assert answer.text == SENTENCE
    assert answer.finish.reason == FinishReason.STOP
    assert answer.usage.output_tokens is not None
    assert answer.usage.input_tokens is not None
    assert answer.usage.input_tokens > 20  # including those read from the cache
    assert answer.origin.response_id


async def test_it_streams(llama_server: LlamaServer, dialect: str) -> None:
    async with make_llm(llama_server, dialect) as llm:
        whole = await llm.generate("Hello")
        text, streamed = await collected(llm, "Hello")
    assert text == streamed.text == SENTENCE
    assert streamed.message.parts == whole.message.parts or dialect == "responses"  # whose parts have ids
    assert streamed.finish == whole.finish
    assert streamed.usage.output_tokens == whole.usage.output_tokens


async def test_it_calls_a_tool_and_reads_the_result(llama_server: LlamaServer, dialect: str) -> None:
    async with make_llm(llama_server, dialect) as llm:
        whole = await llm.generate("Hello", tools=[WEATHER], tool_choice="required")
        _, streamed = await collected(llm, "Hello", tools=[WEATHER], tool_choice="required")
        for answer in (whole, streamed):
            (call,) = answer.tool_calls
            assert call.name == "weather"
            assert call.parse() == {"city": SENTENCE}
            assert answer.text.strip() == SENTENCE
            assert answer.finish.reason == FinishReason.TOOL_CALLS
            result = ToolResult(call_id=call.call_id, name=call.name, content="mild")
            history = [Message("user", "Hello"), answer.message, Message("tool", (result,))]
            assert (await llm.generate(history, tools=[WEATHER])).text == SENTENCE


@pytest.mark.parametrize("dialect", ["anthropic", "chat"])  # the server's Responses API does not report it
async def test_a_truncated_answer_is_reported(llama_server: LlamaServer, dialect: str) -> None:
    async with make_llm(llama_server, dialect) as llm:
        whole = await llm.generate("Hello", max_tokens=3)
        _, streamed = await collected(llm, "Hello", max_tokens=3)
    assert {whole.text, streamed.text} == {SENTENCE[:9]}
    assert {whole.finish.reason, streamed.finish.reason} == {FinishReason.LENGTH}
    assert whole.usage.output_tokens == 3


async def test_many_answers_at_once(llama_server: LlamaServer, dialect: str) -> None:
    async with make_llm(llama_server, dialect) as llm:
        answers = await asyncio.gather(*(collected(llm, f"Question {number}") for number in range(12)))
    assert {text for text, _ in answers} == {SENTENCE}


async def test_a_conversation_that_is_too_long_is_reported(llama_server: LlamaServer, dialect: str) -> None:
    async with make_llm(llama_server, dialect) as llm:
        with pytest.raises(ContextWindowExceededError):
            await llm.generate("x" * 20_000)
        with pytest.raises(ContextWindowExceededError):
            await collected(llm, "x" * 20_000)


async def test_a_wrong_key_is_reported(start_llama_server: StartLlamaServer, dialect: str) -> None:
    server = start_llama_server(api_key="the right key")
    async with make_llm(server, dialect) as llm:
        with pytest.raises(AuthenticationError):
            await llm.generate("Hello")
    async with make_llm(server, dialect, api_key="the right key") as llm:
        assert (await llm.generate("Hello")).text == SENTENCE
