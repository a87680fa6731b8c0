"""Single schemas made of others: merged, with a description, or with null as an alternative."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import is_
from typing import Any, cast

from dragoman.spec.schema_references import NOTHING, References, as_list, as_object, canonical

ANNOTATIONS = frozenset({"title", "description"})
"""Keywords that only describe."""
KINDS: Mapping[type, str] = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    type(None): "null",
    list: "array",
    dict: "object",
}
"""The types of JSON Schema by the types of Python; the first that fits is right."""
_BY_NAME = frozenset({"properties", "patternProperties", "dependentSchemas", "$defs", "definitions"})
_IN_A_LIST = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
_ONE = frozenset({"items", "contains", "not", "if", "then", "else", "propertyNames"})
_REST = frozenset({"additionalProperties", "additionalItems", "unevaluatedProperties", "unevaluatedItems"})
"""Keywords with one schema, whose usual value is a boolean."""


BESIDE = ANNOTATIONS | {"default", "examples", "deprecated", "$defs", "definitions", "$schema", "$id", "$comment"}
"""Keywords that ask nothing of a value."""


def unwrapped(node: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that is the only branch of an ``allOf``, as pydantic 1 writes a reference with a description."""
    branches, rest = as_list(node.get("allOf")), {name: each for name, each in node.items() if name != "allOf"}
    is_wrapped = len(branches) == 1 and isinstance(branches[0], dict) and rest.keys() <= BESIDE
    return {**branches[0], **rest} if is_wrapped else node


def merged(node: dict[str, Any], branches: list[Any], references: References) -> dict[str, Any] | None:
    """Return one schema for all branches of ``allOf``, ``None`` if they contradict each other."""
    if any(branch is False for branch in branches):
        return None
    joined: dict[str, Any] = {}
    for part in (*[_resolved(branch, references) for branch in branches], node):
        if "$ref" in part:
            return None
        for name, value in part.items():
            known = joined.setdefault(name, value)
            if name == "properties":
                joined[name] = {**as_object(known), **as_object(value)}
                if any(joined[name][each] != as_object(known)[each] for each in as_object(known)):
                    return None
            elif name == "required":
                joined[name] = [*dict.fromkeys([*as_list(known), *as_list(value)])]
            elif name in ANNOTATIONS:
                joined[name] = value
            elif known != value:
                return None
    return joined


def spread(node: dict[str, Any], references: References) -> dict[str, Any]:
    """Return a schema whose alternatives each hold what stands beside them; *node* itself if one contradicts that."""
    rest = {name: each for name, each in node.items() if name not in {"anyOf", *BESIDE}}
    if "anyOf" not in node or not rest:
        return node
    branches = [merged(rest, [branch], references) for branch in as_list(node["anyOf"]) if branch is not False]
    if None in branches or any(_lets_in_more(as_object(branch), rest) for branch in branches):
        return node
    return {**{name: each for name, each in node.items() if name in BESIDE}, "anyOf": branches}


def _lets_in_more(branch: dict[str, Any], rest: dict[str, Any]) -> bool:
    """Tell whether a branch has members that the object beside it refuses."""
    added = as_object(branch.get("properties")).keys() - as_object(rest.get("properties")).keys()
    return bool(added) and rest.get("additionalProperties") is False


def without_choice(node: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema without its enumeration or constant."""
    return {name: each for name, each in node.items() if name not in {"enum", "const"}}


def evaluated(node: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that says of other members by the older keyword what they are; *node* itself if it does."""
    if "unevaluatedProperties" not in node or "additionalProperties" in node:
        return node
    rest = {name: each for name, each in node.items() if name != "unevaluatedProperties"}
    return {**rest, "additionalProperties": node["unevaluatedProperties"]}


def implied_kind(node: Mapping[str, Any]) -> str | None:
    """Return the type that a schema without one must mean, ``None`` if there is none."""
    return "object" if "properties" in node else "array" if node.keys() & {"items", "prefixItems"} else None


def possible_members(node: dict[str, Any]) -> dict[str, Any]:
    """Return the members of an object, less those that must not be there if no others may be there either."""
    given = as_object(node.get("properties"))
    if node.get("additionalProperties") is not False:
        return given
    required = as_list(node.get("required"))
    never = {name for name, each in given.items() if each is False and name not in required}
    return {name: each for name, each in given.items() if name not in never} if never else given


def _resolved(branch: Any, references: References) -> dict[str, Any]:
    """Return a branch of ``allOf``, or what it refers to."""
    found = as_object(branch)
    reference = canonical(found.get("$ref"))
    target = None if references.leads_back(reference) else references.target(reference)
    return {**target, **{name: each for name, each in found.items() if name != "$ref"}} if target else found


def kind_of(value: object) -> str:
    """Return the type of JSON Schema that a value has."""
    return next((name for kind, name in KINDS.items() if isinstance(value, kind)), "object")


def described(node: dict[str, Any], words: str) -> dict[str, Any]:
    """Return a schema with *words* at the end of its description."""
    return {**node, "description": f"{node['description']} ({words})" if node.get("description") else words}


def one_of(schemas: list[Any]) -> Any:
    """Return one schema for what has any of several."""
    kinds = [each for at, each in enumerate(schemas) if each not in schemas[:at]]
    return kinds[0] if len(kinds) == 1 else {"anyOf": kinds}


def or_null(node: dict[str, Any], values: list[Any], kinds: list[str]) -> dict[str, Any]:
    """Return a choice between *values*, which have these *kinds*, and null."""
    rest = {name: value for name, value in node.items() if name != "type"}
    if not values:
        return {**rest, "type": "null"}
    choice = {"type": kinds[0] if len(kinds) == 1 else kinds, "enum": values}
    return {**rest, "anyOf": [choice, {"type": "null"}]}


def nullable(node: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that also takes null."""
    null = {"type": "null"}
    if "anyOf" in node:
        return node if null in node["anyOf"] else {**node, "anyOf": [*node["anyOf"], null]}
    kind = node.get("type")
    if kind == "null" or (isinstance(kind, list) and "null" in kind):
        return node
    words = {"description": node["description"]} if "description" in node else {}
    return {"anyOf": [{key: value for key, value in node.items() if key != "description"}, null], **words}


def default_of(schema: Any) -> dict[str, Any]:
    """Return the keyword with the default of a member, nothing if there is none."""
    found = as_object(schema)
    return {"default": found["default"]} if found.get("default") is not None and "$ref" not in found else {}


def says_nothing(name: str, value: Any) -> bool:
    """Tell whether a keyword with this value neither restricts values nor helps to find one."""
    if name == "additionalProperties":
        return isinstance(value, bool)
    return value is None if name == "default" else value is False


def object_schemas(schema: Any, *, with_items: bool = False) -> Any:
    """Return a schema in which all schemas are objects, not ``true`` or ``false``, which some servers do not know.

    A boolean for ``additionalProperties`` and its like stays, as it is the usual value there.

    Args:
        schema: a JSON Schema as plain data, which is returned itself if all of its schemas are objects.
        with_items: whether the schema of an array must say what its items are, even if they are anything.

    """
    if not _may_lack_something(schema):
        return schema
    return every_schema(schema, _with_items if with_items else _as_object_schema)


def _may_lack_something(schema: Any) -> bool:
    """Return whether there is a boolean in an unusual place, or an array without items, in one loop: few schemas do."""
    ahead: list[Any] = [schema]
    while ahead:
        node = ahead.pop()
        if node is True or node is False:
            return True
        kind: type[Any] = type(node)  # pyright: ignore[reportUnknownVariableType]
        if kind is dict:
            if "items" not in node and "type" in node and _is_array(node["type"]):
                return True
            ahead.extend([each for name, each in node.items() if name not in _REST or not isinstance(each, bool)])
        elif kind is list or kind is tuple:
            ahead.extend(node)
        elif kind not in KINDS and isinstance(node, Mapping):
            return True
    return False


def _as_object_schema(schema: Any) -> Any:
    return schema if not isinstance(schema, bool) else {} if schema else dict(NOTHING)


def _with_items(schema: Any) -> Any:
    sent = _as_object_schema(schema)
    if not isinstance(sent, Mapping):
        return sent
    node = cast("Mapping[str, Any]", sent)
    return {**node, "items": {}} if "items" not in node and _is_array(node.get("type")) else node


def _is_array(kind: Any) -> bool:
    return kind == "array" or (isinstance(kind, list) and "array" in kind)


def every_schema(schema: Any, change: Callable[[Any], Any]) -> Any:
    """Return a schema in which *change* was made to every schema, first to the inner ones; itself if none changed.

    A boolean for ``additionalProperties`` and its like counts for none.

    Args:
        schema: a JSON Schema as plain data.
        change: returns what becomes of one schema, itself if it stays.

    """
    if not isinstance(schema, Mapping):
        return change(schema)
    known = cast("Mapping[str, Any]", schema)
    changed = {name: new for name, each in known.items() if (new := _within(name, each, change)) is not each}
    return change({**known, **changed} if changed else known)


def _within(keyword: str, value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, list | tuple) and (keyword in _IN_A_LIST or keyword == "items"):
        known = cast("list[Any]", value)
        items = [every_schema(each, change) for each in known]
        return known if all(map(is_, items, known)) else items
    if keyword in _BY_NAME and isinstance(value, Mapping):
        named = cast("Mapping[str, Any]", value)
        changed = {name: new for name, each in named.items() if (new := every_schema(each, change)) is not each}
        return {**named, **changed} if changed else named
    has_schema = keyword in _ONE or (keyword in _REST and not isinstance(value, bool))
    return every_schema(value, change) if has_schema else value  # pyright: ignore[reportUnknownVariableType]
