"""What is missing of a JSON Schema in the form in which a dialect sends it.

Dialects send a schema in the part of JSON Schema that their vendor takes: types in upper case, all members required and
null instead, ``additionalProperties`` added, a limit written into the description. So only what a value of the schema
must look like is compared: types, the names of members, descriptions, required members, items and choices.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias, cast

__all__ = ["schema_differences"]

Schema: TypeAlias = Mapping[str, Any]


def schema_differences(meant: Schema, sent: Schema, place: str) -> Iterator[str]:
    """Yield what is missing in *sent*, with its place.

    Args:
        meant: the caller's schema.
        sent: the schema in the request.
        place: the place of the schema in the request.

    """
    sent = _without_null(sent, meant)
    if (wanted := _types(meant)) != (found := _types(sent)) and wanted and not wanted < found:
        yield f"{place}.type: meant {' or '.join(sorted(wanted))}, sent {' or '.join(sorted(found)) or 'none'}"
    if (about := meant.get("description")) and about not in str(sent.get("description")):
        yield f"{place}.description: meant {about!r}, sent {sent.get('description')!r}"
    if (values := _values(meant)) is not None and values != _values(sent):
        yield f"{place}.enum: meant {values!r}, sent {_values(sent)!r}"
    if missing := sorted({*meant.get("required", ())} - {*sent.get("required", ())}):
        yield f"{place}.required: {', '.join(missing)} is missing"
    yield from _members(meant.get("properties", {}), sent.get("properties", {}), f"{place}.properties")
    if isinstance(items := meant.get("items"), Mapping):
        yield from schema_differences(cast("Schema", items), sent.get("items") or {}, f"{place}.items")


def _members(meant: Mapping[str, Schema], sent: Mapping[str, Schema], place: str) -> Iterator[str]:
    for name in [*meant, *(name for name in sent if name not in meant)]:
        if name not in sent:
            yield f"{place}: {name} is missing"
        elif name not in meant:
            yield f"{place}: {name} was not meant"
        else:
            yield from schema_differences(meant[name], sent[name], f"{place}.{name}")


def _without_null(sent: Schema, meant: Schema) -> Schema:
    """Return the choice that is not null, if null was only added for a member that may be left out."""
    choices = [each for each in sent.get("anyOf", ()) if _types(each) != {"null"}]
    return cast("Schema", choices[0]) if len(choices) == 1 and "anyOf" not in meant else sent


def _types(schema: Schema) -> set[str]:
    kind = schema.get("type")
    return {str(each).lower() for each in ([kind] if isinstance(kind, str) else kind or ())}


def _values(schema: Schema) -> list[Any] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")
