from __future__ import annotations

from typing import Any

import pytest

from dragoman import (
    AUTO,
    REQUIRED,
    Capabilities,
    ChatRequest,
    InvalidRequestError,
    Message,
    OutputFormat,
    ServerTool,
    Settings,
    Tool,
    ToolChoice,
    UnsupportedError,
    fit,
)
from dragoman.spec.request import JSON_OBJECT, NONE, TEXT
from dragoman.spec.request_formats import read_output, read_tool_choice
from dragoman.spec.tool_formats import read_tool

SCHEMA: dict[str, Any] = {"type": "object", "properties": {"city": {"type": "string"}}}
WEATHER = Tool(name="weather", description="Tell it.", schema=SCHEMA)


class TestTools:
    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            (
                {
                    "type": "function",
                    "function": {"name": "weather", "description": "Tell it.", "parameters": SCHEMA, "strict": None},
                },
                WEATHER,
            ),
            ({"type": "function", "name": "weather", "description": "Tell it.", "parameters": SCHEMA}, WEATHER),
            ({"name": "weather", "description": "Tell it.", "input_schema": SCHEMA}, WEATHER),
            ({"type": "custom", "name": "weather", "description": "Tell it.", "input_schema": SCHEMA}, WEATHER),
            ({"name": "weather", "description": "Tell it.", "inputSchema": SCHEMA}, WEATHER),
            (
                {
                    "name": "weather",
                    "title": "The weather",
                    "description": "Tell it.",
                    "inputSchema": SCHEMA,
                    "outputSchema": SCHEMA,
                    "annotations": {"readOnlyHint": True},
                    "icons": [{"src": "https://a.test/i.png"}],
                    "_meta": {"a": 1},
                    "meta": {"a": 1},
                },
                WEATHER,
            ),
            ({"toolSpec": {"name": "weather", "description": "Tell it.", "inputSchema": {"json": SCHEMA}}}, WEATHER),
            ({"toolSpec": {"name": "weather", "strict": True}}, Tool(name="weather", strict=True)),
            ({"name": "weather", "title": "T"}, Tool(name="weather", options={"acme": {"title": "T"}})),
            ({"name": "weather", "strict": True}, Tool(name="weather", strict=True)),
            (
                {"name": "weather", "input_schema": SCHEMA, "cache_control": {"type": "ephemeral"}},
                Tool(name="weather", schema=SCHEMA, options={"cache_control": {"type": "ephemeral"}}),
            ),
            ({"type": "tool", "name": "weather", "description": "Tell it.", "schema": SCHEMA}, WEATHER),
            ({"type": "server_tool", "id": "acme.search"}, ServerTool(id="acme.search")),
            ({"type": "web_search", "max_uses": 3}, ServerTool(id="acme.web_search", args={"max_uses": 3})),
            (
                {"type": "custom", "name": "grep", "format": {"type": "text"}},
                ServerTool(id="acme.custom", args={"name": "grep", "format": {"type": "text"}}),
            ),
        ],
    )
    def test_of_every_format_are_read(self, given: Any, expected: Tool | ServerTool) -> None:
        assert read_tool(given, "tools[0]", "acme") == expected

    @pytest.mark.parametrize(
        ("given", "problem"),
        [
            ({"type": "function", "function": {"description": "x"}}, r"tools\[0\]\.function must have a name, as"),
            ({"parameters": SCHEMA}, r"tools\[0\] must have a name"),
            ({"name": "f", "input_schema": "x"}, r"the schema of tools\[0\] must be an object, not 'x'"),
            ({"type": 7}, r"tools\[0\]\.type must be a string, not 7"),
            ({"type": "fucntion", "name": "f"}, r"tools\[0\]\.type is 'fucntion', .*; did you mean 'function'\?"),
            (
                {"type": "tool", "function": {"name": "f"}},
                r"type must be 'function' for a tool with 'function', not 'tool'",
            ),
            (
                {"type": "mcp_tool", "name": "f", "input_schema": {}},
                "must be 'function' for a tool with 'input_schema'",
            ),
            (
                {"type": "function", "name": "f", "paramters": {}},
                r"tools\[0\]\.paramters .* did you mean 'parameters'\?",
            ),
            ({"functionDeclarations": []}, "holds several functions; give each of them as a tool, as"),
            ({"google_search": {}, "url_context": {}}, "holds several tools, google_search, url_context;"),
            ({"google_search": 7}, r"tools\[0\]\.google_search must be an object, not 7"),
            ({"zzz": {}}, r"tools\[0\] must have a name"),
            ({"toolSpec": {"inputSchema": {"json": SCHEMA}}}, r"tools\[0\]\.toolSpec must have a name"),
            ({"toolSpec": {"name": "f", "inputSchema": "x"}}, r"the schema of tools\[0\]\.toolSpec must be an object"),
        ],
    )
    def test_that_cannot_be_read_are_named(self, given: Any, problem: str) -> None:
        with pytest.raises(InvalidRequestError, match=problem):
            read_tool(given, "tools[0]", "acme")

    @pytest.mark.parametrize("given", [{"google_search": {"a": 1}}, {"googleSearch": {"a": 1}}])
    def test_of_a_vendor_may_be_named_by_their_member(self, given: Any) -> None:
        assert read_tool(given, "tools[0]", "google") == ServerTool(id="google.google_search", args={"a": 1})

    @pytest.mark.parametrize(
        ("given", "owner", "others"),
        [
            ({"type": "web_search_20250305", "name": "web_search"}, "anthropic", ("openai", "google", "vllm", "acme")),
            ({"type": "web_search_preview"}, "openai", ("anthropic", "google", "groq")),
            ({"type": "google_search"}, "google", ("anthropic", "openai", "acme")),
            ({"url_context": {}}, "google", ("anthropic", "openai", "acme")),
            ({"type": "browser_search"}, "groq", ("openai", "acme")),
        ],
    )
    def test_of_one_vendor_go_to_no_other(self, given: Any, owner: str, others: tuple[str, ...]) -> None:
        for provider in (owner, "litellm_proxy"):
            made = read_tool(given, "tools[0]", provider)
            assert isinstance(made, ServerTool)
            assert made.issuer == provider
        for provider in others:
            with pytest.raises(
                UnsupportedError, match=rf"runs, not {provider}; leave it out, or give a tool of"
            ) as caught:
                read_tool(given, "tools[0]", provider)
            assert owner in str(caught.value)

    def test_of_several_vendors_go_to_a_provider_that_nobody_knows(self) -> None:
        assert read_tool({"type": "web_search_preview"}, "", "acme") == ServerTool(id="acme.web_search_preview")


class TestToolChoices:
    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ({"type": "auto"}, (AUTO, None)),
            ({"type": "none"}, (NONE, None)),
            ({"type": "any", "disable_parallel_tool_use": True}, (REQUIRED, False)),
            ({"type": "required", "disable_parallel_tool_use": False}, (REQUIRED, True)),
            ({"type": "tool", "name": "f"}, (ToolChoice("tool", "f"), None)),
            ({"type": "function", "name": "f"}, (ToolChoice("tool", "f"), None)),
            ({"type": "function", "function": {"name": "f"}}, (ToolChoice("tool", "f"), None)),
            (
                {"function_calling_config": {"mode": "ANY", "allowed_function_names": ["f"]}},
                (ToolChoice("tool", "f"), None),
            ),
            ({"functionCallingConfig": {"mode": "NONE"}}, (NONE, None)),
            ({"functionCallingConfig": {}}, (AUTO, None)),
            ({"mode": "any"}, (REQUIRED, None)),
            ({"any": {}}, (REQUIRED, None)),
            ({"tool": {"name": "f"}}, (ToolChoice("tool", "f"), None)),
        ],
    )
    def test_of_every_format_are_read(self, given: Any, expected: Any) -> None:
        assert read_tool_choice(given) == expected

    @pytest.mark.parametrize(
        ("given", "problem"),
        [
            ({}, "cannot be read from"),
            ({"type": ["auto"]}, "cannot be read from"),
            ({"mode": ["ANY"]}, "cannot be read from"),
            ({"mode": "ALLOWED"}, "cannot be read from"),
            ({"auto": True}, "cannot be read from"),
            ({"tool": {"name": 7}}, "cannot be read from"),
            ({"tool": "f"}, "cannot be read from"),
            ({"type": "fucntion", "name": "f"}, r"did you mean 'function'\?"),
            ({"mode": "requird"}, r"did you mean 'required'\?"),
            ({"type": "function"}, r"must name a tool, as \{'type': 'function'"),
            ({"type": "tool", "name": 7}, "must name a tool, as"),
            ({"mode": "ANY", "allowed_function_names": ["f", "g"]}, "can name one tool, not several"),
            ({"mode": "AUTO", "allowed_function_names": ["f"]}, "can name one tool, not several"),
        ],
    )
    def test_that_cannot_be_read_are_refused(self, given: Any, problem: str) -> None:
        with pytest.raises(InvalidRequestError, match=problem) as caught:
            read_tool_choice(given)
        assert caught.value.parameter == "tool_choice"


class TestOutputs:
    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ({"type": "text"}, TEXT),
            ({"type": "json_object"}, JSON_OBJECT),
            (
                {"type": "json_object", "response_schema": {"type": "object"}},
                OutputFormat("json_schema", schema={"type": "object"}, name="answer"),
            ),
            (
                {
                    "type": "json_schema",
                    "json_schema": {"name": "w", "description": "d", "schema": SCHEMA, "strict": True},
                },
                OutputFormat("json_schema", schema=SCHEMA, name="w", strict=True, description="d"),
            ),
            (
                {"type": "json_schema", "name": "w", "schema": SCHEMA},
                OutputFormat("json_schema", schema=SCHEMA, name="w"),
            ),
            (
                {"type": "json_schema", "schema": SCHEMA},
                OutputFormat("json_schema", schema=SCHEMA, name="answer"),
            ),
            (SCHEMA, OutputFormat("json_schema", schema=SCHEMA, name="answer")),
            ({}, OutputFormat("json_schema", schema={}, name="answer")),
            (
                {"type": ["object", "null"]},
                OutputFormat("json_schema", schema={"type": ["object", "null"]}, name="answer"),
            ),
            ({"type": "json"}, JSON_OBJECT),
            *(
                ({"type": kind, **held}, OutputFormat("json_schema", schema=SCHEMA, name=name))
                for kind in ("json_object", "json", "json_schema")
                for held, name in (
                    ({"schema": SCHEMA}, "answer"),
                    ({"json_schema": SCHEMA}, "answer"),
                    ({"json_schema": {"name": "w", "schema": SCHEMA}}, "w"),
                )
            ),
            ({"response_mime_type": "application/json"}, JSON_OBJECT),
            ({"responseMimeType": "text/plain"}, TEXT),
            (
                {"responseMimeType": "application/json", "responseSchema": SCHEMA},
                OutputFormat("json_schema", schema=SCHEMA, name="answer"),
            ),
            ({"format": {"type": "json_object"}}, JSON_OBJECT),
            ({**SCHEMA, "title": "w"}, OutputFormat("json_schema", schema={**SCHEMA, "title": "w"}, name="w")),
        ],
    )
    def test_of_every_format_are_read(self, given: Any, expected: OutputFormat) -> None:
        assert read_output(given) == expected

    @pytest.mark.parametrize(
        "given",
        [
            {"type": "json_schema"},
            {"type": "json_schema", "json_schema": [1]},
            {"type": "json_object", "schema": "{}"},
            {"type": "json_object", "json_schema": {"name": "w"}},
            {"type": "json_object", "json_schema": {}},
        ],
    )
    def test_without_a_schema_are_refused(self, given: Any) -> None:
        with pytest.raises(InvalidRequestError, match="must hold its schema in the member 'schema'"):
            read_output(given)

    @pytest.mark.parametrize(
        ("given", "meant"),
        [
            ({"type": "json_shema"}, "'json_schema'"),
            ({"type": "objct"}, "'object'"),
            ({"propertis": {}}, "'properties'"),
            ({"response_mime_type": "text/x.enum"}, None),
            ({"type": 7}, None),
            ({"name": "x"}, None),
        ],
    )
    def test_that_are_no_schema_are_refused(self, given: Any, meant: str | None) -> None:
        with pytest.raises(InvalidRequestError, match="output cannot be read from") as caught:
            read_output(given)
        assert (meant is None) == ("did you mean" not in str(caught.value))
        assert (meant or "") in str(caught.value)


class TestRequests:
    def test_that_require_a_tool_need_one(self) -> None:
        for choice, tools, problem in (
            (REQUIRED, (), "the request has no tools; give tools="),
            (ToolChoice("tool", "f"), (), r"names the tool 'f', which is not among the tools \[\]"),
            (ToolChoice("tool", "f"), (WEATHER,), r"not among the tools \['weather'\]"),
        ):
            request = ChatRequest(model="m", messages=(Message("user", "q"),), tools=tools, tool_choice=choice)
            with pytest.raises(InvalidRequestError, match=problem):
                fit(request, Capabilities())

    def test_may_require_a_tool_that_the_provider_names_otherwise(self) -> None:
        tools = (ServerTool(id="acme.web_search_20250305"),)
        choice = ToolChoice("tool", "web_search")
        request = ChatRequest(model="m", messages=(Message("user", "q"),), tools=tools, tool_choice=choice)
        assert fit(request, Capabilities()) == (request, ())

    def test_without_tools_leave_out_how_many_calls_there_may_be(self) -> None:
        settings = Settings(parallel_tool_calls=False)
        request = ChatRequest(model="m", messages=(Message("user", "q"),), settings=settings)
        fitted, (note,) = fit(request, Capabilities())
        assert fitted.settings.parallel_tool_calls is None
        assert (note.feature, note.reason) == ("parallel_tool_calls", "the request has no tools")
