"""What an ``Annotated`` says of a type, as keywords of JSON Schema.

No library is imported for it: ``annotated-types``, ``pydantic.Field`` and ``msgspec.Meta`` have the same names for the
same bounds, and ``typing_extensions.Doc`` has one for a description.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from dragoman.spec.argument_checks import plain_number
from dragoman.spec.part_fields import JSON

_NUMBERS = {
    "gt": "exclusiveMinimum",
    "ge": "minimum",
    "lt": "exclusiveMaximum",
    "le": "maximum",
    "multiple_of": "multipleOf",
}
_SIZES = {"min_length": "min", "max_length": "max"}
_SIZED = {"string": "Length", "array": "Items", "object": "Properties"}
_DESCRIPTIONS = ("description", "documentation")


def description_in(metadata: Iterable[object]) -> str | None:
    """Return the first description among what an ``Annotated`` says: a string, or what has one."""
    for extra in metadata:
        if isinstance(extra, str):
            return extra
        if isinstance(extra, dict | type):
            continue
        for name in _DESCRIPTIONS:
            if isinstance(text := getattr(extra, name, None), str) and text:
                return text
    return None


def keywords_in(metadata: Iterable[object], schema: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return the keywords that are added to a schema: those of dictionaries as they are, and bounds by their names.

    Args:
        metadata: what an ``Annotated`` says.
        schema: the schema of the type, which tells what a length counts.

    """
    found: dict[str, JSON] = {}
    for extra in metadata:
        if isinstance(extra, dict):
            found |= copy.deepcopy(cast("dict[str, JSON]", extra))
        elif not isinstance(extra, str | type):
            found |= _bounds(extra, schema)
            more: Any = getattr(extra, "metadata", None)  # pydantic puts the bounds there
            if isinstance(more, list):
                found |= keywords_in(cast("list[object]", more), schema)
    return found


def _bounds(extra: object, schema: Mapping[str, JSON]) -> dict[str, JSON]:
    found: dict[str, JSON] = {}
    for name, keyword in _NUMBERS.items():
        if (number := plain_number(getattr(extra, name, None))) is not None:
            found[keyword] = number
    for name, keyword in _SIZES.items():
        if isinstance(size := plain_number(getattr(extra, name, None)), int) and (size or keyword == "max"):
            found |= {f"{keyword}{_SIZED[kind]}": size for kind in _types(schema) if kind in _SIZED}
    if isinstance(pattern := getattr(extra, "pattern", None), str) and "string" in _types(schema):
        found["pattern"] = pattern
    return found


def _types(schema: Mapping[str, JSON]) -> Iterator[str]:
    """Yield the types that a schema names, those of its alternatives included."""
    branches: Any = schema.get("anyOf", ())
    for each in (schema, *branches):
        if isinstance(kind := each.get("type"), str):
            yield kind


__all__ = ["description_in", "keywords_in"]
