"""Tests specific to Acme: answers, token counts and refused requests."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from dragoman import (
    LLM,
    ConfigurationError,
    Data,
    InvalidRequestError,
    LLMConfig,
    Message,
    RequestTimeoutError,
    Response,
    StreamingLLM,
    Tool,
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
def test_the_model_name_leads_here(model: str) -> None:
    assert explain(LLMConfig(model=model)).provider == "acme"


def test_it_answers_and_counts() -> None:
    response = ask()
    assert response.text == "three two one"
    assert response.finish.reason == "stop"
    assert (response.usage.input_tokens, response.usage.output_tokens) == (3, 3)


def test_max_tokens_truncates_the_answer() -> None:
    response = ask(max_tokens=2)
    assert response.text == "three two"
    assert response.finish.reason == "length"
    assert response.usage.output_tokens == 2


def test_a_stream_yields_the_same_tokens() -> None:
    async def pieces() -> list[str]:
        async with StreamingLLM(LLMConfig(model="acme-large")) as llm:
            return [piece async for piece in llm.streaming_completion("one two three")]

    assert asyncio.run(pieces()) == ["three", " two", " one"]


def test_the_deadline_stops_a_call() -> None:
    with pytest.raises(RequestTimeoutError, match="deadline"):
        ask(pause=60, timeout=0.01)


def test_other_parts_than_text_are_refused() -> None:
    with pytest.raises(UnsupportedError, match="tools"):
        ask(tools=[Tool(name="weather")])
    with pytest.raises(UnsupportedError, match="not Data"):
        ask([Message("user", [Data(value=1)])])


def test_a_misspelled_option_is_an_error() -> None:
    with pytest.raises(InvalidRequestError, match="did you mean 'pause'"):
        ask(pauze=1)


def test_a_base_url_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="in process"):
        ask(provider="acme", api_base="http://127.0.0.1:1")
