"""The public vocabulary as JSON Schema: what :func:`dragoman.spec.serialization.to_dict` writes of it.

The schemas are those that Dragoman makes of any class (:mod:`dragoman.spec.schema`), with what its converter adds: the
member ``type`` by which the classes of a union are told apart, and a message whose content may be a text.
"""
# ruff: noqa: INP001  # Sphinx and the tests find this file on their path

from __future__ import annotations

import typing
from typing import TYPE_CHECKING, Any, Union, cast

import attrs

import dragoman
from dragoman import ChatRequest, CompletionRequest, Event, Message, Response
from dragoman.spec._enums import OpenEnum
from dragoman.spec.provider import SPEC
from dragoman.spec.schema import json_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

Schema = dict[str, Any]

TAGS = {
    "Text": "text",
    "Reasoning": "reasoning",
    "Media": "media",
    "ToolCall": "tool_call",
    "ToolResult": "tool_result",
    "Refusal": "refusal",
    "Data": "data",
    "Extension": "extension",
    "Bytes": "bytes",
    "Url": "url",
    "FileRef": "file",
    "InlineText": "text",
    "Tool": "tool",
    "ServerTool": "server_tool",
}
"""The member ``type`` of each class that stands in a union."""

PARTS = ("Text", "Reasoning", "Media", "ToolCall", "ToolResult", "Refusal", "Data", "Extension")
UNKNOWN_PART = {
    "description": "A part of a type that is not known here is kept as it is.",
    "type": "object",
    "properties": {"type": {"type": "string", "not": {"enum": [TAGS[name] for name in PARTS]}}},
    "required": ["type"],
}
_ROOTS = (Message, ChatRequest, CompletionRequest, Response, Event)


def vocabulary() -> Schema:
    """Return one schema whose ``$defs`` hold every class, in the order in which a conversation meets it."""
    found = cast("Schema", json_schema(Union[_ROOTS]))["$defs"]  # noqa: UP007  # made of values
    definitions = {name: _walk(_amended(name, body)) for name, body in found.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"The vocabulary of Dragoman's specification {SPEC}",
        "$defs": definitions,
    }


def words(kind: type[OpenEnum]) -> list[str]:
    """Return the words that are known of an open enumeration."""
    return [str(getattr(kind, name)) for name in kind.__annotations__ if name.isupper()]


def _amended(name: str, body: Schema) -> Schema:
    """Say what the converter does with a class."""
    kind = getattr(dragoman, name)
    properties = body["properties"]
    for member, known in _open_words(kind):
        properties[member] |= {"examples": known}
    if name in TAGS:
        properties = {"type": {"const": TAGS[name]}, **properties}
        body["required"] = ["type", *body["required"]]
    if name == "Message":
        parts = properties.pop("parts")
        told = "a text where one plain text is all there is, else the parts"
        content = {"anyOf": [{"type": "string"}, parts], "description": told}
        properties = {"role": properties.pop("role"), "content": content, **properties}
        body["required"] = ["role", "content"]
    return {**body, "properties": properties}


def _open_words(kind: type[Any]) -> Iterator[tuple[str, list[str]]]:
    """Yield the members whose words are open, with the words that are known."""
    hints = typing.get_type_hints(kind, localns={"JSON": dragoman.JSON})
    for field in attrs.fields(kind):
        for hint in (hints[field.name], *typing.get_args(hints[field.name])):
            if isinstance(hint, type) and issubclass(hint, OpenEnum):
                yield field.name, words(hint)


def _walk(value: Any) -> Any:
    """Let a part of an unknown type stand wherever a part may."""
    if isinstance(value, list):
        return [_walk(each) for each in value]
    if not isinstance(value, dict):
        return value
    walked = {name: _walk(each) for name, each in value.items()}
    if {"$ref": "#/$defs/Extension"} in walked.get("anyOf", []):
        walked["anyOf"] = [*walked["anyOf"], UNKNOWN_PART]
    return walked


__all__ = ["PARTS", "TAGS", "Schema", "vocabulary", "words"]
