from __future__ import annotations

from typing import Any

import pytest

from dragoman import (
    AUTO,
    NONE,
    REQUIRED,
    ChatRequest,
    CompletionRequest,
    Effort,
    InvalidRequestError,
    Message,
    ServerTool,
    Settings,
    Tool,
    ToolChoice,
    UnsupportedError,
)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("temperature", "hot", "temperature must be a number, not 'hot'"),
        ("temperature", -0.1, "temperature must be at least 0, not -0.1"),
        ("temperature", float("nan"), "temperature must be a finite number, not nan"),
        ("temperature", True, "temperature must be a number, not True"),
        ("max_tokens", 0, "max_tokens must be at least 1, not 0"),
        ("max_tokens", 1.5, "max_tokens must be a whole number, not 1.5"),
        ("top_p", 1.1, "top_p must be between 0 and 1, not 1.1"),
        ("presence_penalty", -3, "presence_penalty must be between -2 and 2, not -3"),
        ("stop", ["a", ""], "stop must be a non-empty string or a list of them"),
        ("stop", 5, "stop must be a non-empty string or a list of them"),
        ("seed", "x", "seed must be a whole number"),
        ("effort", 3, "effort must be a string"),
        ("logprobs", "yes", "logprobs must be True or False"),
        ("service_tier", 1, "service_tier must be a string"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(name: str, value: object, problem: str) -> None:
    with pytest.raises(InvalidRequestError, match=problem) as caught:
        Settings(**{name: value})
    assert caught.value.parameter == name


def test_settings_take_what_is_natural() -> None:
    settings = Settings(stop="END", effort="low", seed=-5, temperature=0, explicit={"stop"}, logprobs=True)
    assert (settings.stop, settings.effort, settings.explicit) == (("END",), Effort.LOW, frozenset({"stop"}))
    assert Settings(stop=["a", "b"]).stop == ("a", "b")
    assert Settings(effort="galactic").effort == "galactic"


@pytest.mark.parametrize(
    ("choice", "read"),
    [
        ("auto", AUTO),
        ("none", NONE),
        ("required", REQUIRED),
        ("any", REQUIRED),
        ("weather", ToolChoice("tool", "weather")),
        (REQUIRED, REQUIRED),
    ],
)
def test_a_tool_choice_is_a_word_or_a_name(choice: ToolChoice | str, read: ToolChoice) -> None:
    assert ToolChoice.of(choice) == read


def test_a_server_tool_is_named_by_its_issuer() -> None:
    tool = ServerTool(id="acme.web_search")
    assert (tool.issuer, tool.name) == ("acme", "web_search")
    assert Tool(name="f").schema == {"type": "object", "properties": {}}


@pytest.mark.parametrize(
    ("messages", "problem"),
    [
        ((), "at least one message"),
        (("hi",), r"messages\[0\] must be a Message, not str"),
        ((Message("user", "a"), Message("critic", "b")), r"messages\[1\] has the unknown role 'critic'; use system"),
    ],
)
def test_a_conversation_that_cannot_be_sent_is_refused(messages: Any, problem: str) -> None:
    with pytest.raises(InvalidRequestError, match=problem):
        ChatRequest(model="m", messages=messages)


@pytest.mark.parametrize(("prompt", "problem"), [("", "must not be empty"), (None, "must be a string, not None")])
def test_a_prompt_is_a_text(prompt: Any, problem: str) -> None:
    with pytest.raises(InvalidRequestError, match=problem):
        CompletionRequest(model="m", prompt=prompt)


def test_a_prompt_can_be_asked_as_a_conversation() -> None:
    settings = Settings(max_tokens=5)
    request = CompletionRequest(model="m", prompt="Go", settings=settings, options={"x": {"y": 1}}, headers={"a": "b"})
    assert request.as_chat() == ChatRequest(
        model="m", messages=[Message("user", "Go")], settings=settings, options={"x": {"y": 1}}, headers={"a": "b"}
    )


def test_a_suffix_has_no_place_in_a_conversation() -> None:
    with pytest.raises(UnsupportedError, match="accepts no suffix"):
        CompletionRequest(model="m", prompt="a", suffix="z").as_chat()
