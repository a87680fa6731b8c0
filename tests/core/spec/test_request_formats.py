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
    fit,
)
from dragoman.spec.request import JSON_OBJECT, NONE, TEXT
from dragoman.spec.request_formats import read_output, read_tool, read_tool_choice

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
        ],
    )
    def test_that_cannot_be_read_are_named(self, given: Any, problem: str) -> None:
        with pytest.raises(InvalidRequestError, match=problem):
            read_tool(given, "tools[0]", "acme")


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
        ],
    )
    def test_of_every_format_are_read(self, given: Any, expected: Any) -> None:
        assert read_tool_choice(given) == expected

    @pytest.mark.parametrize("given", [{}, {"type": "function"}, {"type": "tool", "name": 7}, {"type": ["auto"]}])
    def test_that_cannot_be_read_are_refused(self, given: Any) -> None:
        with pytest.raises(InvalidRequestError, match="tool_choice cannot be read from"):
            read_tool_choice(given)


class TestOutputs:
    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ({"type": "text"}, TEXT),
            ({"type": "json_object"}, JSON_OBJECT),
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
            ({"format": {"type": "json_object"}}, JSON_OBJECT),
            ({**SCHEMA, "title": "w"}, OutputFormat("json_schema", schema={**SCHEMA, "title": "w"}, name="w")),
        ],
    )
    def test_of_every_format_are_read(self, given: Any, expected: OutputFormat) -> None:
        assert read_output(given) == expected

    @pytest.mark.parametrize("given", [{"type": "json_schema"}, {"type": "json_schema", "json_schema": [1]}])
    def test_without_a_schema_are_refused(self, given: Any) -> None:
        with pytest.raises(InvalidRequestError, match="must hold its schema in the member 'schema'"):
            read_output(given)


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
