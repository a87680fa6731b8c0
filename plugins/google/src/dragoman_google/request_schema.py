"""Schemas as Gemini takes them: JSON Schema with its limits, or the older subset of OpenAPI.

https://ai.google.dev/api/caching#Schema
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from dragoman import JSON, SchemaRules, UnsupportedError, lower_schema
from dragoman_google.schema_rules import SUBSET

_COPIED = tuple(sorted({"description", "format", "type", *SUBSET.keywords}))


def gemini_schema(schema: Mapping[str, JSON], rules: SchemaRules, parameter: str) -> tuple[dict[str, Any], str]:
    """Return *schema* by the rules of Gemini, and what was changed, in words.

    Args:
        schema: any JSON Schema.
        rules: what Gemini takes.
        parameter: what the schema belongs to, ``output`` or ``tools``.

    Raises:
        UnsupportedError: for a schema that has no form by these rules, such as one that refers to itself where the
            rules have no references.

    """
    lowered = lower_schema(schema, rules)
    notes = "; ".join(lowered.notes)
    if lowered.is_broken:
        message = f"the schema cannot be sent: {notes}; a later model may take it"
        raise UnsupportedError(message, parameter=parameter)
    return dict(lowered.schema), notes


def openapi_form(schema: Any) -> dict[str, Any]:
    """Return a schema that keeps to the subset in the form of OpenAPI, where ``null`` is a property of other types."""
    node = cast("dict[str, Any]", schema)
    kind = node.get("type")
    choices: list[Any] | None = node.get("anyOf")
    if choices is None and isinstance(kind, list):
        inner = {name: value for name, value in node.items() if name != "description"}
        choices = [{**inner, "type": each} for each in cast("list[str]", kind)]
    if choices is not None:
        return _choice(node, choices)
    form = {name: node[name] for name in _COPIED if name in node}
    if node.get("enum"):
        form["enum"] = node["enum"]
    if kind == "object" and node.get("properties"):
        form["properties"] = {name: openapi_form(each) for name, each in node["properties"].items()}
        form |= {"required": node["required"]} if node.get("required") else {}
    if kind == "array":  # the items are required
        form["items"] = openapi_form(node["items"])
    return form


def _choice(node: dict[str, Any], choices: list[Any]) -> dict[str, Any]:
    """Return alternatives as ``anyOf``, beside which nothing may stand; the alternative ``null`` is ``nullable``."""
    others = [openapi_form(choice) for choice in choices if choice.get("type") != "null"]
    nullable = {"nullable": True} if len(others) < len(choices) else {}
    described = {"description": node["description"]} if "description" in node else {}
    if len(others) == 1:
        return {**others[0], **described, **nullable}
    return {"anyOf": [{**described, **other, **nullable} for other in others]}
