"""The vendors as the two ends of a conversation: how to reach each, and how to read what it is sent."""

from __future__ import annotations

import asyncio
import functools
import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from dragoman import LLM, LLMConfig, Message, Tool, ToolCall, ToolResult
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from plugins import turns
from plugins.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Pair = tuple[str, Any, str]
"""A tool's name, its arguments and its result."""

KEY = "sk-of-the-test"
ASKED = Message("user", "Shall I take an umbrella to Oslo?")
WEATHER = Tool(
    name="weather",
    description="Look up the weather.",
    schema={"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}},
)
CLOCK = Tool(name="clock")


def chat_pairs(body: Any) -> list[Pair]:
    """Read calls and their results where the OpenAI chat dialect has them: the results right behind the calls."""
    pairs: list[Pair] = []
    messages = body["messages"]
    for place, message in enumerate(messages):
        calls = message.get("tool_calls") or ()
        for call, result in zip(calls, messages[place + 1 :], strict=False):
            assert (result["role"], result["tool_call_id"]) == ("tool", call["id"])
            function = call["function"]
            pairs.append((function["name"], json.loads(function["arguments"]), result["content"]))
    assert len(pairs) == sum(message["role"] == "tool" for message in messages)
    return pairs


def responses_pairs(body: Any) -> list[Pair]:
    calls = [item for item in body["input"] if item.get("type") == "function_call"]
    results = {item["call_id"]: item for item in body["input"] if item.get("type") == "function_call_output"}
    assert results.keys() == {call["call_id"] for call in calls}
    assert all(body["input"].index(call) < body["input"].index(results[call["call_id"]]) for call in calls)
    return [(call["name"], json.loads(call["arguments"]), results[call["call_id"]]["output"]) for call in calls]


def anthropic_pairs(body: Any) -> list[Pair]:
    pairs: list[Pair] = []
    turns_of_both = body["messages"]
    assert [turn["role"] for turn in turns_of_both] == ["user", "assistant"] * (len(turns_of_both) // 2) + ["user"]
    for turn, following in pairwise(turns_of_both):
        blocks = turn["content"] if isinstance(turn["content"], list) else []
        calls = [block for block in blocks if block["type"] == "tool_use"]
        for call, result in zip(calls, following["content"], strict=False):
            assert (result["type"], result["tool_use_id"]) == ("tool_result", call["id"])
            pairs.append((call["name"], call["input"], result["content"]))
    return pairs


def google_pairs(body: Any) -> list[Pair]:
    """Read calls and their results where Gemini has them: by name and order, by id only where it gave one."""
    pairs: list[Pair] = []
    contents = body["contents"]
    for content, following in pairwise(contents):
        calls = [part["functionCall"] for part in content["parts"] if "functionCall" in part]
        for call, part in zip(calls, following["parts"], strict=False):
            result = part["functionResponse"]
            assert (result["name"], result.get("id")) == (call["name"], call.get("id"))
            assert (content["role"], following["role"]) == ("model", "user")
            pairs.append((call["name"], call["args"], result["response"]["result"]))
    return pairs


def converse_pairs(body: Any) -> list[Pair]:
    pairs: list[Pair] = []
    turns_of_both = body["messages"]
    assert [turn["role"] for turn in turns_of_both] == ["user", "assistant"] * (len(turns_of_both) // 2) + ["user"]
    for turn, following in pairwise(turns_of_both):
        calls = [block["toolUse"] for block in turn["content"] if "toolUse" in block]
        results = [block["toolResult"] for block in following["content"] if "toolResult" in block]
        assert [result["toolUseId"] for result in results] == [call["toolUseId"] for call in calls]
        for call, result in zip(calls, results, strict=True):
            [content] = result["content"]
            pairs.append((call["name"], call["input"], content["text"]))
    return pairs


def ollama_pairs(body: Any) -> list[Pair]:
    pairs: list[Pair] = []
    messages = body["messages"]
    for place, message in enumerate(messages):
        calls = message.get("tool_calls") or ()
        for call, result in zip(calls, messages[place + 1 :], strict=False):
            function = call["function"]
            assert (result["role"], result["tool_name"]) == ("tool", function["name"])
            assert result["tool_call_id"] == call["id"]
            pairs.append((function["name"], function["arguments"], result["content"]))
    assert len(pairs) == sum(message["role"] == "tool" for message in messages)
    return pairs


@frozen(kw_only=True)
class Vendor:
    """Say how to reach a vendor, what it said, and how to read what it is sent.

    Args:
        provider: the name of its plugin.
        model: one of its models.
        base: the path of its base URL.
        turns: what it says, ``None`` for a model that runs in this process and speaks for itself.
        pairs: reads the calls and their results out of a body.
        options: what its plugin needs to be reported.

    """

    provider: str
    model: str
    pairs: Callable[[Any], list[Pair]] = chat_pairs
    base: str = "/v1"
    turns: Turns | None = None
    options: dict[str, Any] = field(factory=dict)

    def llm(self, server: LoopbackServer | None) -> LLM:
        reached = {} if server is None else {"api_base": server.url + self.base, "api_key": KEY}
        given = {"num_retries": 0, "timeout": 20, **reached, **self.options}
        return LLM(LLMConfig(model=self.model, provider=self.provider, **given))


VENDORS = {
    "openai": Vendor(provider="openai", model="gpt-4o", turns=turns.OPENAI),
    "openai-responses": Vendor(
        provider="openai",
        model="gpt-5.1",
        pairs=responses_pairs,
        turns=turns.RESPONSES,
        options={"api": "responses", "store": False},
    ),
    "anthropic": Vendor(
        provider="anthropic", model="claude-sonnet-4-5", pairs=anthropic_pairs, base="", turns=turns.ANTHROPIC
    ),
    "google": Vendor(
        provider="google", model="gemini-3-pro-preview", pairs=google_pairs, base="/v1beta", turns=turns.GOOGLE
    ),
    "azure": Vendor(
        provider="azure", model="deployed", base="", turns=turns.AZURE, options={"api_version": "2024-10-21"}
    ),
    "groq": Vendor(provider="groq", model="openai/gpt-oss-20b", turns=turns.GROQ),
    "cohere": Vendor(provider="cohere", model="command-a-reasoning-08-2025", base="", turns=turns.COHERE),
    "mistral": Vendor(provider="mistral", model="mistral-small-latest", turns=turns.MISTRAL),
    "bedrock": Vendor(
        provider="bedrock",
        model="us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        pairs=converse_pairs,
        base="",
        turns=turns.BEDROCK,
        options={"region": "us-east-1"},
    ),
    "bedrock-invoke": Vendor(
        provider="bedrock",
        model="us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        pairs=anthropic_pairs,
        base="",
        turns=turns.ANTHROPIC,
        options={"region": "us-east-1", "api": "invoke"},
    ),
    "ollama": Vendor(provider="ollama", model="qwen3", pairs=ollama_pairs, base="", turns=turns.OLLAMA),
    "openrouter": Vendor(provider="openrouter", model="anthropic/claude-sonnet-4.5", turns=turns.OPENROUTER),
    "litellm_proxy": Vendor(provider="litellm_proxy", model="claude", turns=turns.LITELLM_PROXY),
    "openai_compatible": Vendor(provider="openai_compatible", model="local", turns=turns.COMPATIBLE),
    "llamacpp": Vendor(provider="llamacpp", model="tiny", options={"threads": 1}),
    "echo": Vendor(provider="echo", model="echo"),
}
OVER_HTTP = [name for name, vendor in VENDORS.items() if vendor.turns is not None]


def results_of(message: Message) -> Message:
    """Run the tools that a message asks for."""
    calls = [call for call in message.of_type(ToolCall) if not call.server_side]
    results = [ToolResult(call_id=call.call_id, name=call.name, content=f"{call.name}: fine") for call in calls]
    return Message("tool", results)


def pairs_of(history: Iterable[Message]) -> list[Pair]:
    """Read calls and their results where our own types have them."""
    parts = [part for message in history for part in message.parts]
    calls = [part for part in parts if isinstance(part, ToolCall) and not part.server_side]
    results = [part for part in parts if isinstance(part, ToolResult)]
    assert [result.call_id for result in results] == [call.call_id for call in calls]
    return [(call.name, call.parse(), result.text) for call, result in zip(calls, results, strict=True)]


async def spoken(vendor: Vendor, server: LoopbackServer | None) -> list[Message]:
    """Let a vendor speak its two turns."""
    async with vendor.llm(server) as llm:
        choice = "required" if vendor.turns is None else "auto"
        first = await llm.generate([ASKED], tools=[WEATHER, CLOCK], tool_choice=choice, max_tokens=200)
        history = [ASKED, first.message, results_of(first.message)]
        second = await llm.generate(history, tools=[WEATHER, CLOCK], tool_choice="none", max_tokens=200)
    return [*history, second.message]


@functools.cache
def begun_by(name: str) -> tuple[Message, ...]:
    """Return a conversation that a vendor began, read from what it sends."""
    vendor = VENDORS[name]
    if vendor.turns is None:
        return tuple(asyncio.run(spoken(vendor, None)))
    with LoopbackServer() as server:
        server.reply(Reply.json(vendor.turns.first), Reply.json(vendor.turns.second))
        return tuple(asyncio.run(spoken(vendor, server)))
