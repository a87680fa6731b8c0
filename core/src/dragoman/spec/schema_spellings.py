"""Schemas in the spelling of today's JSON Schema, where they are written as in OpenAPI 3.0, draft 4 or in capitals."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, TypeVar, cast

from dragoman.spec.history_rules import HistoryRules
from dragoman.spec.schema_nodes import KINDS, every_schema, nullable, object_schemas
from dragoman.spec.schema_references import as_list, as_object

S = TypeVar("S", bound=Mapping[str, Any])

_TYPES = frozenset(KINDS.values())
_KNOWN = (*_TYPES,)
_MARKS = frozenset({"nullable", "exclusiveMinimum", "exclusiveMaximum"})
_MAY_BE_NULL = frozenset({"const", "default"})
_BOUNDS = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}


def current_schema(schema: S, *, nulls: bool = False) -> S:
    """Return a schema without the spellings that no validator of today takes; *schema* itself if it has none.

    Types in capitals, bounds that are exclusive by a boolean, lists with a schema for each position in ``items``,
    members that say themselves that they are required, and keywords that are null for none are such.

    Args:
        schema: a JSON Schema as plain data.
        nulls: whether a schema that is ``nullable``, which validators pass over, also becomes one that takes null.

    """
    return cast("S", every_schema(schema, partial(_current, nulls=nulls))) if _may_be_older(schema) else schema


def _may_be_older(schema: Mapping[str, Any]) -> bool:
    """Return whether anything in a schema looks like an older spelling, in one loop: hardly any schema has one."""
    ahead: list[Any] = [schema]
    while ahead:
        node = ahead.pop()
        kind: type[Any] = type(node)  # pyright: ignore[reportUnknownVariableType]
        if kind is dict:
            if ("type" in node and node["type"] not in _KNOWN) or not _MARKS.isdisjoint(node):
                return True
            if ("items" in node and not isinstance(node["items"], dict)) or isinstance(node.get("required"), bool):
                return True
            for name, each in node.items():  # pyright: ignore[reportUnknownVariableType]
                if each is None and name not in _MAY_BE_NULL:
                    return True
                ahead.append(each)
        elif kind is list or kind is tuple:
            ahead.extend(node)
        elif kind not in KINDS and isinstance(node, Mapping):
            return True
    return False


def sent_schema(schema: S, rules: HistoryRules) -> S:
    """Return a schema as the server reads it; *schema* itself if it is.

    Args:
        schema: a JSON Schema as plain data.
        rules: what the server takes.

    """
    current = schema if rules.older_schemas else current_schema(schema)
    if rules.boolean_schemas:
        return current
    return cast("S", object_schemas(current, with_items=rules.array_items))


def _current(schema: Any, *, nulls: bool) -> Any:
    if not isinstance(schema, Mapping):
        return schema
    node = cast("Mapping[str, Any]", schema)
    changed = {**_unset(node), **_kind(node), **_bounds(node), **_positions(node), **_required(node)}
    takes_null = nulls and node.get("nullable") is True
    if takes_null:
        changed["nullable"] = None
    if not changed:
        return node
    new = {name: each for name, each in {**node, **changed}.items() if each is not None or name not in changed}
    return nullable(new) if takes_null else new


def _unset(node: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keywords without a value, as a dump of a model has them."""
    return {name: None for name, each in node.items() if each is None and name not in _MAY_BE_NULL}


def _required(node: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members and which are required, where the members say it themselves, as in draft 3."""
    members = as_object(node.get("properties"))
    said = {name: each for name, each in members.items() if isinstance(as_object(each).get("required"), bool)}
    if not said:
        return {}
    bare = {name: {key: each[key] for key in each if key != "required"} for name, each in said.items()}
    needed = [*as_list(node.get("required")), *(name for name, each in said.items() if each["required"])]
    return {"properties": {**members, **bare}, "required": [*dict.fromkeys(needed)] or None}


def _kind(node: Mapping[str, Any]) -> dict[str, Any]:
    kind = node.get("type")
    if isinstance(kind, str):
        lower: Any = _lower(kind)
    elif isinstance(kind, list):
        lower = [*map(_lower, kind)]  # pyright: ignore[reportUnknownArgumentType]
    else:
        return {}
    return {} if lower == kind else {"type": lower}


def _lower(kind: Any) -> Any:
    return kind.lower() if isinstance(kind, str) and kind.lower() in _TYPES else kind


def _bounds(node: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for exclusive, bound in _BOUNDS.items():
        if isinstance(given := node.get(exclusive), bool):
            found |= {exclusive: node.get(bound), bound: None} if given else {exclusive: None}
    return found


def _positions(node: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(node.get("items"), list) or "prefixItems" in node:
        return {}
    return {"prefixItems": node["items"], "items": node.get("additionalItems"), "additionalItems": None}
