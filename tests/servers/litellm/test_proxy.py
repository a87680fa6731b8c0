"""A real LiteLLM proxy, used through dragoman-litellm-proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dragoman import (
    AuthenticationError,
    BadRequestError,
    LLMConfig,
    NotFoundError,
    ProviderError,
    RateLimitError,
    StreamingLLM,
    Tool,
)

if TYPE_CHECKING:
    from tests.servers.conftest import LlamaServer
    from tests.servers.litellm.conftest import Proxy

WEATHER = Tool(
    name="weather",
    description="Look it up.",
    schema={"type": "object", "properties": {"day": {"type": "integer"}}, "required": ["day"]},
)


def ask(proxy: Proxy, model: str, **more: Any) -> StreamingLLM:
    given = {"model": f"litellm_proxy/{model}", "api_base": proxy.url, "api_key": proxy.key, **more}
    return StreamingLLM(LLMConfig(**given))


@pytest.mark.parametrize("base", ["", "/v1", "/v1/"])
async def test_a_mocked_model_answers_at_every_form_of_the_base_url(proxy: Proxy, base: str) -> None:
    async with ask(proxy, "mock-openai", api_base=proxy.url + base) as llm:
        response = await llm.generate("Hi")
    assert response.text == "Hello ☃ from the mock"
    assert response.finish.reason == "stop"
    assert response.usage.output_tokens is not None


async def test_the_cost_is_in_the_headers(proxy: Proxy) -> None:
    async with ask(proxy, "mock-openai") as llm:
        response = await llm.generate("Hi")
    assert float(response.headers["x-litellm-response-cost"]) > 0


@pytest.mark.parametrize("model", ["mock-openai", "mock-claude"])
async def test_a_mocked_model_streams(proxy: Proxy, model: str) -> None:
    async with ask(proxy, model) as llm:
        chunks = [chunk async for chunk in llm.streaming_completion("Hi")]
        whole = await llm.completion("Hi")
    assert "".join(chunks) == whole
    assert len(chunks) > 1


@pytest.mark.parametrize("name", ["tiny", "house"])
async def test_two_hops_reach_real_inference(proxy: Proxy, llama_server: LlamaServer, name: str) -> None:
    async with ask(proxy, name, temperature=0) as llm:
        whole = await llm.generate("Hello")
        async with llm.stream("Hello") as stream:
            streamed = await stream.collect()
    assert whole.text == streamed.text == llama_server.expected_text
    assert whole.finish.reason == streamed.finish.reason == "stop"
    assert whole.usage.output_tokens == streamed.usage.output_tokens


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_tool_call_is_passed_on_through_two_hops(proxy: Proxy, streamed: bool) -> None:  # noqa: FBT001
    overrides: dict[str, Any] = {"tools": [WEATHER], "tool_choice": "required", "temperature": 0}
    async with ask(proxy, "tiny") as llm:
        if streamed:
            async with llm.stream("Hello", **overrides) as stream:
                response = await stream.collect()
        else:
            response = await llm.generate("Hello", **overrides)
    [call] = response.tool_calls
    assert call.name == "weather"
    assert isinstance(call.parse()["day"], int)
    assert response.finish.reason == "tool_calls"


async def test_a_rate_limit_is_reported(proxy: Proxy) -> None:
    async with ask(proxy, "mock-limited") as llm:
        with pytest.raises(RateLimitError) as caught:
            await llm.completion("Hi")
    assert caught.value.status == 429
    assert len(caught.value.attempts) == 1


async def test_a_wrong_key_is_refused(proxy: Proxy) -> None:
    async with ask(proxy, "mock-openai", api_key="sk-wrong-0123456789") as llm:
        with pytest.raises((AuthenticationError, BadRequestError)) as caught:  # 400 where the proxy has no database
            await llm.completion("Hi")
    assert not caught.value.retryable
    assert "sk-wrong-0123456789" not in f"{caught.value!r} {caught.value.body}"


async def test_an_unknown_model_is_refused(proxy: Proxy) -> None:
    async with ask(proxy, "nobody") as llm:
        with pytest.raises((NotFoundError, BadRequestError)) as caught:
            await llm.completion("Hi")
    assert isinstance(caught.value, ProviderError)


async def test_the_models_are_listed(proxy: Proxy) -> None:
    async with ask(proxy, "tiny") as llm:
        names = {each.id for each in await llm.models()}
    assert {"mock-openai", "mock-claude", "tiny"} <= names
