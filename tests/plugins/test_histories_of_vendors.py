"""Histories that one vendor took, or another program kept, are sent to every vendor as it takes them."""

from __future__ import annotations

import json
from collections.abc import Container, Iterator
from typing import Any

import pytest

from dragoman import LLM, LLMConfig, Message, ToolCall, ToolResult
from plugins.vendors import ASKED, KEY, OVER_HTTP, VENDORS

BASES = {
    "azure": "https://x.openai.azure.com",
    "openai_compatible": "https://a.test/v1",
    "litellm_proxy": "https://a.test",
}
TAKE_ANY_TEXT = {"openai", "openai-responses", "azure"}
"""Vendors that take any text as the arguments of a call."""
NAMES = frozenset({"arguments", "input", "args"})
CUT = '{"city": "Os'
RESULT = Message("tool", [ToolResult(call_id="c", name="weather", content="Rain")])


def body(name: str, messages: list[Any], model: str | None = None) -> Any:
    """Return what a vendor is sent."""
    vendor = VENDORS[name]
    reached = {"api_key": KEY, **({"api_base": BASES[name]} if name in BASES else {})}
    config = LLMConfig(model=model or vendor.model, provider=vendor.provider, **reached, **vendor.options)
    return LLM(config).build_request(messages).body


def found(value: Any, names: Container[str]) -> Iterator[Any]:
    """Yield the members of these names, wherever they stand."""
    if isinstance(value, dict):
        yield from (each for name, each in value.items() if name in names)
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from found(each, names)


@pytest.mark.parametrize("name", OVER_HTTP)
@pytest.mark.parametrize("written", [CUT, "[1]", '"a"'])
def test_arguments_that_are_no_object_go_back_as_one(name: str, written: str) -> None:
    call = ToolCall(name="weather", call_id="c", arguments=written)
    sent = body(name, [ASKED, Message("assistant", [call]), RESULT])
    history = sent.get("messages") or sent.get("contents") or sent["input"]
    [arguments] = found(history, NAMES if "input" not in sent else {"arguments"})
    if name in TAKE_ANY_TEXT:
        assert arguments == written
    else:
        assert (json.loads(arguments) if isinstance(arguments, str) else arguments) == {"invalid_json": written}


@pytest.mark.parametrize(
    ("name", "model", "is_apart"),
    [
        ("mistral", "mistral-large-latest", True),
        ("mistral", "devstral-2512", True),
        ("openrouter", "mistralai/mistral-medium-3.1", True),
        ("openai_compatible", "mistralai/Devstral-Small-2-24B-Instruct-2512", True),
        ("mistral", "mistral-small-latest", False),  # a recorded request was answered
        ("openrouter", "openai/gpt-4o", False),
        ("openai", "gpt-4o", False),
    ],
)
def test_the_user_follows_on_results_at_once_where_the_model_takes_it(name: str, model: str, *, is_apart: bool) -> None:
    call = ToolCall(name="weather", call_id="c", arguments="{}")
    sent = body(name, [ASKED, Message("assistant", [call]), RESULT, Message("user", "And?")], model)
    roles = [message["role"] for message in sent["messages"]]
    assert roles == ["user", "assistant", "tool", *(["assistant"] if is_apart else []), "user"]
