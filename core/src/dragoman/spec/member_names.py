"""The names of the members of objects in the characters that a vendor accepts in the schema of a tool, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from dragoman.spec.schema_references import as_list, as_object
from dragoman.spec.tool_names import encode_name

_NO_SCHEMAS = frozenset({"enum", "const", "default", "examples", "required"})
_NAMED = frozenset({"$defs", "definitions"})


def coded_names(schema: Any, letters: str, length: int) -> dict[str, str]:
    """Return the names that are sent, by the names of members that a vendor does not accept as they are.

    Args:
        schema: any JSON Schema.
        letters: the characters that the vendor accepts, as a regular expression class.
        length: the greatest length that it accepts.

    """
    if isinstance(schema, list):
        found = [coded_names(each, letters, length) for each in as_list(schema)]
        return {name: sent for each in found for name, sent in each.items()}
    coded: dict[str, str] = {}
    for keyword, value in as_object(schema).items():
        if keyword in _NO_SCHEMAS:
            continue
        if keyword == "properties":
            sent = {name: encode_name(name, letters, length) for name in as_object(value)}
            coded |= {name: each for name, each in sent.items() if name != each}
        inner = [*as_object(value).values()] if keyword == "properties" or keyword in _NAMED else value
        coded |= coded_names(inner, letters, length)
    return coded


def coded_schema(schema: Any, coded: Mapping[str, str]) -> Any:
    """Return a schema with other names of members; the title of each says its own name."""
    if isinstance(schema, list):
        return [coded_schema(each, coded) for each in as_list(schema)]
    if not isinstance(schema, dict):
        return schema
    changed: dict[str, Any] = {}
    for keyword, value in cast("dict[str, Any]", schema).items():
        if keyword == "properties":
            changed[keyword] = {coded.get(name, name): _member(name, each, coded) for name, each in value.items()}
        elif keyword == "required":
            changed[keyword] = [coded.get(name, name) for name in as_list(value)]
        elif keyword in _NAMED:
            changed[keyword] = {name: coded_schema(each, coded) for name, each in as_object(value).items()}
        else:
            changed[keyword] = value if keyword in _NO_SCHEMAS else coded_schema(value, coded)
    return changed


def _member(name: str, schema: Any, coded: Mapping[str, str]) -> Any:
    inner: Any = coded_schema(schema, coded)
    if name not in coded or "$ref" in as_object(inner) or not as_object(inner):
        return inner
    return {"title": name, **as_object(inner)}


def with_member_names(value: Any, names: Mapping[str, str]) -> Any:
    """Return plain data with other names of members, wherever in it."""
    if isinstance(value, list):
        return [with_member_names(each, names) for each in as_list(value)]
    if not isinstance(value, dict):
        return value
    return {
        names.get(name, name): with_member_names(each, names) for name, each in cast("dict[str, Any]", value).items()
    }
