"""Real inference by a real server, through `openai_compatible`."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any, Literal

import pytest
from attrs import frozen

from dragoman import (
    LLM,
    AuthenticationError,
    BadRequestError,
    ConnectionFailedError,
    ContextWindowExceededError,
    LLMConfig,
    Message,
    RequestTimeoutError,
    StreamingLLM,
    StreamInterruptedError,
    Tool,
    Usage,
)
from dragoman_llamacpp.tiny_model import SENTENCE

if TYPE_CHECKING:
    from tests.servers.conftest import LlamaServer, StartLlamaServer

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "day": {"type": "integer"}},
    "required": ["city", "day"],
}
WEATHER = Tool(name="weather", description="Look it up.", schema=SCHEMA)


@frozen
class Forecast:
    city: str
    day: int
    unit: Literal["celsius", "kelvin"]


def config(server: LlamaServer, **fields: Any) -> LLMConfig:
    fields = {"temperature": 0, "api_key": server.api_key, **fields}
    return LLMConfig(model=server.model, provider="openai_compatible", api_base=server.url, **fields)


async def test_the_sentence_is_generated(llama_server: LlamaServer) -> None:
    async with LLM(config(llama_server)) as llm:
        response = await llm.generate("Hello")
        assert await llm.chat_completion([Message("user", "Hello")]) == SENTENCE
    assert (response.text, response.finish.reason) == (SENTENCE, "stop")
    assert response.usage.output_tokens == -(-len(SENTENCE.encode()) // 3) + 1
    assert response.origin.served_model == llama_server.model


async def test_a_prompt_is_continued_whole_and_streamed(llama_server: LlamaServer) -> None:
    async with StreamingLLM(config(llama_server, completions=True, max_tokens=6)) as llm:
        pieces = [piece async for piece in llm.streaming_completion(SENTENCE[:9])]
        assert "".join(pieces) == await llm.completion(SENTENCE[:9])
    assert len(pieces) > 1


async def test_the_sentence_is_streamed(llama_server: LlamaServer) -> None:
    async with StreamingLLM(config(llama_server)) as llm:
        pieces = [piece async for piece in llm.streaming_completion("Hello")]
        async with llm.stream("Hello") as stream:
            streamed = await stream.collect()
        whole = await llm.generate("Hello")
    assert "".join(pieces) == SENTENCE
    assert len(pieces) > 5
    assert (streamed.message, streamed.finish) == (whole.message, whole.finish)
    assert streamed.usage.output_tokens == whole.usage.output_tokens


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_tool_is_called(*, llama_server: LlamaServer, streamed: bool) -> None:
    async with LLM(config(llama_server)) as llm:
        if streamed:
            async with llm.stream("Hello", tools=[WEATHER], tool_choice="required") as stream:
                response = await stream.collect()
        else:
            response = await llm.generate("Hello", tools=[WEATHER], tool_choice="required")
    (call,) = response.tool_calls
    assert (call.name, call.parse()) == ("weather", {"city": SENTENCE, "day": 1})
    assert response.finish.reason == "tool_calls"
    assert call.call_id


async def test_a_token_limit_truncates_the_answer(llama_server: LlamaServer) -> None:
    async with LLM(config(llama_server)) as llm:
        response = await llm.generate("Hello", max_tokens=4)
    assert (response.text, response.finish.reason, response.usage.output_tokens) == (SENTENCE[:12], "length", 4)


async def test_an_answer_matches_a_schema(llama_server: LlamaServer) -> None:
    async with LLM(config(llama_server)) as llm:
        forecast = await llm.extract(Forecast, "Hello")
    assert (forecast.city, forecast.day) == (SENTENCE, 1)


async def test_several_answers_are_kept(llama_server: LlamaServer) -> None:
    async with LLM(config(llama_server)) as llm:
        response = await llm.generate("Hello", n=2)
    assert response.text == SENTENCE
    (other,) = response.alternatives
    assert (other.text, other.finish.raw, other.usage) == (SENTENCE, "stop", Usage())
    assert not response.adjustments


async def test_a_bad_request_is_refused(llama_server: LlamaServer) -> None:
    async with LLM(config(llama_server)) as llm:
        with pytest.raises(BadRequestError) as bad:
            await llm.generate("Hello", extra_body={"messages": "Hello"})
        with pytest.raises(ContextWindowExceededError) as long:
            await llm.generate("x" * 5000)
    assert (bad.value.status, long.value.status) == (400, 400)


async def test_a_wrong_key_is_refused(start_llama_server: StartLlamaServer) -> None:
    server = start_llama_server(api_key="sk-right")
    async with LLM(config(server)) as llm:
        assert await llm.completion("Hello") == SENTENCE
    async with LLM(config(server, api_key="sk-wrong")) as llm:
        with pytest.raises(AuthenticationError) as caught:
            await llm.completion("Hello")
    assert caught.value.status == 401


async def test_a_killed_server_cuts_the_answer(start_llama_server: StartLlamaServer) -> None:
    server = start_llama_server(kind="babble")
    pieces: list[str] = []
    async with LLM(config(server, max_tokens=2000, num_retries=0)) as llm:
        with pytest.raises(StreamInterruptedError) as caught:  # noqa: PT012  # raised while the stream is read
            async with llm.stream("Hello", logprobs=True, top_logprobs=20) as stream:  # large events: many pieces
                async for piece in stream.text():
                    if not pieces:
                        server.process.kill()
                    pieces.append(piece)
        server.process.wait()
        with pytest.raises(ConnectionFailedError):
            await llm.completion("Hello")
    assert caught.value.partial is not None
    assert caught.value.partial.text == "".join(pieces) != ""
    assert caught.value.partial.finish.reason == "interrupted"


async def test_a_stopped_server_exceeds_the_idle_timeout(start_llama_server: StartLlamaServer) -> None:
    server = start_llama_server(kind="babble")
    async with LLM(config(server, max_tokens=2000, idle_timeout=0.3)) as llm:
        with pytest.raises(RequestTimeoutError) as caught:  # noqa: PT012  # raised while the stream is read
            async with llm.stream("Hello", logprobs=True, top_logprobs=20) as stream:
                async for _ in stream.text():
                    server.process.send_signal(signal.SIGSTOP)
    assert caught.value.phase == "idle"
    assert caught.value.partial is not None
    assert caught.value.partial.text


async def test_tools_are_run(llama_server: LlamaServer) -> None:
    looked_up: list[tuple[str, int]] = []

    def weather(city: str, day: int) -> str:
        looked_up.append((city, day))
        return f"Rain on day {day}"

    async with LLM(config(llama_server)) as llm:
        run = await llm.run("Hello", tools=[weather], tool_choice="required")
        assert len(looked_up) == 1
        assert [message.role for message in run.messages] == ["user", "assistant", "tool", "assistant"]
        assert run.text == SENTENCE
        assert [response.finish.reason for response in run.responses] == ["tool_calls", "stop"]
        async with llm.stream_run("Hello", tools=[weather], tool_choice="required") as stream:
            pieces = [piece async for piece in stream.text()]
        assert "".join(pieces) == "".join(response.text for response in stream.run.responses)
        assert stream.run.text == SENTENCE
        assert stream.run.turns[0].results[0].text == f"Rain on day {looked_up[1][1]}"
