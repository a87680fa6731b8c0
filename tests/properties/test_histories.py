"""Whatever a conversation holds, what each dialect sends keeps the rules that its vendor publishes, or is refused here.

The checkers below know the wires alone, and nothing of the code that fits histories.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from dragoman import (
    LLM,
    InlineText,
    InvalidRequestError,
    LLMConfig,
    Media,
    Message,
    Reasoning,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    UnsupportedError,
)

GOOGLE_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}")
LETTERS = re.compile(r"[a-zA-Z0-9_-]+")
NINE = re.compile(r"[a-zA-Z0-9]{9}")
AWS = {"region": "us-east-1", "api_key": "k"}
CONFIGS = {
    "openai": LLMConfig("gpt-4o", provider="openai", api_key="k"),
    "openai, Responses": LLMConfig("gpt-4o", provider="openai", api_key="k", api="responses"),
    "azure": LLMConfig("m", provider="azure", api_key="k", api_base="https://r.openai.azure.com"),
    "groq": LLMConfig("llama-3.3-70b-versatile", provider="groq", api_key="k"),
    "cohere": LLMConfig("command-a-03-2025", provider="cohere", api_key="k"),
    "mistral": LLMConfig("mistral-large-latest", provider="mistral", api_key="k"),
    "openrouter": LLMConfig("openai/gpt-4o", provider="openrouter", api_key="k"),
    "openai_compatible": LLMConfig("m", provider="openai_compatible", api_base="http://127.0.0.1:9/v1"),
    "litellm_proxy": LLMConfig("m", provider="litellm_proxy", api_base="http://127.0.0.1:9/v1", api_key="k"),
    "anthropic": LLMConfig("claude-sonnet-4-5", provider="anthropic", api_key="k"),
    "google": LLMConfig("gemini-2.5-flash", provider="google", api_key="k"),
    "ollama": LLMConfig("llama3.2", provider="ollama"),
    "bedrock, Claude": LLMConfig("anthropic.claude-sonnet-4-5-20250929-v1:0", provider="bedrock", **AWS),
    "bedrock, Llama": LLMConfig("us.meta.llama3-3-70b-instruct-v1:0", provider="bedrock", **AWS),
    "bedrock, Mistral": LLMConfig("mistral.mistral-large-2407-v1:0", provider="bedrock", **AWS),
    "bedrock, Nova": LLMConfig("amazon.nova-pro-v1:0", provider="bedrock", **AWS),
}

IDS = st.sampled_from(["call_0", "c", "c.d", "x" * 120, "a|b", "ä"]) | st.text(min_size=1, max_size=70)
NAMES = st.sampled_from(["f", "1st", "-f", "_x31_st", "docs.find", "a/b", "x" * 100, "a_x2e_b", "функция"])
WORDS = st.sampled_from(["", " ", "\n\n", "Hello", "Hello ", "so\n"])
ARGUMENTS = st.sampled_from(["{}", '{"a": 1}', "", "null", '{"a": ', "[1]", '{"a": NaN}', r'{"a": "\ud800"}', "5"])


@st.composite
def turns(draw: st.DrawFn) -> list[Message]:
    """Draw an answer with calls, and all results of them."""
    calls = [
        ToolCall(name=draw(NAMES), call_id=draw(IDS), arguments=draw(ARGUMENTS)) for _ in range(draw(st.integers(0, 3)))
    ]
    parts: list[Any] = [Reasoning(text="hm"), *(Text(text=draw(WORDS)) for _ in range(2)), *calls]
    said = Message("assistant", draw(st.permutations(parts)))
    made = said.of_type(ToolCall)
    results = [
        ToolResult(
            call_id=call.call_id,
            name=call.name,
            content=draw(WORDS),
            outcome=draw(st.sampled_from(["ok", "error", "denied"])),
        )
        for call in made
    ]
    results = draw(st.permutations(results))
    follow = [Message("tool", [each]) for each in results] if draw(st.booleans()) else [Message("tool", results)]
    return [said, *(follow if results else ())]


@st.composite
def conversations(draw: st.DrawFn) -> list[Message]:
    messages = [Message("user", "q")] if draw(st.booleans()) else []
    for _ in range(draw(st.integers(1, 3))):
        messages += draw(turns())
        if draw(st.booleans()):
            messages.append(Message("user", draw(st.sampled_from(["go on", "and "]))))
    return messages


def of_chat(body: Any, *, length: int) -> Iterator[str]:  # noqa: C901  # a list of rules
    waiting: set[str] = set()
    seen: set[str] = set()
    for message in body["messages"]:
        for call in message.get("tool_calls") or ():
            if call["id"] in seen:
                yield f"the id {call['id']!r} occurs twice"
            if len(call["id"]) > length:
                yield f"the id {call['id']!r} is too long"
            if not (LETTERS.fullmatch(call["function"]["name"]) and len(call["function"]["name"]) <= 64):
                yield f"the name {call['function']['name']!r} is illegal"
            seen.add(call["id"])
            waiting.add(call["id"])
        if message["role"] == "tool":
            if message["tool_call_id"] not in waiting:
                yield f"the result {message['tool_call_id']!r} answers nothing"
            waiting.discard(message["tool_call_id"])
        elif message["role"] == "user" and waiting:
            yield f"{waiting} have no results"
    for tool in body.get("tools") or ():
        if not LETTERS.fullmatch(tool["function"]["name"]):
            yield f"the tool {tool['function']['name']!r} is illegal"


def of_responses(body: Any) -> Iterator[str]:
    made: list[str] = []
    for item in body["input"]:
        if item.get("type") == "function_call":
            made.append(item["call_id"])
            if not (LETTERS.fullmatch(item["name"]) and len(item["name"]) <= 64):
                yield f"the name {item['name']!r} is illegal"
            if len(item["call_id"]) > 64:
                yield f"the id {item['call_id']!r} is too long"
        if item.get("type") == "function_call_output" and item["call_id"] not in made:
            yield f"the result {item['call_id']!r} answers nothing"
    if len({*made}) < len(made):
        yield f"ids occur twice: {made}"


def of_anthropic(body: Any) -> Iterator[str]:  # noqa: C901  # a list of rules
    ids: list[str] = []
    answered: list[str] = []
    for message in body["messages"]:
        blocks = (
            message["content"]
            if isinstance(message["content"], list)
            else [{"type": "text", "text": message["content"]}]
        )
        kinds = [block["type"] for block in blocks]
        if "tool_use" in kinds and set(kinds[kinds.index("tool_use") :]) != {"tool_use"}:
            yield f"something follows tool_use: {kinds}"
        for block in blocks:
            if block["type"] == "text" and not block["text"].strip():
                yield "a text is blank"
            if block["type"] == "tool_use":
                ids.append(block["id"])
                if not (LETTERS.fullmatch(block["id"]) and LETTERS.fullmatch(block["name"])):
                    yield f"illegal letters in {block['id']!r} or {block['name']!r}"
            if block["type"] == "tool_result":
                answered.append(block["tool_use_id"])
                content = block.get("content")
                texts = [content] if isinstance(content, str) else [each.get("text", "x") for each in content or ()]
                if block.get("is_error") and not any(text.strip() for text in texts):
                    yield "an error without content"
                if "content" in block and not all(text.strip() for text in texts):
                    yield "a text of a result is blank"
    if sorted(ids) != sorted(answered) or len({*ids}) < len(ids):
        yield f"calls {ids} and results {answered}"
    last = body["messages"][-1]
    if last["role"] == "assistant":
        text = last["content"] if isinstance(last["content"], str) else last["content"][-1].get("text", "x")
        if text != text.rstrip():
            yield "the beginning of an answer ends in white space"


def of_google(body: Any) -> Iterator[str]:
    contents = body["contents"]
    if contents[0]["role"] != "user":
        yield "the conversation begins with the model"
    for content, following in pairwise([*contents, {"parts": []}]):
        calls = [part["functionCall"]["name"] for part in content["parts"] if "functionCall" in part]
        results = [part["functionResponse"]["name"] for part in following["parts"] if "functionResponse" in part]
        if calls and calls != results:  # a call is found by its name and its position there
            yield f"calls {calls} and results {results}"
        yield from (f"the name {name!r} is illegal" for name in calls if not GOOGLE_NAME.fullmatch(name))
    for tool in body.get("tools") or ():
        for declared in tool["functionDeclarations"]:
            if not GOOGLE_NAME.fullmatch(declared["name"]):
                yield f"the tool {declared['name']!r} is illegal"


def of_converse(body: Any, *, may_begin: bool, alone: bool) -> Iterator[str]:  # noqa: C901  # a list of rules
    roles = [message["role"] for message in body["messages"]]
    if any(one == other for one, other in pairwise(roles)):
        yield f"the turns do not alternate: {roles}"
    if roles[0] != "user" and not may_begin:
        yield "the conversation begins with the assistant"
    made: list[str] = []
    answered: list[str] = []
    for message in body["messages"]:
        for block in message["content"]:
            if "text" in block and not block["text"].strip():
                yield "a text is blank"
            if "toolUse" in block:
                made.append(block["toolUse"]["toolUseId"])
                if not isinstance(block["toolUse"]["input"], dict):
                    yield "the input is not an object"
            if "toolResult" in block:
                answered.append(block["toolResult"]["toolUseId"])
                content = block["toolResult"]["content"]
                if not content or not all(each.get("text", "x").strip() for each in content):
                    yield f"the content of a result is empty: {content}"
        kinds = {kind for block in message["content"] for kind in block}
        if alone and "toolResult" in kinds and len(kinds) > 1:
            yield f"something stands beside results: {kinds}"
    if sorted(made) != sorted(answered) or len({*made}) < len(made):
        yield f"calls {made} and results {answered}"


def complaints(provider: str, body: Any) -> list[str]:
    if provider == "anthropic":
        return [*of_anthropic(body)]
    if provider == "openai, Responses":
        return [*of_responses(body)]
    if provider == "google":
        return [*of_google(body)]
    if provider.startswith("bedrock"):
        return [
            *of_converse(body, may_begin=provider.endswith("Claude"), alone=provider.endswith(("Llama", "Mistral")))
        ]
    if provider == "mistral":  # its ids are of one length
        calls = [call for message in body["messages"] for call in message.get("tool_calls") or ()]
        illegal = [f"the id {call['id']!r} is illegal" for call in calls if not NINE.fullmatch(call["id"])]
        return [*of_chat(body, length=9), *illegal]
    if provider == "ollama":  # names are the caller's, and texts for a template
        return [each for each in of_chat(body, length=10_000) if not each.endswith("is illegal")]
    return [*of_chat(body, length=64 if provider in {"openai", "azure"} else 10_000)]


@pytest.mark.parametrize("provider", CONFIGS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(conversations(), st.lists(NAMES, max_size=2, unique=True))
def test_what_is_sent_keeps_the_rules_of_the_wire(provider: str, messages: list[Message], names: list[str]) -> None:
    llm = LLM(CONFIGS[provider])
    tools = [Tool(name=name, schema={"type": "object", "properties": {}}) for name in names]
    try:
        body = llm.build_request(messages, tools=tools).body
    except UnsupportedError as error:
        assert provider == "bedrock, Llama"  # the only one here that does not continue the beginning of an answer
        assert messages[-1].role == "assistant", error  # noqa: PT017  # the only reason to refuse these
        return
    except InvalidRequestError as error:
        reasons = ("white space", "result", "at least one user or assistant message that is not empty")
        assert any(reason in str(error) for reason in reasons)  # noqa: PT017  # the only reasons to refuse these
        return
    assert complaints(provider, body) == []


ODD = [
    [
        Message("user", "q"),
        Message("assistant", [ToolCall(name="f", call_id="c", arguments="{}")]),
        Message("user", "x"),
    ],
    [Message("user", "q"), Message("assistant", [ToolCall(name="f", call_id="c", arguments="{}")])],
    [Message("user", "q"), Message("tool", [ToolResult(call_id="c", name="f", content="1")])],
]


@pytest.mark.parametrize("provider", CONFIGS)
@pytest.mark.parametrize("messages", ODD)
def test_calls_and_results_without_each_other_are_refused_here(provider: str, messages: list[Message]) -> None:
    with pytest.raises(InvalidRequestError, match="'c'"):
        LLM(CONFIGS[provider]).build_request(messages)


def arguments_in(value: Any) -> Iterator[Any]:
    """Yield the arguments of all calls in a request, of any dialect."""
    if isinstance(value, dict):
        yield from (each for name, each in value.items() if name in {"arguments", "args"})
        yield from (each for name, each in value.items() if name == "input" and {"name"} <= value.keys())
        yield from (found for each in value.values() for found in arguments_in(each))
    elif isinstance(value, list):
        yield from (found for each in value for found in arguments_in(each))


@pytest.mark.parametrize("provider", CONFIGS)
@pytest.mark.parametrize("text", ["", " ", "null", "None", "[]", '""', '"{}"', "{}"])
def test_a_call_without_arguments_is_replayed_with_an_empty_object(provider: str, text: str) -> None:
    calls = [
        ToolCall(name="f", call_id="c", arguments=text),
        {"role": "assistant", "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": text}}]},
        ToolCall(name="f", call_id="c", arguments=text, metadata={"type": "function_call"}),
    ]
    for call in calls:
        said: Any = Message("assistant", [call]) if isinstance(call, ToolCall) else call
        messages = [Message("user", "q"), said, Message("tool", [ToolResult(call_id="c", name="f", content="1")])]
        body = LLM(CONFIGS[provider]).build_request(messages).body
        assert [*arguments_in(body)] in (["{}"], [{}])


@pytest.mark.parametrize("provider", CONFIGS)
def test_the_name_of_a_text_is_sent_in_a_field_or_said_before_it(provider: str) -> None:
    letter = Media(source=InlineText(text="Dear all"), media_type="text/plain", filename="letter")
    call = ToolCall(name="f", call_id="c", arguments="{}")
    unnamed = Media(source=InlineText(text="Bye"), media_type="text/plain")
    messages = [
        Message("user", [letter, unnamed, Text(text="q")]),
        Message("assistant", [call]),
        Message("tool", [ToolResult(call_id="c", name="f", content=[letter, unnamed])]),
    ]
    shown = LLM(CONFIGS[provider]).build_request(messages)

    written = json.dumps(shown.body, ensure_ascii=False)
    assert written.count("letter") == written.count("Dear all") == 2
    assert written.count("Bye") == 2
    told = [each.asked for each in shown.adjustments if "has no name of its own" in (each.reason or "")]
    assert told == ["letter"] * written.count("letter:")
    is_a_field = provider.startswith(("anthropic", "bedrock"))
    assert bool(told) is not is_a_field
