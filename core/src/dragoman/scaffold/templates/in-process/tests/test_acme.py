"""What is Acme's own: what its model says, what it counts, and what it refuses."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from dragoman import (
    LLM,
    ConfigurationError,
    InvalidRequestError,
    LLMConfig,
    Message,
    RequestTimeoutError,
    Response,
    StreamingLLM,
    Tool,
    ToolCall,
    UnsupportedError,
    explain,
)


def ask(messages: str | list[Message] = "one two three", **options: Any) -> Response:
    """Return the answer."""
    tools = options.pop("tools", ())

    async def answer() -> Response:
        async with LLM(LLMConfig(model="acme-large", **options)) as llm:
            return await llm.generate(messages, tools=tools)

    return asyncio.run(answer())


@pytest.mark.parametrize("model", ["acme-large", "acme/anything"])
def test_the_name_of_a_model_leads_here(model: str) -> None:
    assert explain(LLMConfig(model=model)).provider == "acme"


def test_it_answers_and_counts() -> None:
    response = ask()
    assert response.text == "three two one"
    assert response.finish.reason == "stop"
    assert (response.usage.input_tokens, response.usage.output_tokens) == (3, 3)


def test_a_limit_cuts_the_answer() -> None:
    response = ask(max_tokens=2)
    assert response.text == "three two"
    assert response.finish.reason == "length"
    assert response.usage.output_tokens == 2


def test_a_stream_says_the_same_token_by_token() -> None:
    async def pieces() -> list[str]:
        async with StreamingLLM(LLMConfig(model="acme-large")) as llm:
            return [piece async for piece in llm.streaming_completion("one two three")]

    assert asyncio.run(pieces()) == ["three", " two", " one"]


def test_the_deadline_ends_a_call() -> None:
    with pytest.raises(RequestTimeoutError, match="deadline"):
        ask(pause=60, timeout=0.01)


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="tools"):
        ask(tools=[Tool(name="weather")])
    with pytest.raises(UnsupportedError, match="no ToolCall"):
        ask([Message("assistant", [ToolCall(name="weather", call_id="c1")])])


def test_a_misspelled_option_is_an_error() -> None:
    with pytest.raises(InvalidRequestError, match="did you mean 'pause'"):
        ask(pauze=1)


def test_an_address_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="in process"):
        ask(provider="acme", api_base="http://127.0.0.1:1")
