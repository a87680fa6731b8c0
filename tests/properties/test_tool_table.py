"""Tools against dialects: a vendor takes what is sent, whatever the caller gives, and a note says what is not held.

The rules are those that the vendors publish for the schemas of tools, strict and not.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from attrs import frozen

from dragoman import LLM, InvalidRequestError, Tool, UnsupportedError
from dragoman.spec.schema import tool
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from plugins.vendors import VENDORS
from properties.schema_vendors import DIALECTS, Dialect, of_anthropic, of_cohere, of_gemini, of_openai

TOOL_KEYWORDS = {"minLength", "maxLength", "pattern", "uniqueItems"}
"""What recorded tools for Gemini have in addition to the list of ``responseJsonSchema``."""


@frozen
class Place:
    city: str
    size: int = 3


def search(query: str, limit: int = 5, near: Place | None = None, tags: list[str] | None = None) -> None:
    """Search.

    Args:
        query: what to look for.
        limit: how many results.
        near: where.
        tags: with which tags.

    """


def store(values: dict[str, int]) -> None:
    """Store values."""


def clock() -> None:
    """Tell the time."""


ENDLESS = {
    "type": "object",
    "properties": {"child": {"$ref": "#/$defs/N", "description": "the next"}},
    "$defs": {"N": {"type": "object", "properties": {"child": {"$ref": "#/$defs/N"}}}},
}
SCHEMAS: dict[str, Any] = {
    "defaults": tool(search).schema,
    "any names": tool(store).schema,
    "no arguments": tool(clock).schema,
    "a bare object": {"type": "object"},
    "nothing": {},
    "alternatives": {
        "anyOf": [
            {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
            {"type": "object", "properties": {"zip": {"type": "string", "format": "zip"}}, "required": ["zip"]},
        ]
    },
    "alternatives that are references": {
        "oneOf": [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/B"}],
        "$defs": {
            "A": {"type": "object", "properties": {"kind": {"const": "a"}}, "required": ["kind"]},
            "B": {"type": "object", "properties": {"kind": {"const": "b"}, "n": {}}, "required": ["kind"]},
        },
    },
    "a reference": {
        "$ref": "#/definitions/A", "definitions": {"A": {"type": "object", "properties": {"a": {"enum": [1]}}}}
    },
    "endless": ENDLESS,
    "bounds": {"type": "object", "properties": {"n": {"type": "integer", "exclusiveMinimum": 0, "multipleOf": 2}}},
}  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer() as running:
        yield running


def declared(dialect: Dialect, body: Any) -> tuple[dict[str, Any], bool]:
    """Return the schema of the one tool of a body, and whether the model is held to it."""
    [found] = body["tools"]
    if dialect.check is of_gemini:
        return found["functionDeclarations"][0]["parametersJsonSchema"], False
    if dialect.check is of_anthropic:
        return found["input_schema"], found.get("strict", False)
    function = found.get("function", found)
    if dialect.check is of_cohere:  # which holds the model to the schemas of all tools, or of none
        return function["parameters"], body.get("strict_tools", False)
    return function["parameters"], function.get("strict", False)


def breaches(dialect: Dialect, schema: dict[str, Any], *, strict: bool) -> Iterator[str]:
    """Yield what the vendor refuses."""
    if schema.get("type") != "object" or schema.keys() & {"anyOf", "oneOf", "allOf", "enum", "not"}:
        yield "the root is not one object"
    if dialect.check is of_openai and "properties" not in schema:
        yield "no properties"
    if dialect.check is of_gemini:
        for each in of_gemini(schema):
            if each.rpartition(": ")[2] not in TOOL_KEYWORDS:
                yield each
    elif strict:
        yield from dialect.check(schema)


@pytest.mark.parametrize("strict", [None, True])
@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
async def test_a_tool_is_sent_by_the_rules(
    schema: Any, dialect: Dialect, server: LoopbackServer, *, strict: bool | None
) -> None:
    given = json.dumps(schema)
    async with VENDORS[dialect.vendor].llm(server) as llm:
        body = llm.build_request("Go.", tools=[Tool(name="f", schema=schema, strict=strict)]).body
        server.reply(Reply.json(dialect.reply({}, "Done.")))
        response = await llm.generate("Go.", tools=[Tool(name="f", schema=schema, strict=strict)])

    sent, held = declared(dialect, body)
    jsonschema.Draft202012Validator.check_schema(sent)
    assert [*breaches(dialect, sent, strict=held)] == []
    assert json.dumps(schema) == given
    if strict and not held and dialect.check is not of_gemini:
        notes = [each for each in response.adjustments if each.feature == "schema of the tool f"]
        assert [each.kind for each in notes if each.kind == "downgraded"] == ["downgraded"]
        assert all(each.reason for each in notes)


@pytest.mark.parametrize("vendor", ["openai", "openai-responses", "azure", "groq", "anthropic"])
async def test_a_tool_that_cannot_be_held_to_its_schema_raises_where_that_is_asked_for(
    vendor: str, server: LoopbackServer
) -> None:
    async with VENDORS[vendor].llm(server) as llm:
        with pytest.raises(UnsupportedError, match="any name"):
            llm.build_request("Go.", tools=[tool(store, strict=True)], on_unsupported="raise")


@pytest.mark.parametrize("schema", [{"type": "string"}, {"anyOf": [{"type": "object"}, {"type": "string"}]}])
@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
async def test_arguments_that_are_no_object_are_refused(schema: Any, dialect: Dialect, server: LoopbackServer) -> None:
    async with VENDORS[dialect.vendor].llm(server) as llm:
        assert isinstance(llm, LLM)
        with pytest.raises(InvalidRequestError, match="'f'"):
            llm.build_request("Go.", tools=[Tool(name="f", schema=schema)])
