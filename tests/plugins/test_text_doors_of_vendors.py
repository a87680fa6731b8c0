"""Over the wire of every dialect, a method that returns a text never returns an empty or a cut one without an error."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from conformance.cohere_server import COHERE
from dragoman import (
    LLMConfig,
    Message,
    NoAnswerError,
    OutputError,
    OutputValidationError,
    RefusalError,
    StreamingLLM,
    SyncLLM,
    TruncatedOutputError,
)
from dragoman.testing.faults import SERVER_DIALECTS, SampleReply, ServerDialect
from dragoman.testing.faults.samples import SampleCall
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply

ASKED = [Message("user", "Hi")]
VENDORS: dict[str, tuple[ServerDialect, dict[str, Any]]] = {
    "openai": (SERVER_DIALECTS[0], {"model": "gpt-4o", "provider": "openai"}),
    "responses": (SERVER_DIALECTS[1], {"model": "gpt-4o", "provider": "openai", "api": "responses"}),
    "anthropic": (SERVER_DIALECTS[2], {"model": "claude-sonnet-4-5", "provider": "anthropic"}),
    "google": (SERVER_DIALECTS[3], {"model": "gemini-2.0-flash", "provider": "google"}),
    "groq": (SERVER_DIALECTS[0], {"model": "llama-3.3-70b-versatile", "provider": "groq"}),
    "cohere": (COHERE, {"model": "command-a-03-2025", "provider": "cohere"}),
    "mistral": (SERVER_DIALECTS[0], {"model": "mistral-large-latest", "provider": "mistral"}),
    "openrouter": (SERVER_DIALECTS[0], {"model": "a/b", "provider": "openrouter"}),
    "any": (SERVER_DIALECTS[0], {"model": "mine", "provider": "openai_compatible"}),
}
Door = Callable[..., Awaitable[Any]]


async def complete(config: LLMConfig, **overrides: Any) -> str:
    async with StreamingLLM(config) as llm:
        return await llm.acompletion("Hi", **overrides)


async def converse(config: LLMConfig, **overrides: Any) -> str:
    async with StreamingLLM(config) as llm:
        return await llm.achat_completion(ASKED, **overrides)


async def stream(config: LLMConfig, **overrides: Any) -> str:
    async with StreamingLLM(config) as llm:
        return "".join([piece async for piece in llm.streaming_chat_completion(ASKED, **overrides)])


async def read(config: LLMConfig, **overrides: Any) -> str:
    async with StreamingLLM(config) as llm, llm.stream(ASKED, **overrides) as events:
        return "".join([piece async for piece in events.text()])


async def complete_sync(config: LLMConfig, **overrides: Any) -> str:
    with SyncLLM(config) as llm:
        return await asyncio.to_thread(llm.completion, "Hi", **overrides)


def _read(llm: SyncLLM, overrides: dict[str, Any]) -> str:
    with llm.stream(ASKED, **overrides) as events:
        return "".join(events.text())


async def read_sync(config: LLMConfig, **overrides: Any) -> str:
    with SyncLLM(config) as llm:
        return await asyncio.to_thread(_read, llm, overrides)


async def extract(config: LLMConfig, **overrides: Any) -> Any:
    async with StreamingLLM(config) as llm:
        return await llm.extract(dict[str, int], ASKED, **overrides)


WHOLE: dict[str, Door] = {"complete": complete, "converse": converse, "complete_sync": complete_sync}
STREAMED: dict[str, Door] = {"stream": stream, "read": read, "read_sync": read_sync}
TEXT_DOORS = {**WHOLE, **STREAMED}
DOORS = {**TEXT_DOORS, "extract": extract}


def text(server: ServerDialect, said: str) -> SampleReply:
    return SampleReply(events=server.stream(said), whole=server.whole(said))


async def ask(vendor: str, door: str, reply: SampleReply, **overrides: Any) -> Any:
    settings = {"api_key": "sk-of-the-test", "num_retries": 0, **VENDORS[vendor][1]}
    answer = Reply.sse(*reply.events) if door in STREAMED else Reply.json(reply.whole)
    with LoopbackServer(always=answer) as server:
        return await DOORS[door](LLMConfig(api_base=server.url, **settings), **overrides)


async def failure(vendor: str, door: str, reply: SampleReply, **overrides: Any) -> OutputError:
    with pytest.raises(OutputError) as caught:
        await ask(vendor, door, reply, **overrides)
    error = caught.value
    assert error.partial is not None
    assert error.partial.origin.model
    if door in TEXT_DOORS:
        origin = error.partial.origin
        assert str(error).startswith(f"{origin.provider} ({origin.model}) answered: ")
    return error


every_vendor = pytest.mark.parametrize("vendor", VENDORS)
every_door = pytest.mark.parametrize("door", DOORS)
every_text_door = pytest.mark.parametrize("door", TEXT_DOORS)


@every_vendor
@every_text_door
async def test_a_whole_text_is_returned(vendor: str, door: str) -> None:
    assert await ask(vendor, door, text(VENDORS[vendor][0], "fine")) == "fine"


@every_vendor
@every_door
async def test_a_text_that_is_cut_by_a_default_or_the_model_is_an_error(vendor: str, door: str) -> None:
    error = await failure(vendor, door, VENDORS[vendor][0].unusual_replies["too_long"])
    assert type(error) is TruncatedOutputError
    assert error.partial is not None
    assert error.partial.text == "fine"
    assert "generate()" in str(error)


@every_vendor
@every_text_door
async def test_a_text_that_is_cut_by_the_caller_is_returned(vendor: str, door: str) -> None:
    assert await ask(vendor, door, VENDORS[vendor][0].unusual_replies["too_long"], max_tokens=4096) == "fine"


@pytest.mark.parametrize(
    "vendor", [name for name, (server, _) in VENDORS.items() if "blocked" in server.unusual_replies]
)
@every_door
async def test_a_filter_is_an_error(vendor: str, door: str) -> None:
    assert type(await failure(vendor, door, VENDORS[vendor][0].unusual_replies["blocked"])) is RefusalError


@pytest.mark.parametrize("vendor", [name for name, (server, _) in VENDORS.items() if server.refused])
@every_door
async def test_a_refusal_is_an_error(vendor: str, door: str) -> None:
    refused = VENDORS[vendor][0].refused
    assert refused is not None
    assert "I will not." in str(await failure(vendor, door, refused))


@every_vendor
@pytest.mark.parametrize("said", ["", " ", "\n\t "])
@every_door
async def test_blank_is_no_text(vendor: str, door: str, said: str) -> None:
    error = await failure(vendor, door, text(VENDORS[vendor][0], said))
    assert isinstance(error, OutputValidationError if door == "extract" else NoAnswerError)


@every_vendor
@pytest.mark.parametrize("door", [*WHOLE, "stream", "extract"])
async def test_calls_of_tools_are_an_error(vendor: str, door: str) -> None:
    calling = VENDORS[vendor][0].calling
    assert calling is not None
    reply = calling([SampleCall(call_id="call_1", name="weather", pieces=('{"city":', '"Oslo"}'))])
    assert reply is not None
    error = await failure(vendor, door, reply)
    assert type(error) is OutputError
    assert "weather" in str(error)
    assert "generate()" in str(error)
    assert "run()" in str(error)
    assert error.partial is not None
    assert [call.name for call in error.partial.tool_calls] == ["weather"]


@every_vendor
@pytest.mark.parametrize("door", ["read", "read_sync"])
async def test_a_reader_of_a_stream_holds_the_calls(vendor: str, door: str) -> None:
    calling = VENDORS[vendor][0].calling
    assert calling is not None
    reply = calling([SampleCall(call_id="call_1", name="weather", pieces=("{}",))])
    assert reply is not None
    assert await ask(vendor, door, reply) == ""


WHOLE_TEXTS: dict[str, list[dict[str, Any]]] = {
    "anthropic": [
        {"type": "message_start", "message": {"id": "m", "content": []}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": "fine"}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
        {"type": "message_stop"},
    ],
    "responses": [
        {"type": "response.content_part.added", "item_id": "i", "part": {"type": "output_text", "text": ""}},
        {"type": "response.output_text.delta", "item_id": "i", "delta": "fi"},
        {"type": "response.output_text.done", "item_id": "i", "text": "fine"},
        {"type": "response.completed", "response": {"id": "r", "status": "completed", "output": []}},
    ],
}
ENDS_TWICE: dict[str, list[dict[str, Any]]] = {
    "any": [
        {"choices": [{"delta": {"content": "fine"}, "finish_reason": None}]},
        {"choices": [{"delta": {}, "finish_reason": "length"}]},
        {"choices": [{"delta": {}, "finish_reason": "stop"}]},
    ],
    "google": [
        {"candidates": [{"content": {"parts": [{"text": "fine"}]}, "finishReason": "MAX_TOKENS"}]},
        {"candidates": [{"content": {"parts": [{"text": ""}]}, "finishReason": "STOP"}]},
    ],
}


def streamed(events: list[dict[str, Any]]) -> SampleReply:
    return SampleReply(events=[b"data: " + json.dumps(event).encode() + b"\n\n" for event in events], whole={})


@pytest.mark.parametrize("vendor", WHOLE_TEXTS)
@pytest.mark.parametrize("door", STREAMED)
async def test_a_text_that_comes_whole_reaches_those_who_read_its_pieces(vendor: str, door: str) -> None:
    assert await ask(vendor, door, streamed(WHOLE_TEXTS[vendor])) == "fine"


@pytest.mark.parametrize("vendor", ENDS_TWICE)
@pytest.mark.parametrize("door", STREAMED)
async def test_a_text_that_is_cut_is_an_error_though_the_stream_ends_again(vendor: str, door: str) -> None:
    assert type(await failure(vendor, door, streamed(ENDS_TWICE[vendor]))) is TruncatedOutputError
