"""Values checked against a JSON Schema: against all of it, or against what no type of Python says.

The bounds of numbers, lengths and counts, patterns and constants are such. A vendor may not hold a model to them, since
its part of JSON Schema does not have them; so they are checked where a value is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from attrs import frozen

from dragoman.spec.argument_checks import shown
from dragoman.spec.schema_keywords import KEYWORDS, broken_keywords, is_of_type, listed, matches
from dragoman.spec.schema_references import References, as_list, as_object, canonical

_APPLIED = frozenset({"not", "contains", "propertyNames", "patternProperties"})
_BOUNDS = KEYWORDS | _APPLIED
_MAX_ALTERNATIVES = 20
"""How deep alternatives are followed for one value; beyond, they lead back to themselves."""


def has_bounds(schema: object) -> bool:
    """Tell whether a schema has any bounds, wherever in it."""
    if isinstance(schema, list):
        return any(map(has_bounds, cast("list[object]", schema)))
    if not isinstance(schema, dict):
        return False
    known = cast("dict[str, object]", schema)
    return not _BOUNDS.isdisjoint(known) or any(map(has_bounds, known.values()))


def has_format(schema: object, name: str) -> bool:
    """Tell whether a schema asks for texts of a format, wherever in it."""
    if isinstance(schema, list):
        return any(has_format(each, name) for each in cast("list[object]", schema))
    if not isinstance(schema, dict):
        return False
    known = cast("dict[str, object]", schema)
    return known.get("format") == name or any(has_format(each, name) for each in known.values())


def outside_bounds(value: Any, schema: Mapping[str, Any]) -> list[str]:
    """Return a description of each bound that a value does not keep, with its path.

    That the types of the value fit is known: null in place of a member that may be absent is none.

    Args:
        value: the value, as plain data.
        schema: its schema, with all definitions.

    """
    return [*_Check(References(schema), types=False).misfits(value, schema, "$")]


def schema_misfits(value: Any, schema: Mapping[str, Any]) -> list[str]:
    """Return where a value does not fit a schema, each with its path.

    Args:
        value: the value, as plain data.
        schema: its schema, with all definitions.

    """
    return [*_Check(References(schema), types=True).misfits(value, schema, "$")]


@frozen
class _Check:
    """Check values against the schemas that one root defines.

    Args:
        references: what the references in it lead to.
        types: whether types are checked as well, and which members an object has.

    """

    references: References
    types: bool

    def misfits(self, value: Any, given: Any, path: str, level: int = 0) -> Iterator[str]:
        """Yield what a schema says against a value."""
        if given is False and self.types:
            yield f"{shown(value)} is not allowed @ {path}"
        node = self._resolved(given)
        if not node or (value is None and node.get("nullable") is True):
            return
        kinds = node.get("type")
        if self.types and kinds is not None and not is_of_type(value, kinds):
            yield f"expected {' or '.join(map(str, listed(kinds)))}, not {shown(value)} @ {path}"
            return
        if level < _MAX_ALTERNATIVES:
            yield from self._in_alternatives(value, node, path, level + 1)
        yield from (f"{shown(value)} {problem} @ {path}" for problem in broken_keywords(value, node))
        if isinstance(value, list):
            yield from self._in_list(as_list(value), node, path)
        elif isinstance(value, dict):
            yield from self._in_object(cast("dict[str, Any]", value), node, path)

    def _resolved(self, given: Any) -> dict[str, Any]:
        """Return a schema with what it refers to; a reference that only leads to itself says nothing."""
        node, seen = as_object(given), set[str]()
        while "$ref" in node and (reference := canonical(node["$ref"])) not in seen:
            seen.add(reference)
            others = {name: each for name, each in node.items() if name != "$ref"}
            node = {**(self.references.target(reference) or {}), **others}
        return node

    def _in_alternatives(self, value: Any, node: Mapping[str, Any], path: str, level: int) -> Iterator[str]:
        for name in ("anyOf", "oneOf"):
            if name not in node:
                continue
            found = [[*self.misfits(value, each, path, level)] for each in self._meant(value, as_list(node[name]))]
            if found and [] not in found:
                yield from found[0]
            elif self.types and not found:
                yield f"{shown(value)} does not fit any of the alternatives @ {path}"
        for each in as_list(node.get("allOf")):
            yield from self.misfits(value, each, path, level)
        if "not" in node and self._fits(value, node["not"], level):
            yield f"{shown(value)} is what must not be there @ {path}"

    def _fits(self, value: Any, given: Any, level: int = 0) -> bool:
        return next(_Check(self.references, types=True).misfits(value, given, "$", level), None) is None

    def _meant(self, value: Any, branches: list[Any]) -> list[Any]:
        """Return the alternatives that may be meant, or else the only one of the type of the value."""
        found = [each for each in branches if self._may_be_meant(value, self._resolved(each))]
        if found or not self.types:
            return found
        others = [each for each in branches if is_of_type(value, self._resolved(each).get("type", []))]
        return others if len(others) == 1 else []

    def _may_be_meant(self, value: Any, node: Mapping[str, Any]) -> bool:
        """Tell whether an alternative may be meant: its type is that of the value, and so are its members."""
        kinds = node.get("type")
        if kinds is not None and not is_of_type(value, kinds):
            return False
        if not isinstance(value, dict) or "properties" not in node:
            return True
        given, members = cast("dict[str, Any]", value), as_object(node["properties"])
        names = set(given)
        is_known = names <= set(members) or node.get("additionalProperties", True) is not False
        return is_known and set(as_list(node.get("required"))) <= names and self._has_constants(given, members)

    def _has_constants(self, value: Mapping[str, Any], members: Mapping[str, Any]) -> bool:
        """Tell whether the members that tell alternatives apart have the values of this one."""
        known = ((value[name], as_object(members[name])) for name in value.keys() & members.keys())
        return not any("const" in node and [*broken_keywords(each, {"const": node["const"]})] for each, node in known)

    def _in_list(self, value: list[Any], node: Mapping[str, Any], path: str) -> Iterator[str]:
        first = as_list(node.get("prefixItems"))
        for at, each in enumerate(value):
            yield from self.misfits(each, first[at] if at < len(first) else node.get("items"), f"{path}[{at}]")
        if "contains" in node:
            count = sum(self._fits(each, node["contains"]) for each in value)
            if count < (least := node.get("minContains", 1)):
                yield f"{shown(value)} has less than {least} of the items that it must have @ {path}"
            if count > (most := node.get("maxContains", count)):
                yield f"{shown(value)} has more than {most} of the items that it must have @ {path}"

    def _in_object(self, value: dict[str, Any], node: Mapping[str, Any], path: str) -> Iterator[str]:
        required = as_list(node.get("required"))
        if self.types:
            yield from (f"required field missing: {name!r} @ {path}" for name in required if name not in value)
        for name, each in value.items():
            if "propertyNames" in node:
                yield from self.misfits(name, node["propertyNames"], f"{path}.{name}")
            if not self.types and each is None and name not in required:
                continue
            schemas = self._schemas_of(name, node)
            if self.types and schemas == [False]:
                yield f"unknown key {name!r} @ {path}"
                continue
            for schema in schemas:
                yield from self.misfits(each, schema, f"{path}.{name}")

    def _schemas_of(self, name: str, node: Mapping[str, Any]) -> list[Any]:
        """Return the schemas of one member of an object."""
        members, patterns = as_object(node.get("properties")), as_object(node.get("patternProperties"))
        schemas = [members[name]] if name in members else []
        schemas += [schema for pattern, schema in patterns.items() if matches(name, pattern)]
        return schemas or [node.get("additionalProperties")]
