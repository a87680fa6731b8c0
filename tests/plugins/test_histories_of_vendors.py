"""Histories that one vendor took, or another program kept, are sent to every vendor as it takes them."""

from __future__ import annotations

import base64
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
PNG = b"\x89PNG\r\n\x1a\n0123"
MODELS = {"cohere": "command-a-vision-07-2025", "groq": "meta-llama/llama-4-scout-17b-16e-instruct"}
"""Models with images of vendors whose other models take none."""
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


CALL = {"id": "c", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
USE = {"type": "tool_use", "id": "c", "name": "weather", "input": {}}
ANSWERS: dict[str, dict[str, Any]] = {
    "openai": {"content": "Rain", "refusal": None, "annotations": [], "audio": None, "parsed": {"sky": "rain"}},
    "mistral": {"content": "Rain", "tool_calls": None, "prefix": False},
    "cohere": {"content": [{"type": "text", "text": "Rain"}], "tool_plan": "Look.", "citations": [{"start": 0}]},
    "ollama": {"content": "Rain", "thinking": "hm", "images": None, "tool_name": None},
    "groq": {"content": "Rain", "reasoning": "hm", "executed_tools": [{"type": "search", "index": 0}]},
    "azure": {"content": "Rain", "context": {"citations": []}, "end_turn": True},
    "perplexity": {"content": "Rain", "citations": ["https://a.test"], "search_results": [{"url": "https://a.test"}]},
    "minimax": {"content": "Rain", "audio_content": ""},
    "anthropic": {"content": [{"type": "text", "text": "Rain", "citations": None, "parsed_output": {"sky": "rain"}}]},
    "responses": {
        "type": "message",
        "id": "msg_1",
        "status": "completed",
        "content": [{"type": "output_text", "text": "Rain", "annotations": [], "parsed": {"sky": "rain"}}],
    },
    "calls of openai": {
        "content": None,
        "tool_calls": [{**CALL, "function": {**CALL["function"], "parsed_arguments": {}}}],  # type: ignore[dict-item]
    },
    "calls of anthropic": {"content": [{**USE, "caller": {"type": "direct"}}]},
    "calls of mistral": {"content": "", "tool_calls": [{**CALL, "type": None, "index": 0}], "prefix": False},
}
"""Messages of answers, as programs keep what servers and libraries give them."""


@pytest.mark.parametrize("name", OVER_HTTP)
@pytest.mark.parametrize("whose", ANSWERS)
def test_the_answer_of_any_vendor_goes_on_at_any_other(name: str, whose: str) -> None:
    answer = {"role": "assistant", **ANSWERS[whose]}
    result = [{"role": "tool", "tool_call_id": "c", "content": "Rain"}] if "calls" in whose else []
    sent = body(name, [{"role": "user", "content": "Oslo?"}, answer, *result, {"role": "user", "content": "And?"}])
    written = json.dumps(sent.get("messages") or sent.get("contents") or sent["input"])
    assert "Rain" in written
    for added in ("parsed", "executed_tools", "search_results", "end_turn", "audio_content", '"tool_plan"'):
        assert added not in written


@pytest.mark.parametrize("name", OVER_HTTP)
@pytest.mark.parametrize("given", ["bare", "beside the content"])
def test_images_in_base64_alone_arrive_everywhere(name: str, given: str) -> None:
    held = base64.b64encode(PNG).decode()
    message: dict[str, Any] = {"role": "user", "content": "What is this?", "images": [held]}
    if given == "bare":
        image = {"type": "image_url", "image_url": {"url": held}}
        message = {"role": "user", "content": [{"type": "text", "text": "What is this?"}, image]}
    sent = json.dumps(body(name, [message], MODELS.get(name)))
    assert held in sent
    assert f'"{held}"' in sent or f"data:image/png;base64,{held}" in sent
