"""What single keywords of a JSON Schema say of a value, less those that apply another schema to a part of it.

A keyword says something of values of its own type only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, TypeAlias, cast

from dragoman.spec.argument_checks import shown
from dragoman.spec.schema_references import as_list, as_object

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
    "multipleOf": (_is_multiple, "is not a multiple of"),
}
_COUNTS: Mapping[type, tuple[str, str, str]] = {
    str: ("minLength", "maxLength", "characters"),
    list: ("minItems", "maxItems", "items"),
    dict: ("minProperties", "maxProperties", "members"),
}
KEYWORDS = frozenset(
    {
        *_NUMBERS,
        *(name for each in _COUNTS.values() for name in each[:2]),
        "pattern",
        "enum",
        "const",
        "uniqueItems",
        "dependentRequired",
    }
)
"""The keywords that :func:`broken_keywords` knows."""
_KINDS: Mapping[str, Callable[[Any], bool]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: _is_number(value) and (isinstance(value, int) or value.is_integer()),
    "number": _is_number,
    "string": lambda value: isinstance(value, str),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}


def is_of_type(value: Any, kinds: Any) -> bool:
    """Tell whether a value is of the type, or one of the types, that a schema names; an unknown type has any value."""
    return any(str(kind) not in _KINDS or _KINDS[str(kind)](value) for kind in listed(kinds))


def listed(kinds: Any) -> list[Any]:
    """Return the types that a schema names, which may be a single one."""
    return as_list(kinds) if isinstance(kinds, list) else [kinds]


def broken_keywords(value: Any, node: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a schema itself says against a value."""
    if _is_number(value):
        for name, (keeps, problem) in _NUMBERS.items():
            if _is_number(bound := node.get(name)) and not keeps(value, bound):
                yield f"{problem} {bound}"
    if isinstance(value, str) and not matches(value, node.get("pattern")):
        yield f"does not match {node['pattern']!r}"
    yield from _broken_choice(value, node)
    if (names := _COUNTS.get(value.__class__)) is not None:
        yield from _broken_count(len(value), node, names)
    if isinstance(value, list) and node.get("uniqueItems") is True:
        yield from _repeated(as_list(value))
    if isinstance(value, dict):
        for name, others in as_object(node.get("dependentRequired")).items():
            missing = [each for each in as_list(others) if each not in value] if name in value else []
            yield from (f"has {name!r} without {each!r}" for each in missing)


def matches(value: str, pattern: Any) -> bool:
    """Tell whether a text matches; a pattern in the words of another language is not checked."""
    try:
        return not isinstance(pattern, str) or re.search(pattern, value) is not None
    except re.error:
        return True


def _broken_count(count: int, node: Mapping[str, Any], names: tuple[str, str, str]) -> Iterator[str]:
    least, most = (node.get(name) for name in names[:2])
    if least is not None and count < least:
        yield f"has less than {least} {names[2]}"
    if most is not None and count > most:
        yield f"has more than {most} {names[2]}"


def _broken_choice(value: Any, node: Mapping[str, Any]) -> Iterator[str]:
    for choices in ([node["const"]] if "const" in node else None, node.get("enum")):
        if isinstance(choices, list) and _identity(value) not in map(_identity, as_list(choices)):
            yield f"is not {'one of ' if choices is node.get('enum') else ''}{', '.join(map(shown, as_list(choices)))}"


def _repeated(items: list[Any]) -> Iterator[str]:
    seen = set[Any]()
    for item in items:
        if (known := _identity(item)) in seen:
            yield f"has an item twice: {shown(item)}"
            return
        seen.add(known)


def _identity(value: Any) -> Any:
    """Return what two values have in common if they are the same in JSON: ``1`` is ``1.0``, and no boolean."""
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, list | tuple):
        return ("array", *map(_identity, cast("list[Any]", value)))
    if isinstance(value, dict):
        return frozenset((name, _identity(each)) for name, each in cast("dict[str, Any]", value).items())
    return value
