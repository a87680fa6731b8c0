"""A JSON Schema in the part of JSON Schema that a vendor takes, with the vendor's limits as data.

What a vendor does not take is said in the description instead, so that the model still sees it, and each such change is
recorded. Where a schema cannot be held to the letter at all, it is sent as advice, and that is recorded too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, cast

from attrs import field, frozen

from dragoman.spec._value import value
from dragoman.spec.part_fields import JSON

_REF = "#/$defs/"
_NAMES = ("title", "description", "$ref", "$defs", "type", "enum", "const", "properties", "required", "items", "anyOf")
"""Keywords that every vendor takes."""
_BRANCHES = ("oneOf", "anyOf", "allOf")
_SILENT = frozenset({"examples", "$schema", "$id", "$comment"})
"""Keywords that say nothing of the values."""
_DEFINITIONS = frozenset({"$defs", "definitions"})
_MOST_INLINED = 100
"""How many references are written out at most: a schema that refers to itself would never end."""


def _set(values: Iterable[str]) -> frozenset[str]:
    return frozenset(values)


@value(kw_only=True)
class SchemaRules:
    """Say which part of JSON Schema a vendor takes where an answer must follow it to the letter.

    Args:
        keywords: the keywords that are taken in addition to those that all take.
        formats: the formats of texts that are taken.
        all_required: whether every member must be required, so that one that need not be there may be ``null``.
        bare_refs: whether a reference may have no other keyword next to it.
        closed: whether every object must refuse other members.
        recursive: whether a definition may refer to itself.
        depth: how many levels of objects and lists may be nested.
        properties: how many members all objects together may have.

    """

    keywords: frozenset[str] = field(default=frozenset(), converter=_set)
    formats: frozenset[str] = field(default=frozenset(), converter=_set)
    all_required: bool = False
    bare_refs: bool = False
    closed: bool = True
    recursive: bool = True
    depth: int | None = None
    properties: int | None = None


@frozen(kw_only=True)
class LoweredSchema:
    """Hold what became of a schema.

    Args:
        schema: what is sent.
        strict: whether it can be followed to the letter.
        notes: what was changed or stands in the way, in words.

    """

    schema: dict[str, JSON]
    strict: bool
    notes: tuple[str, ...]


def lower(schema: Mapping[str, JSON], rules: SchemaRules) -> LoweredSchema:
    """Return *schema* as a vendor takes it.

    Args:
        schema: any JSON Schema.
        rules: what the vendor takes.

    """
    lowering = _Lowering(rules, cast("dict[str, Any]", schema.get("$defs") or schema.get("definitions") or {}))
    lowered = lowering.node(dict(schema), "$", 1)
    definitions = {name: lowering.node(body, f"$defs.{name}", 1) for name, body in lowering.definitions.items()}
    if definitions and '"$ref"' in json.dumps([lowered, definitions]):
        lowered["$defs"] = definitions
    if lowered.get("type") != "object" or "anyOf" in lowered:
        lowering.loose("$: the outermost schema is not that of an object")
    if rules.properties is not None and lowering.members > rules.properties:
        lowering.loose(f"$: there are more than {rules.properties} members")
    if lowering.obstacles:  # as it was written: what a vendor does not hold a model to, it does not check either
        return LoweredSchema(schema=dict(schema), strict=False, notes=tuple(lowering.obstacles))
    return LoweredSchema(schema=lowered, strict=True, notes=tuple(lowering.notes))


def with_properties(schema: Mapping[str, JSON]) -> Mapping[str, JSON]:
    """Return the schema of a tool's arguments with ``properties``, which vendors miss where there are none."""
    if schema.get("type", "object") == "object" and "properties" not in schema:
        return {**schema, "type": "object", "properties": {}}
    return schema


class _Lowering:
    """Go through one schema."""

    def __init__(self, rules: SchemaRules, definitions: dict[str, Any]) -> None:
        self.rules = rules
        self.definitions = definitions
        self.notes: list[str] = []
        self.obstacles: dict[str, None] = {}  # each once, in their order
        self.members = 0
        self.inlined = 0

    def loose(self, why: str) -> None:
        """Note what stands in the way of following the schema to the letter."""
        self.obstacles[why] = None

    def node(self, given: Any, path: str, level: int) -> dict[str, Any]:
        """Return one schema in what is taken."""
        if not isinstance(given, dict) or not given:
            self.loose(f"{path}: anything is allowed there")
            return {}
        node = {
            name: value for name, value in cast("dict[str, Any]", given).items() if name not in {"$defs", "definitions"}
        }
        if self.rules.depth is not None and level > self.rules.depth:
            self.loose(f"{path}: there are more than {self.rules.depth} levels")
            return node
        if "$ref" in node:
            return self._reference(node, path, level)
        node = self._without_unknown(self._branches(node, path), path)
        if "anyOf" in node:
            node["anyOf"] = [self.node(each, f"{path}.anyOf[{at}]", level) for at, each in enumerate(node["anyOf"])]
            return node
        kind = node.get("type")
        if kind is None and not node.keys() & {"enum", "const"}:
            if "properties" not in node:
                self.loose(f"{path}: it has no type")
                return node
            kind = node["type"] = "object"
        kinds: list[Any] = kind if isinstance(kind, list) else [kind]  # pyright: ignore[reportUnknownVariableType]
        if "object" in kinds:
            self._object(node, path, level)
        if "array" in kinds:
            if not isinstance(node.get("items"), dict):
                self.loose(f"{path}: the items of the list have no one type")
            else:
                node["items"] = self.node(node["items"], f"{path}[]", level + 1)
        return node

    def _reference(self, node: dict[str, Any], path: str, level: int) -> dict[str, Any]:
        name = str(node["$ref"]).removeprefix(_REF).removeprefix("#/definitions/")
        if name not in self.definitions:
            self.loose(f"{path}: {node['$ref']} leads nowhere")
            return node
        others = {key: value for key, value in node.items() if key != "$ref"}
        if not others or not self.rules.bare_refs:
            return {"$ref": _REF + name, **others}
        self.inlined += 1
        if self.inlined > _MOST_INLINED:
            self.loose(f"{path}: {name} refers to itself with another keyword next to the reference")
            return node
        return self.node({**self.definitions[name], **others}, path, level)

    def _branches(self, node: dict[str, Any], path: str) -> dict[str, Any]:
        for name in ("oneOf", "allOf"):
            branches: list[Any] | None = node.get(name)
            if name in self.rules.keywords or not branches:
                continue
            if name == "allOf" and len(branches) == 1:
                node = {**{key: value for key, value in node.items() if key != "allOf"}, **branches[0]}
            elif name == "oneOf" and "anyOf" not in node:
                node = {**{key: value for key, value in node.items() if key != "oneOf"}, "anyOf": branches}
                self.notes.append(f"{path}: oneOf is sent as anyOf")
            else:
                self.loose(f"{path}: {name} is not taken")
        return node

    def _without_unknown(self, node: dict[str, Any], path: str) -> dict[str, Any]:
        """Move what is not taken into the description."""
        known = {*_NAMES, *self.rules.keywords, "additionalProperties", "format"}
        moved: list[str] = []
        for name in [*node]:
            value = node[name]
            if name in _BRANCHES and name not in known:
                continue
            if name not in known or (name == "format" and value not in self.rules.formats):
                del node[name]
                if name not in _SILENT:
                    moved.append(f"{name}: {json.dumps(value, ensure_ascii=False)}")
        if moved:
            words = "; ".join(moved)
            node["description"] = f"{node['description']} ({words})" if node.get("description") else words
            self.notes.append(f"{path}: said in the description: {words}")
        return node

    def _object(self, node: dict[str, Any], path: str, level: int) -> None:
        properties: Any = dict(node.get("properties") or {})
        extra = node.get("additionalProperties")
        if self.rules.closed:
            if isinstance(extra, dict) or (extra is True) or "patternProperties" in node:
                self.loose(f"{path}: the object may have members of any name")
            node["additionalProperties"] = False
        required = [name for name in node.get("required", ()) if name in properties]
        self.members += len(properties)
        for name in [*properties]:
            inner = self.node(properties[name], f"{path}.{name}", level + 1)
            if self.rules.all_required and name not in required:
                inner = _nullable(inner)
                self.notes.append(f"{path}.{name}: null where it need not be there")
            properties[name] = inner
        node["properties"] = properties
        node["required"] = [*properties] if self.rules.all_required else required


def _nullable(node: dict[str, Any]) -> dict[str, Any]:
    null = {"type": "null"}
    if "anyOf" in node:
        return node if null in node["anyOf"] else {**node, "anyOf": [*node["anyOf"], null]}
    kind = node.get("type")
    if kind == "null" or (isinstance(kind, list) and "null" in kind):
        return node
    described = {"description": node["description"]} if "description" in node else {}
    return {"anyOf": [{key: value for key, value in node.items() if key != "description"}, null], **described}
