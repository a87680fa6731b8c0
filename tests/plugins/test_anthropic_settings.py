from __future__ import annotations

import json
from typing import Any

import pytest

from dragoman import (
    LLM,
    ChatRequest,
    Message,
    OutputFormat,
    ServerTool,
    Settings,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    UnsupportedError,
    lower_schema,
)
from dragoman_anthropic.dialect import AnthropicMessages
from dragoman_anthropic.schema_rules import STRICT_SCHEMA
from plugins.anthropic_calls import SCHEMA, WEATHER, encoded, fitted, kinds, wire

# Tools.


@pytest.mark.parametrize(
    ("choice", "parallel", "expected"),
    [
        (ToolChoice("auto"), None, None),
        (ToolChoice("auto"), False, {"type": "auto", "disable_parallel_tool_use": True}),
        (ToolChoice("required"), True, {"type": "any"}),
        (ToolChoice("none"), False, {"type": "none"}),
        (ToolChoice("tool", "mine"), None, {"type": "tool", "name": "mine"}),
    ],
)
def test_tool_choice(choice: ToolChoice, parallel: bool | None, expected: Any) -> None:  # noqa: FBT001
    body = encoded(tools=(WEATHER,), tool_choice=choice, settings={"parallel_tool_calls": parallel})

    assert body.get("tool_choice") == expected


def test_tools_and_server_tools() -> None:
    offered = (
        Tool(name="a_b", description="d", schema={"properties": {}}, strict=True),
        ServerTool(id="anthropic.web_search_20250305", args={"max_uses": 2}),
        ServerTool(id="anthropic.text_editor_20250728"),
        ServerTool(id="anthropic.web_fetch_20250910"),
    )
    sent = wire(tools=offered)

    assert json.loads(sent.body)["tools"] == [
        {"name": "a_b", "description": "d", "input_schema": {"type": "object", "properties": {}}, "strict": True},
        {"type": "web_search_20250305", "name": "web_search", "max_uses": 2},
        {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool"},
        {"type": "web_fetch_20250910", "name": "web_fetch"},
    ]
    assert sent.headers == {"anthropic-beta": "web-fetch-2025-09-10"}


def test_tools_called_earlier_are_defined_even_if_none_is_offered() -> None:
    calls = [ToolCall(name="weather", call_id="a"), ToolCall(name="weather", call_id="b")]
    results = [ToolResult(call_id=call.call_id, name="weather", content="dry") for call in calls]
    body, notes, _ = fitted(Message("user", "hi"), Message("assistant", calls), Message("tool", results))

    assert body["tools"] == [{"name": "weather", "input_schema": {"type": "object"}}]
    assert body["tool_choice"] == {"type": "none"}
    assert [(each.kind, each.feature, each.sent) for each in notes] == [("emulated", "tools", "weather")]


def test_server_tool_of_another_provider_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="openai"):
        wire(tools=(ServerTool(id="openai.web_search"),))


# Thinking and sampling.


def test_effort_becomes_a_budget_for_older_models() -> None:
    sent = wire(settings={"effort": "low"})

    body = json.loads(sent.body)
    assert (body["thinking"], body["max_tokens"]) == ({"type": "enabled", "budget_tokens": 2048}, 64_000)
    assert kinds(sent) == [("emulated", "effort"), ("coerced", "max_tokens")]


def test_default_limit_is_raised_for_thinking_and_a_given_one_bounds_it() -> None:
    roomy = wire(settings={"effort": "high"})
    bounded = wire(settings={"effort": "high", "max_tokens": 4000})
    without = wire(settings={"effort": "high", "max_tokens": 1000})

    assert json.loads(roomy.body)["max_tokens"] == 64_000
    assert ("coerced", "max_tokens") in kinds(roomy)
    assert json.loads(bounded.body)["thinking"]["budget_tokens"] == 2000
    assert "thinking" not in json.loads(without.body)
    assert kinds(without) == [("dropped", "effort")]


@pytest.mark.parametrize(
    ("model", "thinking", "limit"),
    [
        ("claude-sonnet-4-5", {"type": "enabled", "budget_tokens": 32_000}, 64_000),
        ("claude-3-7-sonnet-20250219", {"type": "enabled", "budget_tokens": 32_000}, 64_000),
        ("claude-3-7-sonnet-20250219", {"type": "enabled", "budget_tokens": 64_000}, 128_000),
        ("claude-opus-4-6", {"type": "adaptive"}, 128_000),
        ("claude-of-tomorrow", {"type": "enabled", "budget_tokens": 8000}, 12_096),
        ("claude-of-tomorrow", {"type": "adaptive"}, 4096),
        ("claude-sonnet-4-5", {"type": "disabled"}, 4096),
    ],
)
def test_a_default_limit_gives_way_to_the_greatest_where_the_model_thinks(
    model: str, thinking: dict[str, Any], limit: int
) -> None:
    assert encoded(model=model, options={"thinking": thinking})["max_tokens"] == limit
    assert encoded(model=model, options={"thinking": thinking}, settings={"max_tokens": 9000})["max_tokens"] == 9000


@pytest.mark.parametrize("effort", ["minimal", "low", "medium", "high", "xhigh", "max"])
@pytest.mark.parametrize("model", ["claude-3-7-sonnet-latest", "claude-opus-4-1", "claude-sonnet-4-5"])
@pytest.mark.parametrize("given", [{}, {"max_tokens": None}, {"max_tokens": 4096}, {"max_tokens": 2000}])
def test_a_budget_always_leaves_room_for_the_answer(model: str, effort: str, given: dict[str, Any]) -> None:
    body = encoded(model=model, settings={"effort": effort, **given})
    assert 1024 <= body["thinking"]["budget_tokens"] < body["max_tokens"]


@pytest.mark.parametrize(
    ("model", "effort", "sent"),
    [
        ("claude-opus-4-6", "high", "high"),
        ("claude-opus-4-6", "minimal", "low"),
        ("claude-opus-4-6", "xhigh", "max"),
        ("claude-opus-4-7", "xhigh", "xhigh"),
        ("claude-sonnet-4-6", "max", "max"),
        ("claude-sonnet-5", "max", "max"),
    ],
)
def test_effort_is_sent_to_models_that_support_it(model: str, effort: str, sent: str) -> None:
    body = encoded(model=model, settings={"effort": effort})

    assert (body["thinking"], body["output_config"]) == ({"type": "adaptive"}, {"effort": sent})


def test_first_model_with_effort_needs_a_beta_and_a_budget() -> None:
    sent = wire(model="claude-opus-4-5", settings={"effort": "medium"})

    body = json.loads(sent.body)
    assert (body["thinking"]["type"], body["output_config"]) == ("enabled", {"effort": "medium"})
    assert sent.headers == {"anthropic-beta": "effort-2025-11-24"}


def test_stop_sequences_of_white_space_are_left_out() -> None:
    body, notes, _ = fitted(settings={"stop": ("\n\n", "END")})
    assert body["stop_sequences"] == ["END"]
    assert [(note.kind, note.asked, note.sent) for note in notes if note.feature == "stop"] == [
        ("coerced", ["\n\n", "END"], ["END"])
    ]


def test_service_tier() -> None:
    assert encoded(settings={"service_tier": "standard_only"})["service_tier"] == "standard_only"


def test_effort_none_disables_thinking_and_options_take_precedence() -> None:
    assert encoded(settings={"effort": "none"})["thinking"] == {"type": "disabled"}
    own = {"type": "enabled", "budget_tokens": 1024, "display": "omitted"}
    assert encoded(options={"thinking": own})["thinking"] == own
    assert encoded(options={"thinking": own}, settings={"effort": "none"})["thinking"] == own


@pytest.mark.parametrize(
    ("model", "thinking", "notes"),
    [
        ("claude-sonnet-5-5", {"type": "between_tools"}, []),
        ("claude-sonnet-5", {"type": "disabled"}, []),
        ("claude-opus-5", {"type": "disabled"}, []),
        ("claude-opus-5-5", None, [("coerced", "effort")]),
        ("claude-fable-5", None, [("coerced", "effort")]),
    ],
)
def test_a_model_is_told_not_to_think_as_it_can_be(model: str, thinking: Any, notes: list[Any]) -> None:
    sent = wire(model=model, settings={"effort": "none", "max_tokens": 9})
    assert (json.loads(sent.body).get("thinking"), kinds(sent)) == (thinking, notes)


@pytest.mark.parametrize("model", ["claude-fable-5-1", "claude-mythos-5-2", "claude-opus-5-5", "claude-sonnet-5-5"])
def test_a_model_that_cannot_be_made_to_call_a_tool_is_asked_to(model: str) -> None:
    llm = LLM(model, api_key="k")
    for choice in ("required", {"type": "function", "function": {"name": "f"}}):
        with pytest.raises(UnsupportedError, match="cannot be made to call"):
            llm.build_request("hi", tools=[Tool(name="f")], tool_choice=choice)
    anything = {"type": "object", "additionalProperties": {"type": "integer"}}
    body = llm.build_request("hi", output=anything, effort="high").body
    assert "tools" not in body
    assert "valid against this JSON Schema" in body["system"]
    assert body["thinking"] == {"type": "adaptive"}
    forced = LLM("claude-fable-5", api_key="k").build_request("hi", output=anything).body
    assert forced["tool_choice"] == {"type": "tool", "name": "give_answer", "disable_parallel_tool_use": True}


def test_thinking_excludes_sampling() -> None:
    sent = wire(settings={"effort": "low", "temperature": 0.7, "top_k": 5})

    assert not {"temperature", "top_k"} & json.loads(sent.body).keys()
    assert kinds(sent) == [
        ("emulated", "effort"),
        ("coerced", "max_tokens"),
        ("dropped", "temperature"),
        ("dropped", "top_k"),
    ]


def test_thinking_excludes_a_forced_tool() -> None:
    with pytest.raises(UnsupportedError, match="thinks"):
        wire(tools=(WEATHER,), tool_choice=ToolChoice("required"), options={"thinking": {"type": "adaptive"}})
    sent = wire(tools=(WEATHER,), tool_choice=ToolChoice("required"), settings={"effort": "low"})
    assert kinds(sent) == [("dropped", "effort")]


def test_some_models_accept_only_one_of_temperature_and_top_p() -> None:
    request = ChatRequest(
        model="claude-sonnet-4-5",
        messages=(Message("user", "hi"),),
        settings=Settings(max_tokens=9, temperature=0.7, top_p=0.5, explicit=frozenset({"top_p"})),
    )
    body = json.loads(AnthropicMessages().encode(request, stream=False).body or b"")

    assert ("temperature" in body, body["top_p"]) == (False, 0.5)
    both = {"temperature": 0.7, "top_p": 0.5}
    assert "top_p" not in encoded(settings=both)
    assert both.items() <= encoded(model="claude-3-haiku-20240307", settings=both).items()


# Structured output.


def test_structured_outputs() -> None:
    schema = {**SCHEMA, "properties": {"city": {"type": "string", "minLength": 2}, "minimum": {"type": "integer"}}}
    sent, notes, _ = fitted(output=OutputFormat("json_schema", schema=schema))

    closed = {**SCHEMA, "additionalProperties": False}
    closed["properties"] = {"city": {"type": "string", "description": "minLength: 2"}, "minimum": {"type": "integer"}}
    assert sent["output_config"] == {"format": {"type": "json_schema", "schema": closed}}
    assert [(note.kind, note.feature) for note in notes] == [("coerced", "output schema")]


def test_schema_in_the_beta_version() -> None:
    beta = "structured-outputs-2025-11-13"
    sent = wire(output=OutputFormat("json_schema", schema=SCHEMA), options={"betas": [beta]})

    body = json.loads(sent.body)
    assert (body["output_format"]["type"], "output_config" in body) == ("json_schema", False)
    assert sent.headers == {"anthropic-beta": beta}
    options = {"betas": [beta], "output_config": {"effort": "low"}}
    both = encoded(output=OutputFormat("json_schema", schema=SCHEMA), options=options)
    assert both["output_config"] == {"effort": "low"}


OPEN = {"type": "object", "properties": {"city": {"type": "string"}}, "additionalProperties": True}


@pytest.mark.parametrize(
    ("model", "output"),
    [
        ("claude-3-haiku-20240307", OutputFormat("json_schema", schema=SCHEMA, name="City")),
        ("claude-sonnet-4-5", OutputFormat("json_schema", schema=OPEN)),
        ("claude-sonnet-4-5", OutputFormat("json")),
        ("tiny", OutputFormat("json_schema", schema=SCHEMA)),
    ],
)
def test_a_forced_tool_gives_what_structured_outputs_cannot(model: str, output: OutputFormat) -> None:
    body, notes, names = fitted(model=model, output=output)

    assert body["tools"][0]["input_schema"] == (output.schema or {"type": "object", "additionalProperties": True})
    choice = {"type": "tool", "name": "give_answer", "disable_parallel_tool_use": True}
    assert (body["tool_choice"], "output_config" in body) == (choice, False)
    assert [note.kind for note in notes] == ["emulated"]
    assert names == {"give_answer": ""}


@pytest.mark.parametrize(
    ("choice", "parallel", "sent"),
    [
        ("auto", None, {"type": "any"}),
        ("auto", False, {"type": "any", "disable_parallel_tool_use": True}),
        ("none", None, {"type": "none"}),
        ("required", None, {"type": "any"}),
        ("weather", False, {"type": "tool", "name": "weather", "disable_parallel_tool_use": True}),
    ],
)
def test_the_callers_choice_is_kept_beside_an_answer(choice: str, parallel: bool | None, sent: Any) -> None:  # noqa: FBT001
    settings = {"parallel_tool_calls": parallel}
    asked = {"tools": (WEATHER,), "tool_choice": ToolChoice.of(choice), "settings": settings}
    body, notes, _ = fitted(model="claude-sonnet-4-0", output=OutputFormat("json_schema", schema=SCHEMA), **asked)

    assert body["tool_choice"] == sent
    assert [tool["name"] for tool in body["tools"]] == ["weather", *(["give_answer"] if choice == "auto" else [])]
    assert ("system" in body, [note.sent for note in notes]) == (
        (False, ["a tool"]) if choice == "auto" else (True, ["the schema in a system message"])
    )


def test_a_model_without_tools_is_told_in_words() -> None:
    body, (note,), _ = fitted(model="claude-2.1", output=OutputFormat("json_schema", schema=SCHEMA))
    assert ("tools" in body, note.sent) == (False, "the schema in a system message")


@pytest.mark.parametrize("output", [OutputFormat("json"), OutputFormat("json_schema", schema=OPEN)])
def test_who_insists_on_a_format_gets_an_error(output: OutputFormat) -> None:
    with pytest.raises(UnsupportedError, match="cannot be held to this output"):
        fitted(output=output, policy="raise")


def test_a_format_without_a_schema_has_no_form() -> None:
    with pytest.raises(UnsupportedError, match="a schema only"):
        wire(output=OutputFormat("json"))


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        {"type": "object", "properties": {}, "additionalProperties": {"type": "integer"}},
        {"$ref": "#/$defs/T", "$defs": {"T": {"type": "object", "properties": {"next": {"$ref": "#/$defs/T"}}}}},
    ],
)
def test_open_and_recursive_schemas_are_not_strict(schema: Any) -> None:
    assert not lower_schema(schema, STRICT_SCHEMA).strict


def test_schema_that_refers_to_its_root_is_recursive() -> None:
    assert not lower_schema({"type": "object", "properties": {"next": {"$ref": "#"}}}, STRICT_SCHEMA).strict


def test_definition_used_twice_is_not_recursive() -> None:
    part = {"type": "object", "properties": {"n": {"type": "integer"}}}
    schema = {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/P"}, "b": {"anyOf": [{"$ref": "#/$defs/P"}, {"enum": [1]}]}},
        "$defs": {"P": part},
    }

    lowered = lower_schema(schema, STRICT_SCHEMA)
    closed: Any = lowered.schema

    assert closed["$defs"]["P"] == {**part, "additionalProperties": False}
    assert closed["properties"]["b"]["anyOf"][1] == {"type": "integer", "enum": [1]}
    assert (lowered.strict, lowered.notes) == (True, ())
