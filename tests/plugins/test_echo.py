from __future__ import annotations

import asyncio
from typing import Any

import jsonschema
import pytest

from dragoman import (
    LLM,
    CallContext,
    CompletionRequest,
    InvalidRequestError,
    LLMConfig,
    Message,
    NotFoundError,
    OutputFormat,
    OverloadedError,
    Provider,
    ProviderConfig,
    RequestTimeoutError,
    ServerError,
    StreamInterruptedError,
    Support,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Usage,
)
from dragoman_echo import EchoOptions, EchoProvider

WEATHER = Tool(
    name="weather",
    schema={
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "days": {"type": "integer", "minimum": 2},
            "why": {"type": "string"},
        },
        "required": ["city", "days"],
    },
)
CLOCK = Tool(name="clock")


def echo(**options: Any) -> LLM:
    return LLM(LLMConfig(model="echo", num_retries=0, **options))


class Clock:
    def __init__(self) -> None:
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


async def test_it_repeats_the_last_user_message() -> None:
    messages = [Message("user", "one"), Message("assistant", "two"), Message("system", "three")]
    response = await echo().generate(messages)
    assert (response.text, response.finish.raw) == ("one", "stop")
    assert (response.usage.input_tokens, response.usage.output_tokens) == (3, 1)
    assert (await echo().generate([Message("assistant", "I begin")])).text == ""


async def test_a_prompt_is_repeated_too() -> None:
    provider = EchoProvider(ProviderConfig(name="echo"))
    assert isinstance(provider, Provider)
    response = await provider.complete(CompletionRequest(model="echo", prompt="Go"), CallContext())
    assert response.text == "Go"
    assert provider.capabilities("echo").tools.support is Support.YES
    await provider.aclose()


@pytest.mark.parametrize(
    ("limit", "text", "reason"), [(2, "a b", "length"), (3, "a b c", "stop"), (9, "a b c", "stop")]
)
async def test_a_word_is_a_token(limit: int, text: str, reason: str) -> None:
    response = await echo().generate("a b c", max_tokens=limit)
    assert (response.text, response.finish.reason) == (text, reason)
    async with echo().stream("a b c", max_tokens=limit) as stream:
        assert (await stream.collect()).text == text


@pytest.mark.parametrize(
    ("overrides", "name", "arguments"),
    [
        ({"tools": [WEATHER, CLOCK]}, "weather", {"city": "Bern", "days": 2}),
        ({"tools": [WEATHER, CLOCK], "tool_choice": "clock"}, "clock", {}),
        ({"tools": [WEATHER], "tool_choice": "required"}, "weather", {"city": "Bern", "days": 2}),
    ],
)
async def test_a_tool_is_called_with_arguments_that_match_its_schema(
    overrides: dict[str, Any], name: str, arguments: object
) -> None:
    response = await echo().generate("Bern", **overrides)
    (call,) = response.tool_calls
    assert (call.name, call.parse(), response.finish.reason) == (name, arguments, "tool_calls")
    async with echo().stream("Bern", **overrides) as stream:
        assert (await stream.collect()).tool_calls == (call,)


async def test_no_tool_is_called_after_a_result_or_if_the_choice_is_none() -> None:
    call = ToolCall(name="weather", call_id="call_1", arguments="{}")
    result = ToolResult(call_id="call_1", name="weather", content="sunny")
    messages = [Message("user", "Bern"), Message("assistant", [call]), Message("tool", [result])]
    assert (await echo().generate(messages, tools=[WEATHER])).text == "sunny"
    assert (await echo().generate("Bern", tools=[WEATHER], tool_choice="none")).text == "Bern"


SCHEMA: dict[str, Any] = {
    "type": "object",
    "$defs": {"Place": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}},
    "required": ["place", "kind", "exact", "size", "open", "nothing", "list", "pair", "maybe", "either", "loose"],
    "properties": {
        "place": {"$ref": "#/$defs/Place"},
        "kind": {"enum": ["town", "city"]},
        "exact": {"const": 7},
        "size": {"type": "number"},
        "open": {"type": "boolean"},
        "nothing": {"type": "null"},
        "list": {"type": "array", "items": {"type": "string"}},
        "pair": {"type": "array", "items": {"type": "integer"}, "minItems": 2},
        "maybe": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "either": {"type": ["string", "null"]},
        "loose": {"type": "array"},
        "optional": {"type": "string"},
    },
}


async def test_an_answer_matches_a_schema() -> None:
    response = await echo().generate("Bern", output=SCHEMA)
    value = response.parse(dict[str, Any])
    jsonschema.validate(value, SCHEMA)
    assert value["place"] == {"name": "Bern"}
    assert "optional" not in value
    assert (await echo().generate("Bern", output="json")).text == '{"echo": "Bern"}'
    assert (await echo().generate("Bern", output=OutputFormat("json_schema"))).text == "Bern"
    assert (
        await echo().generate("Bern", output={"type": "object", "properties": {"a": {"const": 1}}})
    ).text == '{"a": 1}'


async def test_its_options_make_it_fail() -> None:
    with pytest.raises(OverloadedError) as overloaded:
        await echo(fail="overloaded").completion("Hi")
    assert (overloaded.value.status, overloaded.value.retryable) == (503, True)
    with pytest.raises(ServerError) as broken:
        await echo(fail="broken").completion("Hi")
    assert not broken.value.retryable
    llm = echo(fail="broken", fail_times=2)
    for _ in range(2):
        with pytest.raises(ServerError):
            async with llm.stream("Hi"):
                pass
    assert await llm.completion("Hi") == "Hi"
    with pytest.raises(ServerError):
        await echo().generate("Hi", fail="broken")


async def test_its_options_make_it_stall() -> None:
    clock = Clock()
    provider = EchoProvider(ProviderConfig(name="echo", options={"stall": 5}))
    request = CompletionRequest(model="echo", prompt="a b").as_chat()
    await provider.chat(request, CallContext(clock=clock))
    assert clock.slept == [5]
    async with provider.stream(request, CallContext(clock=clock)) as events:
        assert len([event async for event in events]) == 5
    assert clock.slept == [5, 5, 5, 5]


@pytest.mark.parametrize(("cut", "text"), [(0, ""), (1, ""), (2, "a"), (3, "a b")])
async def test_its_options_interrupt_its_stream(cut: int, text: str) -> None:
    with pytest.raises(StreamInterruptedError) as caught:  # before the first word, when the block is entered
        async with echo(cut=cut).stream("a b c") as stream:
            await stream.collect()
    assert caught.value.partial is not None
    assert caught.value.partial.text == text
    assert await echo(cut=cut).completion("a b c") == "a b c"


@pytest.mark.parametrize("options", [{"fial": "broken"}, {"stall": "long"}])
def test_an_invalid_option_is_refused_by_the_constructor(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError):
        EchoProvider(ProviderConfig(name="echo", options=options))


def test_its_options_class_is_public() -> None:
    assert EchoProvider.info.options is EchoOptions
    assert asyncio.run(echo().generate("Hi")).message == Message("assistant", [Text(text="Hi")])


async def test_the_echo_observes_the_deadline_of_a_call() -> None:
    llm = LLM(LLMConfig(model="echo", stall=30, timeout=0.05, num_retries=0))
    with pytest.raises(RequestTimeoutError) as whole:
        await llm.generate("Hi")
    with pytest.raises(RequestTimeoutError) as streamed:
        async with llm.stream("Hi"):
            pass
    assert (whole.value.phase, streamed.value.phase) == ("total", "total")


SCRIPT = [
    [{"name": "weather", "arguments": {"city": "Oslo"}}, {"name": "weather", "arguments": {"city": "Bergen"}}],
    [{"name": "clock"}],
]


async def test_a_script_says_which_tools_are_called_in_which_turn() -> None:
    def weather(city: str) -> str:
        return f"Rain in {city}"

    def clock() -> str:
        return "noon"

    llm = LLM("echo", calls=SCRIPT)
    run = await llm.run("Where and when?", tools=[weather, clock])
    assert [[call.arguments for call in each.tool_calls] for each in run.responses] == [
        ['{"city": "Oslo"}', '{"city": "Bergen"}'],
        ["{}"],
        [],
    ]
    assert run.text == "noon"
    assert run.messages[2].of_type(ToolResult)[1].text == "Rain in Bergen"
    again = await llm.run([*run.messages, Message("user", "Again?")], tools=[weather, clock])
    assert len(again.responses) == 3
    async with llm.stream_run("Where and when?", tools=[weather, clock]) as stream:
        assert (await stream.collect()).messages == run.messages
    assert (await llm.generate("Hi", tool_choice="none", tools=[clock])).text == "Hi"
    brief = LLM("echo", calls=SCRIPT[:1])
    assert (await brief.run("Where?", tools=[weather])).text == "Rain in Oslo\nRain in Bergen"


async def test_a_script_that_is_no_list_of_turns_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="wrong option for echo: expected a list"):
        await LLM("echo", calls=SCRIPT[0]).generate("Hi")


async def test_texts_with_the_same_words_have_similar_vectors() -> None:
    found = await LLM("echo").embed(["red wine", "Wine red", "white wine", "a train", ""], dimensions=64)
    one, same, similar, other, none = found.vectors
    assert one == pytest.approx(same)
    assert dot(one, similar) > dot(one, other)
    assert dot(one, one) == pytest.approx(1)
    assert none == (0.0,) * 64
    assert (found.model, found.usage.input_tokens) == ("echo", 8)
    assert found == await LLM("echo").embed(["red wine", "Wine red", "white wine", "a train", ""], dimensions=64)


def dot(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("dimensions", [0, 513, "many"])
async def test_vectors_have_a_size(dimensions: Any) -> None:
    with pytest.raises(InvalidRequestError, match="dimensions"):
        await LLM("echo").embed(["x"], dimensions=dimensions)


async def test_words_are_counted_and_its_model_is_listed() -> None:
    llm = LLM("echo")
    assert await llm.count_tokens("one two three") == Usage(input_tokens=3)
    assert [each.id for each in await llm.models()] == ["echo"]


async def test_files_are_held_until_the_client_is_closed() -> None:
    async with LLM("echo") as llm:
        refs = [await llm.upload(b"Hello", filename=f"{name}.txt") for name in "ab"]
        assert [(each.ref, each.size) for each in await llm.files()] == [(ref, 5) for ref in refs]
        await llm.delete_file(refs[0])
        with pytest.raises(NotFoundError, match="the echo holds no file 'file_1'"):
            await llm.delete_file(refs[0])
        assert [each.ref for each in await llm.files()] == refs[1:]
    assert await llm.files() == ()


@pytest.mark.parametrize(
    "schema", [{"$ref": "#/x"}, {"$ref": "#"}, {"type": "object", "properties": {"a": 3}}, {"anyOf": [{"$ref": "#"}]}]
)
async def test_a_schema_without_an_example_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError, match="echo finds no example of the schema"):
        await echo().generate("Bern", output=schema)


async def test_a_reference_is_followed() -> None:
    schema = {"$ref": "#/definitions/A", "definitions": {"A": {"type": "integer"}}}
    assert (await echo().generate("Bern", output=schema)).text == "1"
