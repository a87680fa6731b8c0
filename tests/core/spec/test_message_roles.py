"""What a caller says is sent or refused, never left out."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman import (
    LLM,
    Extension,
    InvalidRequestError,
    LLMConfig,
    Message,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
    UnsupportedError,
)
from dragoman.spec.message_roles import check_roles

FOREIGN = Extension(kind="acme.thing", value={"a": 1})
OWN = Extension(kind="here.thing", value={"a": 1})
CALL = ToolCall(name="f", call_id="c")


@pytest.mark.parametrize("role", ["user", "system", "tool"])
@pytest.mark.parametrize("part", [Reasoning(text="hm"), Refusal(text="no"), CALL])
def test_what_only_a_model_makes_is_refused(role: str, part: Any) -> None:
    messages = [Message("user", "q"), Message(role, [Text(text="x"), part])]
    with pytest.raises(InvalidRequestError, match=rf"messages\[1\].*{role}.*{type(part).__name__}"):
        check_roles(messages, "here")


@pytest.mark.parametrize(
    "parts", [[FOREIGN], [Text(text="x"), FOREIGN], [ToolResult(call_id="c", name="f", content=FOREIGN)]]
)
def test_what_only_another_service_understands_is_refused(parts: list[Any]) -> None:
    with pytest.raises(UnsupportedError, match=r"messages\[0\].*acme\.thing.*here"):
        check_roles([Message("user", parts)], "here")
    check_roles([Message("user", parts)], None)


def test_the_assistant_may_say_anything_and_a_caller_what_the_service_understands() -> None:
    check_roles(
        [
            Message("user", "q"),
            Message("assistant", [Reasoning(text="hm"), Refusal(text="no"), CALL, FOREIGN]),
            Message("tool", [ToolResult(call_id="c", name="f", content=[Text(text="1"), OWN])]),
            Message("user", [OWN]),
        ],
        "here",
    )


@pytest.mark.parametrize("content", ["It rains.", "", [], [Text(text="It"), Text(text="rains.")]])
@pytest.mark.parametrize("provider", ["openai", "anthropic", "google", "mistral", "cohere", "ollama"])
def test_a_message_of_a_tool_without_a_result_is_refused(provider: str, content: Any) -> None:
    llm = LLM(LLMConfig("m", provider=provider, api_key="k"))
    with pytest.raises(InvalidRequestError, match=r"messages\[1\] is a message of a tool without a result; give Tool"):
        llm.build_request([Message("user", "Weather?"), Message("tool", content)])


@pytest.mark.parametrize("provider", ["openai", "anthropic", "google", "mistral", "cohere", "ollama"])
def test_an_empty_instruction_and_an_empty_answer_are_taken(provider: str) -> None:
    llm = LLM(LLMConfig("m", provider=provider, api_key="k"))
    llm.build_request([Message("system", ""), Message("user", "Hi"), Message("assistant", ""), Message("user", "Hi?")])


def test_it_is_refused_before_anything_is_sent() -> None:
    llm = LLM(LLMConfig("gpt-4o", provider="openai", api_key="k"))
    with pytest.raises(InvalidRequestError, match="Reasoning"):
        llm.build_request([Message("user", [Reasoning(text="hm")])])
