"""Schemas that are ``true`` or ``false`` within those of tools and answers, as each vendor takes them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, cast

import pytest

from dragoman import LLM, Tool
from plugins.test_stops_of_vendors import MODELS

SCHEMA: Any = {
    "type": "object",
    "properties": {
        "any": True,
        "none": False,
        "list": {"type": "array", "items": True},
        "either": {"anyOf": [True, {"type": "string", "default": "true"}]},
    },
    "required": ["any"],
    "additionalProperties": False,
}
TAKE_BOOLEANS = {"claude-sonnet-4-5", "claude-of-another-name"}
WITH_TOOLS = [name for name in MODELS if "claude-2" not in name and "claude-v2" not in name]


def schemas(node: Any) -> Iterator[Any]:
    """Yield the schemas in the body of a request, wherever they are, also in a text."""
    if isinstance(node, str) and node.startswith('{"type"'):
        node = json.loads(node)
    if isinstance(node, dict) and "any" in node.get("properties", ()):
        yield node
    elif isinstance(node, dict | list):
        for each in cast("Any", node.values() if isinstance(node, dict) else node):
            yield from schemas(each)


def booleans(schema: Any) -> list[str]:
    """Return where a schema holds a boolean for one."""
    found = [name for name, each in schema.get("properties", {}).items() if isinstance(each, bool)]
    found += ["items"] if isinstance(schema.get("items"), bool) else []
    found += ["anyOf" for each in schema.get("anyOf", ()) if isinstance(each, bool)]
    inner = [*schema.get("properties", {}).values(), schema.get("items"), *schema.get("anyOf", ())]
    return found + [name for each in inner if isinstance(each, dict) for name in booleans(each)]


@pytest.mark.parametrize("strict", [None, True])
@pytest.mark.parametrize("model", WITH_TOOLS)
def test_of_a_tool(model: str, *, strict: bool | None) -> None:
    llm = LLM(model, api_key="k", **MODELS[model])
    sent = [*schemas(llm.build_request("q", tools=[Tool(name="f", schema=SCHEMA, strict=strict)]).body)]
    assert [schema["properties"].keys() >= {"any", "list", "either"} for schema in sent] == [True]
    assert bool(booleans(sent[0])) == (model in TAKE_BOOLEANS)


@pytest.mark.parametrize("model", WITH_TOOLS)
def test_of_an_answer(model: str) -> None:
    body = LLM(model, api_key="k", **MODELS[model]).build_request("q", output=SCHEMA).body
    for schema in schemas(body):
        assert bool(booleans(schema)) == (model in TAKE_BOOLEANS)


AZURE = {"api_base": "https://x.openai.azure.com"}


@pytest.mark.parametrize(
    ("provider", "options"),
    [
        *((name, {"api": api}) for name in ("openai", "openrouter") for api in ("chat", "responses")),
        *(("azure", {"api": api, **AZURE}) for api in ("chat", "responses")),
        ("groq", {}),
        ("mistral", {}),
    ],
)
@pytest.mark.parametrize("strict", [None, False])
def test_an_array_says_what_its_items_are(provider: str, options: dict[str, Any], *, strict: bool | None) -> None:
    llm = LLM("gpt-4o", provider=provider, api_key="k", **options)
    schema: Any = {
        "type": "object",
        "properties": {"any": {"type": "array"}, "pair": {"type": "array", "prefixItems": [{"type": "string"}]}},
    }
    [sent] = schemas(llm.build_request("q", tools=[Tool(name="f", schema=schema, strict=strict)]).body)
    assert [sent["properties"][name].get("items") for name in ("any", "pair")] == [{}, {}]
