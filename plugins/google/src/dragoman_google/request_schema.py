"""JSON Schema converted to the subset of OpenAPI that ``parameters`` and ``responseSchema`` accept.

https://ai.google.dev/api/caching#Schema. Newer models accept JSON Schema unchanged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from attrs import define, field

from dragoman import UnsupportedError

_KEPT = (
    "description",
    "nullable",
    "minItems",
    "maxItems",
    "minLength",
    "maxLength",
    "pattern",
    "minimum",
    "maximum",
    "minProperties",
    "maxProperties",
    "propertyOrdering",
)
_FORMATS = frozenset({"enum", "date-time", "int32", "int64", "float", "double"})
_IGNORABLE = frozenset(
    {"$schema", "$defs", "definitions", "$id", "$comment", "title", "default", "examples", "additionalProperties"}
)
_CONVERTED = frozenset(
    {*_KEPT, *_IGNORABLE, "$ref", "type", "properties", "required", "items", "prefixItems", "enum", "const", "format"}
) | {"anyOf", "oneOf", "allOf"}


def openapi_subset(schema: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return *schema* in the subset, and the keywords that were lost.

    Raises:
        UnsupportedError: for a recursive schema, which the subset does not support.

    """
    conversion = _Conversion(root=schema)
    converted = conversion.convert(schema, ())
    return converted, tuple(sorted(conversion.lost))


def has_properties(schema: Mapping[str, Any]) -> bool:
    """Return whether the schema of an object declares properties; Google rejects one that does not."""
    return bool(schema.get("properties"))


@define(kw_only=True)
class _Conversion:
    """Convert one schema.

    Args:
        root: the schema that references are relative to.
        lost: the keywords that were lost, filled by :meth:`convert`.

    """

    root: Mapping[str, Any]
    lost: set[str] = field(factory=set[str])

    def convert(self, schema: Any, seen: tuple[str, ...]) -> dict[str, Any]:
        """Return a converted schema.

        Args:
            schema: the schema.
            seen: the references that led to it.

        Raises:
            UnsupportedError: for a recursive schema.

        """
        if not isinstance(schema, Mapping):
            return {}
        known, seen = self._resolve(cast("Mapping[str, Any]", schema), seen)
        known = self._merge_all_of(known, seen)
        self.lost |= known.keys() - _CONVERTED
        if choices := known.get("anyOf") or known.get("oneOf"):
            return self._choice(known, choices, seen)
        if isinstance(kinds := known.get("type"), list):
            return self._choice(known, [{**known, "type": kind} for kind in cast("list[str]", kinds)], seen)
        return self._single(known, seen)

    def _resolve(self, schema: Mapping[str, Any], seen: tuple[str, ...]) -> tuple[Mapping[str, Any], tuple[str, ...]]:
        reference = schema.get("$ref")
        if not isinstance(reference, str):
            return schema, seen
        if reference in seen:
            message = f"the schema {reference} is recursive, which this model does not accept; use a later model"
            raise UnsupportedError(message, parameter="output")
        target: Any = self.root
        for step in reference.removeprefix("#").strip("/").split("/") if reference != "#" else ():
            target = cast("Mapping[str, Any]", target).get(step) if isinstance(target, Mapping) else None
        rest = {name: value for name, value in schema.items() if name != "$ref"}
        resolved: Mapping[str, Any] = cast("Mapping[str, Any]", target) if isinstance(target, Mapping) else {}
        return self._resolve({**resolved, **rest}, (*seen, reference))

    def _merge_all_of(self, schema: Mapping[str, Any], seen: tuple[str, ...]) -> Mapping[str, Any]:
        """Return a schema with the members of its ``allOf`` merged into it."""
        parts = schema.get("allOf")
        if not isinstance(parts, list):
            return schema
        merged: dict[str, Any] = {name: value for name, value in schema.items() if name != "allOf"}
        for each in cast("list[Mapping[str, Any]]", parts):
            part, _ = self._resolve(each, seen)
            properties = {**merged.get("properties", {}), **part.get("properties", {})}
            required = [*merged.get("required", ()), *part.get("required", ())]
            merged = {**part, **merged}
            merged |= {"properties": properties} if properties else {}
            merged |= {"required": required} if required else {}
        return merged

    def _choice(self, known: Mapping[str, Any], choices: list[Any], seen: tuple[str, ...]) -> dict[str, Any]:
        """Return alternatives as ``anyOf`` without other keywords; the alternative ``null`` becomes ``nullable``."""
        others = [choice for choice in choices if not _is_null(choice)]
        nullable = {"nullable": True} if len(others) < len(choices) else {}
        if len(others) == 1:
            description = {"description": known["description"]} if "description" in known else {}
            return {**self.convert(others[0], seen), **description, **nullable}
        return {"anyOf": [{**self.convert(choice, seen), **nullable} for choice in others]}

    def _single(self, known: Mapping[str, Any], seen: tuple[str, ...]) -> dict[str, Any]:
        converted: dict[str, Any] = {name: known[name] for name in _KEPT if name in known}
        kind = known.get("type") or _implied_type(known)
        if kind:
            converted["type"] = kind
        if kind == "object":
            converted.update(self._properties(known, seen))
        elif kind == "array":
            converted.update(self._items(known, seen))
        elif "enum" in known or "const" in known:
            converted.update(self._enum(known, str(kind or "")))
        if known.get("format") in _FORMATS:
            converted["format"] = known["format"]
        elif "format" in known:
            self.lost.add("format")
        return converted

    def _properties(self, known: Mapping[str, Any], seen: tuple[str, ...]) -> dict[str, Any]:
        properties: Any = known.get("properties")
        if not isinstance(properties, Mapping) or not properties:
            return {}
        declared = cast("Mapping[str, Any]", properties)
        required = [name for name in known.get("required", ()) if name in declared]
        converted: dict[str, Any] = {"properties": {name: self.convert(each, seen) for name, each in declared.items()}}
        return {**converted, "required": required} if required else converted

    def _items(self, known: Mapping[str, Any], seen: tuple[str, ...]) -> dict[str, Any]:
        """Return the schema of the items, which is required; for a tuple, the alternatives of all its positions."""
        positions = known.get("prefixItems")
        if isinstance(positions, list) and positions:
            self.lost.add("prefixItems")
            found = [self.convert(each, seen) for each in cast("Iterable[Any]", positions)]
            kinds = [each for index, each in enumerate(found) if each not in found[:index]]
            return {"items": kinds[0] if len(kinds) == 1 else {"anyOf": kinds}}
        return {"items": self.convert(known.get("items"), seen) or {"type": "string"}}

    def _enum(self, known: Mapping[str, Any], kind: str) -> dict[str, Any]:
        """Return an enumeration of strings; the subset does not have enumerations of other types."""
        values = cast("list[Any]", known["enum"] if "enum" in known else [known["const"]])
        strings = [value for value in values if isinstance(value, str) and value]
        if kind not in {"", "string"} or len(strings) < len([value for value in values if value is not None]):
            self.lost.add("enum")
        if kind not in {"", "string"} or not strings:
            return {}
        return {"type": "string", "enum": strings, **({"nullable": True} if None in values else {})}


def _is_null(schema: Any) -> bool:
    return isinstance(schema, Mapping) and cast("Mapping[str, Any]", schema).get("type") == "null"


def _implied_type(known: Mapping[str, Any]) -> str | None:
    if "properties" in known:
        return "object"
    return "array" if "items" in known or "prefixItems" in known else None
