"""What JSON or a header cannot express is an error that says so before anything is sent, wherever it is given."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import attrs
import pytest
from hypothesis import given, strategies as st

from dragoman import (
    LLM,
    DragomanError,
    Extension,
    LLMConfig,
    Message,
    Reasoning,
    Seal,
    ServerTool,
    Text,
    Tool,
)

Place = Callable[[str, Any], dict[str, Any]]


class Hostile:
    """Fail at whatever is asked of it."""

    def __repr__(self) -> str:
        raise RuntimeError

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    __hash__ = object.__hash__


def _cycle() -> Any:
    value: dict[str, Any] = {}
    value["again"] = value
    return value


def _deep() -> Any:
    value: Any = {}
    for _ in range(2000):
        value = {"a": value}
    return value


ODD: dict[str, Any] = {
    "object": object(),
    "hostile": Hostile(),
    "nan": float("nan"),
    "infinite": float("inf"),
    "bytes": b"x",
    "set": {1},
    "class": int,
    "function": len,
    "complex": 1j,
    "cycle": _cycle(),
    "deep": _deep(),
    "half a character": "\ud800",
    "huge": 10**5000,
    "a name that is none": {1: 2},
    "a name of two": {(1, 2): 3},
    "half a name": {"\ud800": 1},
}
NESTED: dict[str, Callable[[Any], Any]] = {
    "alone": lambda value: value,
    "in a list": lambda value: [value],
    "in a mapping": lambda value: {"a": value},
    "deeper": lambda value: {"a": [{"b": value}]},
}
MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "openai": ("gpt-4o", {}),
    "anthropic": ("claude-3-5-sonnet-20241022", {}),
    "google": ("gemini-2.5-pro", {}),
    "azure": ("gpt-4", {"api_base": "https://x.openai.azure.com", "api_version": "2024-10-21"}),
    "groq": ("llama3-70b", {}),
    "cohere": ("command-a-03-2025", {}),
    "mistral": ("mistral-large-latest", {}),
    "openrouter": ("openai/gpt-4", {}),
    "litellm_proxy": ("m", {"api_base": "https://proxy.test"}),
    "openai_compatible": ("m", {"api_base": "https://server.test"}),
}


def _configured(provider: str, model: str = "", **options: Any) -> LLM:
    known, fields = MODELS[provider]
    return LLM(LLMConfig(model or known, **{"provider": provider, "api_key": "k", **fields, **options}))


LLMS = {**{name: _configured(name) for name in MODELS}, "responses": _configured("openai", "gpt-5-pro")}
OPTIONS = [
    (name, field.alias)
    for name, llm in LLMS.items()
    for field in attrs.fields(llm._model.ready()[0].provider.info.options)  # noqa: SLF001  # as the provider declares them
]
PLACES: dict[str, Place] = {
    "extra_body": lambda _, value: {"extra_body": {"x": value}},
    "headers": lambda _, value: {"headers": {"x-a": value}},
    "options": lambda provider, value: {"options": {provider: {"extra_body": {"x": value}}}},
    "an option of a tool": lambda provider, value: {"tools": [Tool(name="f", options={provider: {"x": value}})]},
    "a schema": lambda _, value: {"tools": [{"name": "f", "parameters": {"type": "object", "x": value}}]},
    "a default": lambda _, value: {
        "tools": [{"name": "f", "parameters": {"type": "object", "properties": {"a": {"default": value}}}}]
    },
    "a server tool": lambda provider, value: {"tools": [ServerTool(id=f"{provider}.x", args={"a": value})]},
    "an output": lambda _, value: {"output": {"type": "object", "x": value}},
    "an enumeration": lambda _, value: {"output": {"type": "object", "properties": {"a": {"enum": [value]}}}},
    "a format": lambda _, value: {"output": {"x": value}},
    "a choice": lambda _, value: {"tools": [Tool(name="f")], "tool_choice": value},
    "stop": lambda _, value: {"stop": value},
    "seed": lambda _, value: {"seed": value},
    "timeout": lambda _, value: {"timeout": value},
}
SAID: dict[str, Callable[[str, Any], Any]] = {
    "metadata of a part": lambda _, value: Message("user", [Text(text="a", metadata={"x": value})]),
    "options of a part": lambda name, value: Message("user", [Text(text="a", options={name: {"x": value}})]),
    "options of a message": lambda name, value: Message("user", "a", options={name: {"x": value}}),
    "an extension": lambda name, value: Message("user", [Extension(kind=f"{name}.x", value=value)]),
    "a seal": lambda name, value: Message("assistant", [Reasoning(text="a", seal=Seal(issuer=name, payload=value))]),
    "plain data": lambda _, value: {"role": "user", "content": [{"type": "text", "text": "a", "x": value}]},
}
values = st.builds(lambda odd, nest: NESTED[nest](ODD[odd]), st.sampled_from([*ODD]), st.sampled_from([*NESTED]))


_LONGEST = 2000


def _is_sent_or_refused(ask: Callable[[], Any]) -> None:
    """Check that a request is valid JSON, or refused with a message of reasonable length."""
    try:
        body = ask().body
    except DragomanError as error:
        message = str(error)
    else:
        message = ""
        json.dumps(body, allow_nan=False, ensure_ascii=False).encode()
    assert len(message) < _LONGEST


@given(st.sampled_from(OPTIONS), values)
def test_an_option_is_sent_or_refused(option: tuple[str, str], value: Any) -> None:
    provider, name = option
    _is_sent_or_refused(lambda: LLMS[provider].build_request("Hi", **{name: value}))
    if provider in MODELS:
        _is_sent_or_refused(lambda: _configured(provider, **{name: value}).build_request("Hi"))


@given(st.sampled_from([*LLMS]), st.sampled_from([*PLACES]), values)
def test_what_a_call_adds_is_sent_or_refused(provider: str, place: str, value: Any) -> None:
    name = "openai" if provider == "responses" else provider
    _is_sent_or_refused(lambda: LLMS[provider].build_request("Hi", **PLACES[place](name, value)))


@given(st.sampled_from([*LLMS]), st.sampled_from([*SAID]), values)
def test_what_a_message_holds_is_sent_or_refused(provider: str, place: str, value: Any) -> None:
    name = "openai" if provider == "responses" else provider
    first: Any = Message("user", "q")
    _is_sent_or_refused(lambda: LLMS[provider].build_request([first, SAID[place](name, value)]))


@pytest.mark.parametrize(
    ("provider", "options", "problem"),
    [
        ("litellm_proxy", {"spend_logs_metadata": {"a": object()}}, "in spend_logs_metadata.a: "),
        (
            "litellm_proxy",
            {"proxy_timeout": 10**5000},
            "'proxy_timeout' of litellm_proxy must be a number within 64 bits",
        ),
        ("azure", {"api_version": "\ud800"}, "'api_version' of azure contains half of a surrogate pair"),
        ("google", {"credentials": Hostile()}, "'credentials' belongs to LLMConfig, not to one call"),
        ("openai", {"metadata": {"a": {1}}}, "in metadata.a: "),
        ("openai", {"output": {"type": "object", "x": object()}}, r"\$.x of a schema cannot be written as JSON: "),
    ],
)
def test_an_error_names_the_place(provider: str, options: dict[str, Any], problem: str) -> None:
    with pytest.raises(DragomanError, match=problem):
        LLMS[provider].build_request("Hi", **options)
