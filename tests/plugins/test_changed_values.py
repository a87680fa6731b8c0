"""A value that is changed in place between two calls: the second request says what it is now."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from dragoman import (
    LLM,
    Bytes,
    Citation,
    Data,
    LLMConfig,
    Media,
    Message,
    Seal,
    Text,
    Tool,
    ToolCall,
    ToolResult,
)
from dragoman.testing.faults import CHAT, GEMINI, MESSAGES, RESPONSES, ServerDialect
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply

VENDORS: dict[str, tuple[ServerDialect, str, dict[str, Any]]] = {
    "openai_compatible": (CHAT, "/v1", {"model": "m", "provider": "openai_compatible"}),
    "openrouter": (CHAT, "/v1", {"model": "a/m", "provider": "openrouter"}),
    "openai": (RESPONSES, "/v1", {"model": "gpt-4o", "provider": "openai", "api": "responses"}),
    "anthropic": (MESSAGES, "/v1", {"model": "claude-sonnet-4-5", "provider": "anthropic"}),
    "google": (GEMINI, "/v1beta", {"model": "gemini-2.5-flash", "provider": "google"}),
}


@pytest.fixture(params=VENDORS)
def asked(request: pytest.FixtureRequest) -> Iterator[tuple[LLM, LoopbackServer]]:
    server_dialect, path, given = VENDORS[request.param]
    with LoopbackServer(Reply.json(server_dialect.whole("ok"))) as server:
        config = LLMConfig(api_key="sk-0123456789", api_base=server.url + path, num_retries=0, **given)
        yield LLM(config), server


def _data() -> tuple[list[Message], Callable[[], object]]:
    value: dict[str, Any] = {"said": [b"OLD".decode()]}
    return [Message("user", [Data(value=value)])], lambda: value["said"].append("NEW")


def _result() -> tuple[list[Message], Callable[[], object]]:
    value: dict[str, Any] = {"said": "OLD"}
    call = Message("assistant", [ToolCall(name="f", call_id="c", arguments="{}")])
    result = ToolResult(call_id="c", name="f", content=[Data(value=value)])
    return [Message("user", "q"), call, Message("tool", [result])], lambda: value.update(said="NEW")


def _equal() -> tuple[list[Message], Callable[[], object]]:
    value: dict[str, Any] = {"said": [1], "NEW": 0}
    del value["NEW"]
    return [Message("user", [Data(value=value)])], lambda: value.update(said=[True], NEW=1.0)


@dataclass
class Held:
    said: str = "OLD"


def _object() -> tuple[list[Message], Callable[[], object]]:
    held = Held()
    value: Any = [held]
    return [Message("user", [Data(value=value)])], lambda: setattr(held, "said", "NEW")


CHANGES = {"data that is equal": _equal, "an object in data": _object, "data": _data, "the result of a tool": _result}


@pytest.mark.parametrize("change", CHANGES)
async def test_a_message_is_sent_as_it_is_now(asked: tuple[LLM, LoopbackServer], change: str) -> None:
    llm, server = asked
    messages, act = CHANGES[change]()
    async with llm:
        await llm.generate(messages)
        await llm.generate(messages)
        act()
        await llm.generate(messages)
    assert [b"NEW" in each.body for each in server.requests] == [False, False, True]
    assert server.requests[0].body == server.requests[1].body


async def test_bytes_that_may_change_are_read_with_each_call(asked: tuple[LLM, LoopbackServer]) -> None:
    llm, server = asked
    data = bytearray(b"OLD OLD OLD")
    sources = [Bytes(data=data), Bytes(data=memoryview(data))]  # type: ignore[arg-type]
    messages = [Message("user", [Media(source=source, media_type="image/png") for source in sources])]
    async with llm:
        await llm.generate(messages)
        data[:] = b"NEW NEW NEW"
        await llm.generate(messages)
    assert [each.body.count(base64.b64encode(b"NEW NEW NEW")) for each in server.requests] == [0, 2]


async def test_a_schema_is_sent_as_it_is_now(asked: tuple[LLM, LoopbackServer]) -> None:
    llm, server = asked
    schema: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "string"}}}
    tools = [Tool(name="f", description="x", schema=schema)]
    async with llm:
        await llm.generate("q", tools=tools)
        schema["properties"]["NEW"] = {"type": "string"}
        await llm.generate("q", tools=tools)
    assert [b"NEW" in each.body for each in server.requests] == [False, True]


async def test_options_of_the_configuration_are_sent_as_they_are_now() -> None:
    with LoopbackServer(Reply.json(CHAT.whole("ok"))) as server:
        body: dict[str, Any] = {"a": 1}
        config = LLMConfig(
            model="m", provider="openai_compatible", api_key="sk-0123456789", api_base=server.url, extra_body=body
        )
        async with LLM(config) as llm:
            await llm.generate("q")
            body["NEW"] = 1
            await llm.generate("q")
            config.kwargs["top_p"] = 0.5
            await llm.generate("q")
    assert [b"NEW" in each.body for each in server.requests] == [False, True, True]
    assert [b"top_p" in each.body for each in server.requests] == [False, False, True]


async def test_what_a_part_carries_along_counts_as_a_change() -> None:
    options: dict[str, Any] = {}
    payload: dict[str, Any] = {"signature": "s"}
    cited: dict[str, Any] = {}
    text = Text(
        text="hi", options=options, seal=Seal(issuer="x", payload=payload), citations=(Citation(metadata=cited),)
    )
    with LoopbackServer(Reply.json(MESSAGES.whole("ok"))) as server:
        config = LLMConfig(
            model="claude-sonnet-4-5", provider="anthropic", api_key="sk-0123456789", api_base=server.url
        )
        async with LLM(config) as llm:
            messages = [Message("user", [text])]
            await llm.generate(messages)
            options["anthropic"] = {"cache_control": {"type": "ephemeral"}}
            await llm.generate(messages)
    assert [b"ephemeral" in each.body for each in server.requests] == [False, True]


@pytest.mark.parametrize(("before", "now"), [(1, True), (1, 1.0), (0.0, -0.0), ({"a": 1, "b": 2}, {"b": 2, "a": 1})])
async def test_what_is_only_equal_is_sent_as_it_is_now(
    asked: tuple[LLM, LoopbackServer], before: Any, now: Any
) -> None:
    llm, server = asked
    value: dict[str, Any] = {"f": before}
    async with llm:
        await llm.generate(message := Message("user", [Data(value=value)]))
        value["f"] = now
        await llm.generate(message)
    assert server.requests[0].body != server.requests[1].body


@pytest.mark.parametrize(("before", "now"), [(1, True), (1, 1.0), ({"a": 1, "b": 2}, {"b": 2, "a": 1})])
async def test_an_option_that_is_only_equal_is_sent_as_it_is_now(before: Any, now: Any) -> None:
    with LoopbackServer(Reply.json(CHAT.whole("ok"))) as server:
        given = {"api_base": f"{server.url}/v1", "extra_body": {"f": before}}
        config = LLMConfig(model="m", provider="openai_compatible", **given)
        async with LLM(config) as llm:
            await llm.generate("q")
            config.kwargs["extra_body"]["f"] = now
            await llm.generate("q")
    assert server.requests[0].body != server.requests[1].body
