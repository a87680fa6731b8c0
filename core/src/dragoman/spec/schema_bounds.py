"""Bounds of a JSON Schema that no type of Python says: limits of numbers, lengths, counts, and patterns of texts.

A vendor may not hold a model to them, since its part of JSON Schema does not have them; so they are checked where a
value is read. A keyword says something of values of its own type only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, TypeAlias, cast

from dragoman.spec.argument_checks import shown
from dragoman.spec.schema_references import References, as_list, as_object, canonical

_Check: TypeAlias = Callable[[Any, Any], bool]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_multiple(value: float, bound: float) -> bool:
    """Tell whether a number is a multiple of another, as it is written; what cannot be computed counts as one."""
    try:
        return not Decimal(str(value)) % Decimal(str(bound))
    except ArithmeticError:
        return True


_NUMBERS: Mapping[str, tuple[_Check, str]] = {
    "minimum": (lambda value, bound: value >= bound, "is less than"),
    "exclusiveMinimum": (lambda value, bound: value > bound, "is not greater than"),
    "maximum": (lambda value, bound: value <= bound, "is greater than"),
    "exclusiveMaximum": (lambda value, bound: value < bound, "is not less than"),
    "multipleOf": (_is_multiple, "is no multiple of"),
}
_COUNTS: Mapping[type, tuple[str, str, str]] = {
    str: ("minLength", "maxLength", "characters"),
    list: ("minItems", "maxItems", "items"),
    dict: ("minProperties", "maxProperties", "members"),
}
_BOUNDS = frozenset({*_NUMBERS, "pattern", "enum", *(name for each in _COUNTS.values() for name in each[:2])})
_KINDS: Mapping[str, Callable[[Any], bool]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: _is_number(value) and (isinstance(value, int) or value.is_integer()),
    "number": _is_number,
    "string": lambda value: isinstance(value, str),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}


def has_bounds(schema: object) -> bool:
    """Tell whether a schema has any bounds, wherever in it."""
    if isinstance(schema, list):
        return any(map(has_bounds, cast("list[object]", schema)))
    if not isinstance(schema, dict):
        return False
    known = cast("dict[str, object]", schema)
    return not _BOUNDS.isdisjoint(known) or any(map(has_bounds, known.values()))


def outside_bounds(value: Any, schema: Mapping[str, Any]) -> list[str]:
    """Return a description of each bound that a value does not keep, with its path.

    Args:
        value: the value, as plain data.
        schema: its schema, with all definitions.

    """
    return [*_misfits(value, schema, "$", References(schema))]


def _misfits(value: Any, given: Any, path: str, references: References) -> Iterator[str]:
    node = resolved(given, references)
    if not node:
        return
    for name in ("anyOf", "oneOf"):
        if branches := [each for each in as_list(node.get(name)) if _fits(value, resolved(each, references))]:
            found = [[*_misfits(value, each, path, references)] for each in branches]
            yield from [] if [] in found else found[0]
    for each in as_list(node.get("allOf")):
        yield from _misfits(value, each, path, references)
    yield from (f"{shown(value)} {problem} @ {path}" for problem in _own(value, node))
    if isinstance(value, list):
        yield from _in_list(as_list(value), node, path, references)
    elif isinstance(value, dict):
        for name, each in _given(cast("dict[str, Any]", value), node):
            member = as_object(node.get("properties")).get(name, node.get("additionalProperties"))
            yield from _misfits(each, member, f"{path}.{name}", references)


def _given(value: dict[str, Any], node: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the members of an object that stand for a value: null in place of a member that may be absent does not."""
    required = as_list(node.get("required"))
    return ((name, each) for name, each in value.items() if each is not None or name in required)


def resolved(given: Any, references: References) -> dict[str, Any]:
    """Return a schema with what it refers to; a reference that only leads to itself says nothing."""
    node, seen = as_object(given), set[str]()
    while "$ref" in node and (reference := canonical(node["$ref"])) not in seen:
        seen.add(reference)
        others = {name: each for name, each in node.items() if name != "$ref"}
        node = {**(references.target(reference) or {}), **others}
    return node


def _in_list(value: list[Any], node: Mapping[str, Any], path: str, references: References) -> Iterator[str]:
    first = as_list(node.get("prefixItems"))
    for at, each in enumerate(value):
        yield from _misfits(each, first[at] if at < len(first) else node.get("items"), f"{path}[{at}]", references)


def _fits(value: Any, node: Mapping[str, Any]) -> bool:
    """Tell whether an alternative may be meant: its type is that of the value, and so are its members."""
    kinds = node.get("type")
    if kinds is not None and not is_of_type(value, kinds):
        return False
    if not isinstance(value, dict) or "properties" not in node:
        return True
    names, members = set(cast("dict[str, Any]", value)), as_object(node["properties"])
    is_known = names <= set(members) or node.get("additionalProperties", True) is not False
    return is_known and set(as_list(node.get("required"))) <= names


def is_of_type(value: Any, kinds: Any) -> bool:
    """Tell whether a value is of the type, or one of the types, that a schema names."""
    return any(_KINDS.get(str(kind), bool)(value) for kind in _listed(kinds))


def _listed(kinds: Any) -> list[Any]:
    return as_list(cast("Any", kinds)) if isinstance(kinds, list) else [kinds]


def _own(value: Any, node: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a schema itself says against a value."""
    if _is_number(value):
        for name, (keeps, problem) in _NUMBERS.items():
            if _is_number(bound := node.get(name)) and not keeps(value, bound):
                yield f"{problem} {bound}"
    if isinstance(value, str) and not _matches(value, node.get("pattern")):
        yield f"does not match {node['pattern']!r}"
    if isinstance(node.get("enum"), list) and not any(_is_same(value, each) for each in node["enum"]):
        yield f"is not one of {', '.join(map(shown, node['enum']))}"
    if (names := _COUNTS.get(value.__class__)) is not None:
        least, most = (node.get(name) for name in names[:2])
        if least is not None and len(value) < least:
            yield f"has less than {least} {names[2]}"
        if most is not None and len(value) > most:
            yield f"has more than {most} {names[2]}"


def _matches(value: str, pattern: Any) -> bool:
    """Tell whether a text matches; a pattern in the words of another language is not checked."""
    try:
        return not isinstance(pattern, str) or re.search(pattern, value) is not None
    except re.error:
        return True


def _is_same(value: Any, choice: Any) -> bool:
    return bool(value == choice) and isinstance(value, bool) == isinstance(choice, bool)
