from __future__ import annotations

import json
from typing import Any

import pytest

from dragoman import (
    AUTO,
    LLM,
    Bytes,
    ChatRequest,
    Data,
    Extension,
    InvalidRequestError,
    Media,
    Message,
    OutputFormat,
    Reasoning,
    Refusal,
    Seal,
    ServerTool,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    UnsupportedError,
)
from dragoman.testing.fixtures import loopback
from dragoman_google.dialect import Gemini
from dragoman_google.request_messages import PLACEHOLDER_SIGNATURE
from fuzz.dialects import DIALECTS
from plugins.google_wire import WEATHER, chunk, contents, decoded, encoded
from properties.test_calls_of_dialects import read

__all__ = ["loopback"]


def test_tools_and_tool_choice() -> None:
    body, _ = encoded(tools=(WEATHER,), tool_choice=ToolChoice("tool", "weather"))

    assert body["tools"] == [
        {
            "functionDeclarations": [
                {"name": "weather", "description": "Tell the weather.", "parametersJsonSchema": dict(WEATHER.schema)}
            ]
        }
    ]
    assert body["toolConfig"] == {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["weather"]}}


@pytest.mark.parametrize(
    ("choice", "strict", "calling"),
    [
        (ToolChoice("none"), None, {"mode": "NONE"}),
        (ToolChoice("required"), None, {"mode": "ANY"}),
        (AUTO, True, {"mode": "VALIDATED"}),
    ],
)
def test_modes(choice: ToolChoice, strict: Any, calling: dict[str, Any]) -> None:
    body, _ = encoded(tools=(Tool(name="f", strict=strict),), tool_choice=choice)

    assert body["toolConfig"] == {"functionCallingConfig": calling}


def test_default_tool_choice_is_not_sent() -> None:
    assert "toolConfig" not in encoded(tools=(WEATHER,))[0]


def test_early_models_get_the_openapi_subset() -> None:
    body, _ = encoded(model="gemini-1.5-pro", tools=(WEATHER, Tool(name="now")))

    assert body["tools"][0]["functionDeclarations"] == [
        {
            "name": "weather",
            "description": "Tell the weather.",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
        {"name": "now"},
    ]


def test_server_tools() -> None:
    tools = (ServerTool(id="google.google_search"), ServerTool(id="google.code_execution"), WEATHER)
    body, _ = encoded(model="gemini-3-flash", tools=tools)
    vertex, _ = encoded(model="gemini-3-flash", tools=tools, vertex=True)

    assert [next(iter(tool)) for tool in body["tools"]] == ["googleSearch", "codeExecution", "functionDeclarations"]
    assert body["toolConfig"] == {"includeServerSideToolInvocations": True}
    assert "toolConfig" not in vertex


def test_server_tool_of_another_provider_is_refused() -> None:
    with pytest.raises(UnsupportedError, match=r"openai\.web_search"):
        encoded(tools=(ServerTool(id="openai.web_search"),))


CALL: Any = {"name": "weather", "args": {"city": "Rome"}, "id": "abc"}
BARE: Any = {"name": "weather", "args": {}, "id": "abc"}
PIECE: Any = {**BARE, "partialArgs": [{"jsonPath": "$.city", "stringValue": "Rome"}]}
SIGNED: Any = {"thoughtSignature": "c2ln"}
OTHER: Any = {"functionCall": {**CALL, "id": "def"}}


@pytest.mark.parametrize(
    "parts",
    [
        [{"functionCall": CALL}, {"functionCall": CALL, **SIGNED}],
        [{"functionCall": CALL, **SIGNED}, {"functionCall": CALL}],
        [{"functionCall": CALL}, {"functionCall": CALL}, {"functionCall": CALL, **SIGNED}],
        [{"functionCall": CALL}, {"functionCall": BARE, **SIGNED}],
        [{"functionCall": BARE, **SIGNED}, {"functionCall": CALL}],
        [{"functionCall": BARE}, {"functionCall": CALL}, {"functionCall": CALL, **SIGNED}],
        [{"functionCall": BARE}, {"functionCall": BARE, **SIGNED}, {"functionCall": CALL}],
        [{"functionCall": PIECE}, {"functionCall": CALL, **SIGNED}],
        [{"functionCall": {**PIECE, "willContinue": True}}, {"functionCall": {}}, {"functionCall": CALL, **SIGNED}],
        [{"functionCall": {**PIECE, "willContinue": True}}, {"functionCall": CALL, **SIGNED}],
        [{"functionCall": {**PIECE, "willContinue": True}, **SIGNED}, {"functionCall": {}}, {"functionCall": CALL}],
    ],
)
@pytest.mark.parametrize("between", [[], [{"text": "and"}], [OTHER]])
def test_a_signature_comes_with_a_call_or_with_the_call_said_again(parts: Any, between: Any) -> None:
    parts = [*parts[:-1], *(between if "partialArgs" not in str(parts) else []), parts[-1]]
    whole = decoded(chunk(*parts, finish="STOP"))
    live = read(DIALECTS["google.generate"], iter([*map(chunk, parts), chunk(finish="STOP")]))
    for response in (whole, live):
        assert [call.parse() for call in response.tool_calls] == [{"city": "Rome"}] * len(response.tool_calls)
        assert [call.seal for call in response.tool_calls if call.call_id == "abc"] == [
            Seal(issuer="google", payload="c2ln")
        ]
        assert all(call.seal is None for call in response.tool_calls if call.call_id != "abc")


def test_turn_with_tools_is_sent_back_unchanged() -> None:
    call = {"name": "weather", "args": {"city": "Rome"}, "id": "abc"}
    answer = decoded(
        chunk(
            {"text": "I look.", "thought": True},
            {"text": "One moment.", "thoughtSignature": "c2ln"},
            {"functionCall": call, "thoughtSignature": "Y2FsbA=="},
            {"functionCall": {"name": "weather", "args": {"city": "Oslo"}}},
            {"executableCode": {"language": "PYTHON", "code": "1"}, "thoughtSignature": "Y29kZQ=="},
            {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
            {"toolCall": {"toolType": "GOOGLE_SEARCH_WEB", "id": "s"}, "thoughtSignature": "dG9vbA=="},
            {"inlineData": {"mimeType": "image/png", "data": "cG5n"}, "thoughtSignature": "aW1n"},
            {"somethingNew": {"a": [1]}},
            finish="STOP",
        )
    )
    first, second = answer.tool_calls
    results = [
        ToolResult(call_id=first.call_id, name="", content="sunny"),
        ToolResult(call_id=second.call_id, name="weather", content=[Data(value={"sky": "grey"})]),
    ]

    sent, notes = encoded(Message("user", "hi"), answer.message, Message("tool", results), model="gemini-3-flash")

    assert answer.finish.reason == "tool_calls"
    assert [call.call_id for call in answer.tool_calls] == ["abc", "call_r-1_1"]
    assert sent["contents"][1]["parts"] == [
        {"text": "I look.", "thought": True},
        {"text": "One moment.", "thoughtSignature": "c2ln"},
        {"functionCall": call, "thoughtSignature": "Y2FsbA=="},
        {"functionCall": {"name": "weather", "args": {"city": "Oslo"}}},
        {"executableCode": {"language": "PYTHON", "code": "1"}, "thoughtSignature": "Y29kZQ=="},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
        {"toolCall": {"toolType": "GOOGLE_SEARCH_WEB", "id": "s"}, "thoughtSignature": "dG9vbA=="},
        {"inlineData": {"mimeType": "image/png", "data": "cG5n"}, "thoughtSignature": "aW1n"},
        {"somethingNew": {"a": [1]}},
    ]
    assert sent["contents"][2] == {
        "role": "user",
        "parts": [
            {"functionResponse": {"name": "weather", "response": {"result": "sunny"}, "id": "abc"}},
            {"functionResponse": {"name": "weather", "response": {"sky": "grey"}}},
        ],
    }
    assert notes == []


@pytest.mark.parametrize(
    ("model", "signature"), [("gemini-3-pro-preview", PLACEHOLDER_SIGNATURE), ("gemini-2.5-pro", None)]
)
def test_call_that_another_model_made(model: str, signature: str | None) -> None:
    calls = [
        Reasoning(text="hm", seal=Seal(issuer="anthropic", payload="x")),
        ToolCall(name="f", call_id="toolu_1", id="fc_1", arguments="", seal=Seal(issuer="other", payload="y")),
        ToolCall(name="f", call_id="toolu_2", arguments='{"a": 1}'),
        ToolCall(name="search", call_id="srv", server_side=True),
        Extension(kind="openai.web_search_call", value={"id": "ws"}),
        Refusal(text="No more."),
    ]
    results = [ToolResult(call_id=call, name="f", content="ok") for call in ("toolu_1", "toolu_2")]

    body, notes = encoded(Message("user", "hi"), Message("assistant", calls), Message("tool", results), model=model)

    first: dict[str, Any] = {"functionCall": {"name": "f", "args": {}}}
    assert body["contents"][1]["parts"] == [
        {**first, "thoughtSignature": signature} if signature else first,
        {"functionCall": {"name": "f", "args": {"a": 1}}},
        {"text": "No more."},
    ]
    assert body["contents"][2]["parts"] == [
        {"functionResponse": {"name": "f", "response": {"result": "ok"}}},
        {"functionResponse": {"name": "f", "response": {"result": "ok"}}},
    ]
    dropped = [("dropped", name) for name in ("reasoning", "seal", "toolcall", "extension")]
    assert notes == dropped + ([("emulated", "thought signature")] if signature else [])


def test_the_text_of_a_call_that_is_no_object_is_a_member_of_one() -> None:
    call = ToolCall(name="f", call_id="1", arguments='{"a":')
    body, notes = encoded(Message("assistant", call), Message("tool", ToolResult(call_id="1", name="f", content="?")))
    assert body["contents"][1]["parts"][0]["functionCall"] == {"name": "f", "args": {"invalid_json": '{"a":'}}
    assert ("coerced", "tool_call") in notes


def test_tool_results_with_errors_and_images() -> None:
    image = Media(source=Bytes(data=b"png"), media_type="image/png")
    blob = {"inlineData": {"mimeType": "image/png", "data": "cG5n"}}
    failed = Message("tool", ToolResult(call_id="1", name="f", content="no such city", outcome="error"))
    seen = Message("tool", ToolResult(call_id="1", name="f", content=[image]))

    assert contents(failed)[0]["parts"] == [{"functionResponse": {"name": "f", "response": {"error": "no such city"}}}]
    assert contents(seen)[0]["parts"] == [{"functionResponse": {"name": "f", "response": {}}}, blob]
    assert contents(seen, model="gemini-3-flash")[0]["parts"] == [
        {"functionResponse": {"name": "f", "response": {}, "parts": [blob]}}
    ]


@pytest.mark.parametrize("nested", [{"a": {"$ref": "#/$defs/A"}}, {"a": [{"b": {"$ref": "image.png"}}]}])
def test_tool_result_with_a_reference_is_text_to_gemini_3(nested: dict[str, Any]) -> None:
    result = Message("tool", ToolResult(call_id="1", name="f", content=[Data(value=nested)]))
    (old,), ((new,), notes) = contents(result)[0]["parts"], gemini_3(result)
    assert old["functionResponse"]["response"] == nested
    assert json.loads(new["functionResponse"]["response"]["result"]) == nested
    assert notes == [("emulated", "tool result")]


def gemini_3(message: Message) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
    body, notes = encoded(message, model="gemini-3-pro-preview")
    return body["contents"][0]["parts"], notes


def test_tool_result_needs_the_tool_name() -> None:
    with pytest.raises(UnsupportedError, match="give name="):
        encoded(Message("tool", ToolResult(call_id="1", name="", content="x")))


def test_output_schema() -> None:
    output = OutputFormat("json_schema", schema=WEATHER.schema)

    assert encoded(output=OutputFormat("json"))[0]["generationConfig"] == {"responseMimeType": "application/json"}
    assert encoded(output=output)[0]["generationConfig"] == {
        "responseMimeType": "application/json",
        "responseJsonSchema": dict(WEATHER.schema),
    }
    assert "responseSchema" in encoded(output=output, model="gemini-1.5-flash")[0]["generationConfig"]


def test_output_format_and_tools_together_need_gemini_3() -> None:
    with pytest.raises(UnsupportedError, match="not both"):
        encoded(output=OutputFormat("json"), tools=(WEATHER,))
    assert "tools" in encoded(output=OutputFormat("json"), tools=(WEATHER,), model="gemini-3-flash")[0]


@pytest.mark.parametrize(
    ("schema", "sent", "lost"),
    [
        ({"type": "string", "title": "T", "default": "a"}, {"type": "string"}, ""),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, {"type": "integer", "nullable": True}, ""),
        ({"type": ["string", "null"]}, {"type": "string", "nullable": True}, ""),
        (
            {"anyOf": [{"type": "integer"}, {"type": "string"}, {"type": "null"}], "description": "d"},
            {"anyOf": [
                {"type": "integer", "description": "d", "nullable": True},
                {"type": "string", "description": "d", "nullable": True},
            ]},
            "",
        ),
        (
            {"$ref": "#/$defs/P", "$defs": {"P": {"type": "object", "properties": {"a": {"type": "number"}}}}},
            {"type": "object", "properties": {"a": {"type": "number"}}},
            "",
        ),
        (
            {"allOf": [{"$ref": "#/$defs/A"}, {"properties": {"b": {"type": "string"}}, "required": ["b"]}],
             "$defs": {"A": {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}}},
            {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
             "required": ["a", "b"]},
            "",
        ),
        ({"type": "array"}, {"type": "array", "items": {"type": "string"}}, "must have a type"),
        (
            {"type": "array", "prefixItems": [{"type": "number"}, {"type": "string"}]},
            {"type": "array", "items": {"anyOf": [{"type": "number"}, {"type": "string"}]},
             "description": 'prefixItems: [{"type": "number"}, {"type": "string"}]'},
            "prefixItems",
        ),
        (
            {"enum": ["a", "", "b", None]},
            {"type": "string", "enum": ["a", "b"], "description": 'may be ""', "nullable": True},
            'may be ""',
        ),
        ({"const": "x"}, {"type": "string", "enum": ["x"]}, ""),
        ({"type": "integer", "enum": [1, 2]}, {"type": "integer", "description": "one of [1, 2]"}, "one of"),
        ({"type": "string", "format": "date-time"}, {"type": "string", "format": "date-time"}, ""),
        ({"type": "string", "format": "uri"}, {"type": "string", "description": 'format: "uri"'}, "format"),
        (
            {"type": "integer", "exclusiveMinimum": 0},
            {"type": "integer", "description": "exclusiveMinimum: 0"},
            "exclusiveMinimum",
        ),
    ],
)  # fmt: skip
def test_openapi_subset(schema: dict[str, Any], sent: dict[str, Any], lost: str) -> None:
    request = ChatRequest(
        model="gemini-1.5-pro", messages=(Message("user", "hi"),), output=OutputFormat("json_schema", schema=schema)
    )

    wire = Gemini().encode(request, stream=False)

    assert json.loads(wire.body or b"")["generationConfig"]["responseSchema"] == sent
    assert [lost in note.reason for note in wire.adjustments] == ([True] if lost else [])


def test_recursive_schema_is_refused_in_the_openapi_subset() -> None:
    tree = {"$ref": "#/$defs/T", "$defs": {"T": {"type": "object", "properties": {"t": {"$ref": "#/$defs/T"}}}}}

    with pytest.raises(UnsupportedError, match="refers to itself"):
        encoded(model="gemini-1.5-pro", output=OutputFormat("json_schema", schema=tree))


@pytest.mark.parametrize("name", ["vertex", "vertex_ai", "google", "gemini"])
def test_tools_and_options_are_those_of_google_under_each_of_its_names(name: str) -> None:
    llm = LLM(f"{name}/gemini-2.5-pro", api_key="k", project="p", location="us-central1", labels={"a": "b"})
    body = llm.build_request("Hi", tools=[{"google_search": {}}], safety_settings={"HARASSMENT": "BLOCK_NONE"}).body
    assert body["tools"] == [{"googleSearch": {}}]
    assert body["safetySettings"] == [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]
    assert body["labels"] == {"a": "b"}
    with pytest.raises(InvalidRequestError, match="google has no option 'safty_settings'; did you mean"):
        llm.build_request("Hi", safty_settings={})
