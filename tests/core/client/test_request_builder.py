from __future__ import annotations

from enum import Enum
from typing import Any

import attrs
import pytest

from core.scripted import FakeClock, say
from dragoman import (
    AUTO,
    REQUIRED,
    ChatRequest,
    CompletionRequest,
    InvalidRequestError,
    LLMConfig,
    Message,
    OutputFormat,
    ServerTool,
    Text,
    Timeouts,
    Tool,
    ToolChoice,
)
from dragoman.client.conversation import read_conversation, read_texts
from dragoman.client.request_builder import RequestBuilder
from dragoman.spec.request import JSON_OBJECT, TEXT


def building(**config: Any) -> RequestBuilder:
    made = LLMConfig(model="m", **config)
    return RequestBuilder.of(made, provider="acme", model="m", timeouts=Timeouts(total=10.0))


def weather(city: str) -> str:
    """Tell the weather."""
    return city


HI = Message("user", "Hi")


@pytest.mark.parametrize(
    ("conversation", "messages"),
    [
        ("Hi", (HI,)),
        (HI, (HI,)),
        ([HI, {"role": "assistant", "content": "Yo"}], (HI, Message("assistant", "Yo"))),
        (iter([HI]), (HI,)),
    ],
)
def test_a_conversation_is_given_as_is_natural(conversation: Any, messages: tuple[Message, ...]) -> None:
    assert read_conversation(conversation) == messages
    assert building().chat(messages, {}).messages == messages


@pytest.mark.parametrize(
    ("conversation", "problem"),
    [
        ("", "must not be empty"),
        (b"Hi", "must be a string or messages, not bytes"),
        (bytearray(b"Hi"), "must be a string or messages, not bytearray"),
        (int, r"not type; extract\(\) takes the type first, as in extract\(int, 'a prompt'\)"),
        (Enum("Color", "RED"), r"takes the type first, as in extract\(Color, "),
        ([], "at least one message"),
        (5, "a string or messages, not int"),
        (str, r"not type; extract\(\) takes the type first"),
        ([5], r"messages\[0\] must be a Message, not int; give Message\('user', '...'\)"),
        (["Hi"], r"messages\[0\] must be a Message, not str; give Message\('user', '...'\)"),
        ([Message("user", "Hi"), say("Hi")], r"messages\[1\] .* not Response; give its message, as in \[\*messages,"),
        ([[Message("user", "Hi")]], r"messages\[0\] .* not list; a conversation is one flat list"),
        ([{"role": "user", "contents": "x"}], "contents is an unknown member"),
        ([Message("critic", "Hm")], "role 'critic'"),
    ],
)
@pytest.mark.parametrize("overrides", [{}, {"seed": 1}])
def test_what_is_no_conversation_is_refused(conversation: Any, problem: str, overrides: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError, match=problem):
        building().chat(conversation, overrides)


def test_a_call_starts_from_the_configuration() -> None:
    made = building(top_p=0.5, api_version="1")
    assert made.chat("Hi", {}) == ChatRequest(
        model="m", messages=(HI,), settings=made.settings, options={"acme": {"api_version": "1"}}
    )
    assert made.completion("Go", {}) == CompletionRequest(
        model="m", prompt="Go", settings=made.settings, options={"acme": {"api_version": "1"}}
    )
    assert building().options == {}


def test_wishes_of_one_call_come_first() -> None:
    made = building(top_p=0.5, api_version="1")
    request = made.chat("Hi", {"top_p": 0.1, "seed": 5, "api_version": "2", "user": "u", "headers": {"x": "y"}})
    assert request.settings == attrs.evolve(made.settings, top_p=0.1, seed=5, explicit={"top_p", "seed"})
    assert request.options == {"acme": {"api_version": "2", "user": "u"}}
    assert request.headers == {"x": "y"}
    assert made.chat("Hi", {"headers": None}).settings is made.settings


def test_options_keyed_by_provider_are_merged_and_those_of_others_left_alone() -> None:
    options = {"acme": {"a": 1, "b": 1}, "other": {"c": 1}}
    request = building(a=0, z=0).completion("Go", {"options": options, "b": 2, "suffix": "end"})
    assert request.options == {"acme": {"a": 1, "b": 2, "z": 0}, "other": {"c": 1}}
    assert request.suffix == "end"


@pytest.mark.parametrize(
    ("choice", "read"),
    [(None, AUTO), ("any", REQUIRED), ("weather", ToolChoice("tool", "weather")), (REQUIRED, REQUIRED)],
)
def test_tools_are_tools_or_typed_functions(choice: Any, read: ToolChoice) -> None:
    tools = [Tool(name="f"), ServerTool(id="acme.search"), weather]
    request = building().chat("Hi", {"tools": tools, "tool_choice": choice})
    assert request.tools[:2] == (Tool(name="f"), ServerTool(id="acme.search"))
    assert isinstance(request.tools[2], Tool)
    assert (request.tools[2].name, request.tools[2].description) == ("weather", "Tell the weather.")
    assert request.tool_choice == read


SCHEMA = {"type": "object", "title": "Place"}


@pytest.mark.parametrize(
    ("output", "read"),
    [
        (None, TEXT),
        ("text", TEXT),
        ("json", JSON_OBJECT),
        (JSON_OBJECT, JSON_OBJECT),
        (SCHEMA, OutputFormat("json_schema", schema=SCHEMA, name="Place")),
        ({}, OutputFormat("json_schema", schema={}, name="answer")),
    ],
)
def test_an_output_is_a_word_a_schema_or_a_format(output: Any, read: OutputFormat) -> None:
    assert building().chat("Hi", {"output": output}).output == read


def test_options_may_be_keyed_by_the_name_that_chose_the_provider() -> None:
    builder = attrs.evolve(building(a=0), named="acme_cloud")
    options = {"acme_cloud": {"b": 1, "c": 1}, "acme": {"c": 2}}
    assert builder.chat("Go", {"options": options}).options["acme"] == {"a": 0, "b": 1, "c": 2}


@pytest.mark.parametrize(("output", "problem"), [("jsno", r"did you mean 'json'\?"), ("zzz", "not 'zzz'$")])
def test_a_word_that_is_no_output_is_refused(output: str, problem: str) -> None:
    with pytest.raises(InvalidRequestError, match=f"output must be 'text', 'json', a type, .*{problem}"):
        building().chat("Hi", {"output": output})


@pytest.mark.parametrize(
    ("issuer", "formats", "problem"),
    [
        ("antropic", None, r"not 'antropic'; did you mean 'anthropic'\?"),
        ("zzz", None, "not 'zzz'; dragoman plugins lists the providers"),
        (7, None, "not 7; dragoman plugins"),
        ("anthropic", "blocks", "formats must be a set of names of formats, not 'blocks'"),
        ("anthropic", 7, "formats must be a set of names of formats, not 7"),
        ("anthropic", {"blok"}, r"not 'blok'; did you mean 'blocks'\?"),
    ],
)
def test_a_name_of_no_issuer_or_format_is_refused(issuer: Any, formats: Any, problem: str) -> None:
    with pytest.raises(InvalidRequestError, match=problem):
        read_conversation("Hi", issuer, formats)
    assert read_conversation("Hi", "", frozenset({"chat"})) == (Message("user", "Hi"),)


def test_an_output_may_be_a_type() -> None:
    @attrs.frozen
    class Place:
        name: str

    output = building().chat("Hi", {"output": Place}).output
    assert (output.kind, output.name) == ("json_schema", "Place")
    assert output.schema is not None
    assert output.schema["required"] == ["name"]


@pytest.mark.parametrize(
    ("overrides", "problem", "parameter"),
    [
        ({"temperature": "hot"}, "temperature must be a number", "temperature"),
        ({"model": "n"}, "'model' belongs to LLMConfig", "model"),
        ({"api_key": "k"}, "'api_key' belongs to LLMConfig", "api_key"),
        ({"num_retries": 1}, "'num_retries' belongs to LLMConfig", "num_retries"),
        (
            {"tools": ["f"]},
            r"tools\[0\] must be a Tool, a ServerTool, a typed function or a definition, not str",
            "tools",
        ),
        ({"tools": [Tool(name="f"), weather, Tool(name="f")]}, r"tools\[2\] has the name 'f' of another tool", "tools"),
        ({"tools": [Tool(name=" ")]}, r"tools\[0\] has no name; give it a name of its own", "tools"),
        ({"headers": "x"}, "headers must be a mapping of strings, not str", "headers"),
    ],
)
def test_a_wrong_wish_is_refused(overrides: dict[str, Any], problem: str, parameter: str) -> None:
    with pytest.raises(InvalidRequestError, match=problem) as caught:
        building().chat("Hi", overrides)
    assert caught.value.parameter == parameter


@pytest.mark.parametrize(
    ("overrides", "problem"),
    [
        ({"timeout": 0}, "above 0, not 0"),
        ({"timeout": "5"}, "above 0, not '5'"),
        ({"timeout": True}, "above 0, not True"),
        ({"on_unsupported": "ignore"}, "'adjust', 'warn' or 'raise', not 'ignore'"),
    ],
)
def test_a_wrong_limit_is_refused(overrides: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidRequestError, match=problem):
        building().context(overrides)


def test_the_deadline_counts_from_now(clock: FakeClock) -> None:
    made = attrs.evolve(building(), clock=clock)
    assert made.context({}).deadline == 1010.0
    context = made.context({"timeout": 2, "on_unsupported": "raise"})
    assert (context.deadline, context.timeouts.total, context.on_unsupported) == (1002.0, 2.0, "raise")
    assert attrs.evolve(made, timeouts=Timeouts(total=None)).context({}).deadline is None


def test_text_parts_are_a_conversation_only_within_a_message() -> None:
    with pytest.raises(InvalidRequestError, match=r"\[0\] must be a Message, not Text; parts stand in a message"):
        building().chat([Text(text="Hi")], {})  # on purpose


@pytest.mark.parametrize("texts", [None, 5, b"x", {"a": "b"}])
def test_texts_are_a_text_or_a_list(texts: Any) -> None:
    with pytest.raises(InvalidRequestError, match="texts must be a string or a list of strings"):
        read_texts(texts)


def test_each_of_the_texts_is_a_text() -> None:
    wrong: Any = ["a", 5]
    with pytest.raises(InvalidRequestError, match=r"texts\[1\] must be a string, not 5"):
        read_texts(wrong)
    assert read_texts(("a", "b")) == ["a", "b"]
