"""JSON Schema in the subset of OpenAPI that Google's older ``parameters`` and ``responseSchema`` take.

https://ai.google.dev/api/caching#Schema. Newer models take JSON Schema as it is, which loses nothing.
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
_SILENT = frozenset(
    {"$schema", "$defs", "definitions", "$id", "$comment", "title", "default", "examples", "additionalProperties"}
)
_UNDERSTOOD = frozenset(
    {*_KEPT, *_SILENT, "$ref", "type", "properties", "required", "items", "prefixItems", "enum", "const", "format"}
) | {"anyOf", "oneOf", "allOf"}


def subset(schema: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return *schema* in the subset, and the keywords whose meaning was lost.

    Raises:
        UnsupportedError: for a schema that contains itself, which the subset cannot say.

    """
    conversion = _Conversion(root=schema)
    converted = conversion.convert(schema, ())
    return converted, tuple(sorted(conversion.lost))


def has_properties(schema: Mapping[str, Any]) -> bool:
    """Tell whether an object's schema names any member: one without is left out, for Google refuses it."""
    return bool(schema.get("properties"))


@define(kw_only=True)
class _Conversion:
    """Convert one schema."""

    root: Mapping[str, Any]
    lost: set[str] = field(factory=set[str])

    def convert(self, schema: Any, seen: tuple[str, ...]) -> dict[str, Any]:
        """Return one schema, *seen* being the references that led to it."""
        if not isinstance(schema, Mapping):
            return {}
        known, seen = self._resolved(cast("Mapping[str, Any]", schema), seen)
        known = self._merged(known, seen)
        self.lost |= known.keys() - _UNDERSTOOD
        if choices := known.get("anyOf") or known.get("oneOf"):
            return self._choice(known, choices, seen)
        if isinstance(kinds := known.get("type"), list):
            return self._choice(known, [{**known, "type": kind} for kind in cast("list[str]", kinds)], seen)
        return self._plain(known, seen)

    def _resolved(self, schema: Mapping[str, Any], seen: tuple[str, ...]) -> tuple[Mapping[str, Any], tuple[str, ...]]:
        reference = schema.get("$ref")
        if not isinstance(reference, str):
            return schema, seen
        if reference in seen:
            message = f"the schema {reference} contains itself, which this model cannot be told"
            raise UnsupportedError(message, parameter="output")
        target: Any = self.root
        for step in reference.removeprefix("#").strip("/").split("/") if reference != "#" else ():
            target = cast("Mapping[str, Any]", target).get(step) if isinstance(target, Mapping) else None
        rest = {name: value for name, value in schema.items() if name != "$ref"}
        resolved: Mapping[str, Any] = cast("Mapping[str, Any]", target) if isinstance(target, Mapping) else {}
        return self._resolved({**resolved, **rest}, (*seen, reference))

    def _merged(self, schema: Mapping[str, Any], seen: tuple[str, ...]) -> Mapping[str, Any]:
        """Return a schema with the parts of its ``allOf`` written into it."""
        parts = schema.get("allOf")
        if not isinstance(parts, list):
            return schema
        merged: dict[str, Any] = {name: value for name, value in schema.items() if name != "allOf"}
        for each in cast("list[Mapping[str, Any]]", parts):
            part, _ = self._resolved(each, seen)
            properties = {**merged.get("properties", {}), **part.get("properties", {})}
            required = [*merged.get("required", ()), *part.get("required", ())]
            merged = {**part, **merged}
            merged |= {"properties": properties} if properties else {}
            merged |= {"required": required} if required else {}
        return merged

    def _choice(self, known: Mapping[str, Any], choices: list[Any], seen: tuple[str, ...]) -> dict[str, Any]:
        """Return a choice, which may have nothing beside it; that ``null`` is one of them makes it nullable."""
        others = [choice for choice in choices if not _is_null(choice)]
        nullable = {"nullable": True} if len(others) < len(choices) else {}
        if len(others) == 1:
            beside = {name: known[name] for name in ("description",) if name in known}
            return {**self.convert(others[0], seen), **beside, **nullable}
        return {"anyOf": [{**self.convert(choice, seen), **nullable} for choice in others]}

    def _plain(self, known: Mapping[str, Any], seen: tuple[str, ...]) -> dict[str, Any]:
        converted: dict[str, Any] = {name: known[name] for name in _KEPT if name in known}
        kind = known.get("type") or _implied(known)
        if kind:
            converted["type"] = kind
        if kind == "object":
            converted.update(self._members(known, seen))
        elif kind == "array":
            converted.update(self._items(known, seen))
        elif "enum" in known or "const" in known:
            converted.update(self._words(known, str(kind or "")))
        if known.get("format") in _FORMATS:
            converted["format"] = known["format"]
        elif "format" in known:
            self.lost.add("format")
        return converted

    def _members(self, known: Mapping[str, Any], seen: tuple[str, ...]) -> dict[str, Any]:
        properties: Any = known.get("properties")
        if not isinstance(properties, Mapping) or not properties:
            return {}
        members = cast("Mapping[str, Any]", properties)
        required = [name for name in known.get("required", ()) if name in members]
        converted: dict[str, Any] = {"properties": {name: self.convert(each, seen) for name, each in members.items()}}
        return {**converted, "required": required} if required else converted

    def _items(self, known: Mapping[str, Any], seen: tuple[str, ...]) -> dict[str, Any]:
        """Return what a list holds, which must be said; of a tuple, what any of its places may hold."""
        places = known.get("prefixItems")
        if isinstance(places, list) and places:
            self.lost.add("prefixItems")
            found = [self.convert(place, seen) for place in cast("Iterable[Any]", places)]
            kinds = [each for index, each in enumerate(found) if each not in found[:index]]
            return {"items": kinds[0] if len(kinds) == 1 else {"anyOf": kinds}}
        return {"items": self.convert(known.get("items"), seen) or {"type": "string"}}

    def _words(self, known: Mapping[str, Any], kind: str) -> dict[str, Any]:
        """Return the words to choose from; a choice of numbers or of nothing cannot be said."""
        values = cast("list[Any]", known["enum"] if "enum" in known else [known["const"]])
        words = [value for value in values if isinstance(value, str) and value]
        if kind not in {"", "string"} or len(words) < len([value for value in values if value is not None]):
            self.lost.add("enum")
        if kind not in {"", "string"} or not words:
            return {}
        return {"type": "string", "enum": words, **({"nullable": True} if None in values else {})}


def _is_null(schema: Any) -> bool:
    return isinstance(schema, Mapping) and cast("Mapping[str, Any]", schema).get("type") == "null"


def _implied(known: Mapping[str, Any]) -> str | None:
    if "properties" in known:
        return "object"
    return "array" if "items" in known or "prefixItems" in known else None
