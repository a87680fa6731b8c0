"""Recorded requests that are rebuilt in our types produce the recorded bodies.

:func:`normalize` removes differences between clients that have no meaning: a text in place of a list of one block,
``is_error: false``, ``tool_choice: auto``, ``disable_parallel_tool_use: false``, ``stream: false``, empty system
prompts and lists of tools, and consecutive turns of one role.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import attrs
import pytest

from dragoman import (
    LLM,
    AuthenticationError,
    ChatRequest,
    Extension,
    FileRef,
    InlineText,
    LLMConfig,
    Media,
    Message,
    OutputFormat,
    Reasoning,
    Seal,
    ServerTool,
    Settings,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Url,
)
from dragoman.http import HttpReply
from dragoman.spec.request_fitting import fit
from dragoman.testing.loopback import LoopbackServer
from dragoman_anthropic.dialect import AnthropicMessages
from dragoman_anthropic.models import capabilities
from recordings import Recording, cases

SETTINGS = {"max_tokens": "max_tokens", "temperature": "temperature", "top_p": "top_p", "stop": "stop_sequences"}
OPTIONS = ("cache_control", "container", "context_management", "mcp_servers", "metadata", "thinking")
SERVER_CALLS = {"server_tool_use", "mcp_tool_use"}


def rebuilt(body: dict[str, Any], headers: dict[str, str]) -> ChatRequest:
    """Return a recorded body as a request."""
    config = dict(body.get("output_config") or {})
    config |= {"format": body["output_format"]} if "output_format" in body else {}
    settings = {ours: body[theirs] for ours, theirs in SETTINGS.items() if theirs in body}
    settings |= {"effort": config["effort"]} if "effort" in config else {}
    choice = body.get("tool_choice") or {"type": "auto"}
    if "disable_parallel_tool_use" in choice:
        settings["parallel_tool_calls"] = not choice["disable_parallel_tool_use"]
    options = {name: body[name] for name in OPTIONS if name in body}
    options["betas"] = headers["anthropic-beta"].split(",") if "anthropic-beta" in headers else []
    return ChatRequest(
        model=body["model"],
        messages=(*system(body.get("system")), *(message(each) for each in body["messages"])),
        settings=Settings(**settings, explicit=frozenset(settings)),
        tools=tuple(tool(each) for each in body.get("tools") or []),
        tool_choice=ToolChoice({"any": "required"}.get(choice["type"], choice["type"]), choice.get("name")),
        output=OutputFormat("json_schema", schema=config["format"]["schema"]) if "format" in config else OutputFormat(),
        options={"anthropic": options},
    )


def system(content: Any) -> list[Message]:
    return [Message("system", [part(block) for block in blocks(content)])] if content else []


def message(turn: Any) -> Message:
    return Message(turn["role"], [part(block) for block in blocks(turn["content"])])


def blocks(content: Any) -> list[Any]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def tool(definition: Any) -> Tool | ServerTool:
    if "type" in definition:
        args = {name: value for name, value in definition.items() if name != "type"}
        return ServerTool(id=f"anthropic.{definition['type']}", args=args)
    return Tool(
        name=definition["name"],
        description=definition.get("description"),
        schema=definition["input_schema"],
        strict=definition.get("strict"),
        options={"anthropic": extras(definition)},
    )


def extras(definition: Any) -> dict[str, Any]:
    known = {"name", "description", "input_schema", "strict"}
    return {name: value for name, value in definition.items() if name not in known}


def part(block: Any) -> Any:
    """Return a block as a part; a cache breakpoint becomes an option of the part."""
    kept = {name: block[name] for name in ("cache_control",) if name in block}
    options = {"anthropic": kept} if kept else {}
    kind = block["type"]
    if kind == "text":
        return Text(text=block["text"], options=options)
    if kind == "thinking":
        return Reasoning(text=block["thinking"], seal=Seal(issuer="anthropic", payload=block["signature"]))
    if kind == "redacted_thinking":
        return Reasoning(redacted=True, seal=Seal(issuer="anthropic", payload=block["data"]))
    if kind == "tool_use" or kind in SERVER_CALLS:
        return call(block)
    if kind == "tool_result":
        content = [part(each) for each in blocks(block.get("content", []))]
        outcome = "error" if block.get("is_error") else "ok"
        return ToolResult(call_id=block["tool_use_id"], name="", content=content, outcome=outcome, options=options)
    if kind in {"image", "document"}:
        return media(block, options)
    return Extension(kind=f"anthropic.{kind}", value=block)


def call(block: Any) -> ToolCall:
    server_side = block["type"] in SERVER_CALLS
    rest = {name: value for name, value in block.items() if name not in {"id", "name", "input"}}
    return ToolCall(
        name=block["name"],
        call_id=block["id"],
        arguments=json.dumps(block["input"]),
        server_side=server_side,
        seal=Seal(issuer="anthropic", payload=rest) if server_side else None,
    )


def media(block: Any, options: Any) -> Media:
    """Return an image or a document; base64 is not decoded, since the recordings elide some of it."""
    source = block["source"]
    media_type = source.get("media_type") or {"image": "image/*", "document": "application/pdf"}[block["type"]]
    found: Any = FileRef(file_id=source["file_id"]) if source["type"] == "file" else None
    if source["type"] == "url":
        found = Url(url=source["url"])
    if source["type"] == "base64":
        found = Url(url=f"data:{media_type};base64,{source['data']}")
    if source["type"] == "text":
        found = InlineText(text=source["data"])
    return Media(source=found, media_type=media_type, filename=block.get("title"), options=options)


def normalize(body: dict[str, Any]) -> dict[str, Any]:
    """Return a body in a normal form."""
    even = {name: value for name, value in body.items() if value not in ([], "", None, False)}
    if "system" in even:
        even["system"] = blocks(even["system"])
    even["messages"] = turns(even["messages"])
    choice = {k: v for k, v in even.pop("tool_choice", {}).items() if (k, v) != ("disable_parallel_tool_use", False)}
    if choice and choice != {"type": "auto"}:
        even["tool_choice"] = choice
    return even


def turns(messages: Any) -> list[Any]:
    even: list[Any] = []
    for each in messages:
        content = [normalize_block(block) for block in blocks(each["content"])]
        if even and even[-1]["role"] == each["role"]:
            even[-1]["content"] += content
        else:
            even.append({"role": each["role"], "content": content})
    return even


def normalize_block(block: Any) -> Any:
    even = {name: value for name, value in block.items() if (name, value) != ("is_error", False)}
    if block["type"] == "tool_result":
        even["content"] = [normalize_block(each) for each in blocks(block.get("content", []))]
    return even


def is_sound(recording: Recording) -> bool:
    return recording.request.recorded and isinstance(recording.request.body, dict) and recording.status < 400


@pytest.mark.parametrize("recording", cases("anthropic.messages", is_sound))
def test_recorded_body_is_reproduced(recording: Recording) -> None:
    body = recording.request.body
    request = rebuilt(body, recording.request.headers)

    wire = AnthropicMessages().encode(request, stream=body.get("stream") is True)

    assert normalize(json.loads(wire.body or b"")) == normalize(body)


@pytest.mark.parametrize("recording", cases("anthropic.messages", is_sound))
def test_capabilities_allow_every_recorded_request(recording: Recording) -> None:
    request = rebuilt(recording.request.body, recording.request.headers)
    if recording.id.endswith("call-with-tool-result-6faebedd"):
        pytest.skip("the recorded result is for a call that was not made; Anthropic itself refuses that")

    fitted, adjustments = fit(request, capabilities(request.model), "raise")

    output = attrs.evolve(fitted.output, strict=request.output.strict)
    assert attrs.evolve(fitted, messages=request.messages, output=output) == request  # ids are made unique
    assert [note for note in adjustments if "white space" not in note.reason] == []


def is_whole(recording: Recording) -> bool:
    return recording.has_json and recording.status < 400 and bool(recording.body_json["content"])


@pytest.mark.parametrize("recording", cases("anthropic.messages", is_whole))
def test_recorded_answer_is_sent_back_unchanged(recording: Recording) -> None:
    dialect = AnthropicMessages()
    message = dialect.decode(HttpReply(status=200, body=recording.reply_bytes())).message
    request = ChatRequest(model="claude-sonnet-4-5", messages=(message, Message("user", "go on")))

    content = json.loads(dialect.encode(request, stream=False).body or b"")["messages"][0]["content"]

    assert blocks(content) == [without_defaults(block) for block in recording.body_json["content"]]


def without_defaults(block: Any) -> Any:
    """Return a block without members that have their default value."""
    defaults = ({"citations": None}, {"citations": []}, {"caller": {"type": "direct"}})
    sealed = block["type"] == "server_tool_use"
    return {name: value for name, value in block.items() if sealed or {name: value} not in defaults}


async def result_of(recording: Recording, ask: Callable[[LLM], Awaitable[Any]]) -> Any:
    """Return the result of a call that is answered with a recording."""
    with LoopbackServer(always=recording.reply()) as server:
        config = LLMConfig(model="claude-sonnet-4-5", provider="anthropic", api_key="k", api_base=server.url)
        async with LLM(config) as llm:
            return await ask(llm)


@pytest.mark.parametrize("recording", cases("anthropic.models"))
async def test_recorded_listing_is_decoded(recording: Recording) -> None:
    if recording.status >= 400:
        with pytest.raises(AuthenticationError):
            await result_of(recording, LLM.models)
        return
    listed = recording.body_json["data"]

    models = await result_of(recording, LLM.models)

    assert [model.id for model in models] == [entry["id"] for entry in listed]
    said = [
        (model.output_tokens, entry["max_tokens"])
        for model, entry in zip(models, listed, strict=True)
        if "max_tokens" in entry
    ]
    assert all(found == given for found, given in said)


@pytest.mark.parametrize("recording", cases("anthropic.count_tokens"))
async def test_recorded_count_is_decoded(recording: Recording) -> None:
    usage = await result_of(recording, lambda llm: llm.count_tokens("hi"))

    assert usage.input_tokens == recording.body_json["input_tokens"]


@pytest.mark.parametrize("recording", cases("anthropic.count_tokens", is_sound))
def test_recorded_count_request_is_reproduced(recording: Recording) -> None:
    body = recording.request.body
    request = rebuilt(body, recording.request.headers)

    wire = AnthropicMessages().encode_count(request)

    assert normalize(json.loads(wire.body or b"")) == normalize(body)
    assert recording.request.url.partition("?")[0].endswith("/v1" + wire.url)


def test_the_limits_of_strict_schemas_hold_for_the_whole_request() -> None:
    schema: dict[str, Any] = {"type": "object", "properties": {f"m{n}": {"type": "string"} for n in range(8)}}
    tools = [Tool(name=f"t{n}", schema=schema, strict=True) for n in range(3)]
    llm = LLM(LLMConfig("claude-sonnet-4-5", api_key="k"))

    prepared = llm.build_request("hi", tools=tools, output=schema)
    assert [tool.get("strict", False) for tool in prepared.body["tools"]] == [True, True, False]
    assert prepared.body["output_config"]["format"]["type"] == "json_schema"

    few = [Tool(name=f"t{n}", schema={"type": "object", "properties": {}}, strict=True) for n in range(21)]
    strict = [tool.get("strict", False) for tool in llm.build_request("hi", tools=few).body["tools"]]
    assert strict == [True] * 20 + [False]
