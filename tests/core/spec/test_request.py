from __future__ import annotations

from collections.abc import Callable
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
    OutputFormat,
    ServerTool,
    Settings,
    Text,
    Tool,
    ToolChoice,
    ToolResult,
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
        ((Message("usr", "a"),), r"unknown role 'usr'; use .* or tool; did you mean 'user'\?"),
        ((Message("model", "a"),), r"unknown role 'model'; use .* or tool; it is called 'assistant' here"),
        (
            (Message("tool", [ToolResult(call_id="1", name="f", content="", outcome="success")]),),
            r"messages\[0\] has a ToolResult with the unknown outcome 'success'; it is called 'ok' here",
        ),
        (
            (Message("user", [Text(text="x"), ToolResult(call_id="1", name="f", content="", outcome="zzz")]),),
            "the unknown outcome 'zzz'; use denied, error, interrupted, ok",
        ),
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


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (
            lambda: ToolChoice("requird"),
            r"kind of ToolChoice must be one of auto, .*'requird'; did you mean 'required'\?",
        ),
        (lambda: OutputFormat("json_scheme"), r"kind of OutputFormat must be one of .*; did you mean 'json_schema'\?"),
        (lambda: OutputFormat("zzz"), "must be one of text, json, json_schema, not 'zzz'$"),
        (lambda: ToolChoice(7), "kind must be a string, not 7"),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    ],
)
def test_a_kind_is_one_of_the_known_words(make: Callable[[], object], problem: str) -> None:
    with pytest.raises(InvalidRequestError, match=problem):
        make()


def test_a_kind_may_be_a_string_of_another_class() -> None:
    class Word(str):
        __slots__ = ()

    assert type(ToolChoice(Word("auto")).kind) is str
