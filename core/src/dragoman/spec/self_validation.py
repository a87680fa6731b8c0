"""Answers read by classes that validate themselves, as pydantic's models do."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, cast

from cattrs import AttributeValidationNote, ClassValidationError, IterableValidationError, IterableValidationNote

from dragoman.spec.schema_references import References, as_list, as_object, canonical


def validates_itself(kind: Any) -> bool:
    """Tell whether a class reads and checks plain data itself."""
    return hasattr(kind, "model_validate") and hasattr(kind, "model_json_schema")


def read_model(value: Any, kind: Any) -> Any:
    """Return *value* as an object of *kind*, where ``null`` for a member that takes none is its default.

    Raises:
        ExceptionGroup: if it does not fit, with a path for each misfit.

    """
    schema, references = _schema_of(kind)
    try:
        return kind.model_validate(_without_nulls(value, schema, references))
    except Exception as error:
        found = cast("list[Any]", getattr(error, "errors", list)())
        if not found:
            raise
        raise _error_of([(tuple(each["loc"]), each["msg"]) for each in found], kind) from None


@cache
def _schema_of(kind: Any) -> tuple[dict[str, Any], References]:
    schema: dict[str, Any] = kind.model_json_schema()
    return schema, References(schema)


def _error_of(misfits: list[tuple[tuple[Any, ...], str]], kind: Any) -> Exception:
    """Return one error for several misfits, each a path and what is wrong there; the steps of a path are groups."""
    if not misfits[0][0]:
        return ValueError("; ".join(message for _, message in misfits))
    inner: dict[Any, list[tuple[tuple[Any, ...], str]]] = {}
    for path, message in misfits:
        inner.setdefault(path[0], []).append((path[1:], message))
    is_list = all(isinstance(step, int) for step in inner)
    group: Any = IterableValidationError if is_list else ClassValidationError
    note: Any = IterableValidationNote if is_list else AttributeValidationNote
    errors: list[Exception] = []
    for step, each in inner.items():
        error = _error_of(each, kind)
        error.add_note(note(f"Structuring {kind.__name__} @ {step}", step, Any))
        errors.append(error)
    made: Exception = group(f"while structuring {kind.__name__}", errors, kind)
    return made


def _without_nulls(value: Any, given: Any, references: References) -> Any:
    """Return *value* without each ``null`` for a member that need not be there and takes none."""
    if not isinstance(value, dict | list):
        return value
    schema = _schema_for(cast("Any", value), given, references)
    if isinstance(value, list):
        return [_without_nulls(each, schema.get("items"), references) for each in as_list(value)]
    members: dict[str, Any] = schema.get("properties", {})
    others, required = schema.get("additionalProperties"), schema.get("required", ())
    return {
        name: _without_nulls(each, members.get(name, others), references)
        for name, each in cast("dict[str, Any]", value).items()
        if each is not None or name in required or _takes_null(members.get(name), references)
    }


def _schema_for(value: Any, given: Any, references: References) -> dict[str, Any]:
    """Return the schema of an object or a list: of several alternatives, the one that has its members."""
    schema = _resolved(given, references)
    branches = [each for name in ("anyOf", "oneOf", "allOf") for each in schema.get(name, ())]
    if not branches:
        return schema
    for branch in branches:
        found = _schema_for(value, branch, references)
        if _fits(value, found):
            return found
    return {}


def _fits(value: Any, schema: Mapping[str, Any]) -> bool:
    if isinstance(value, list):
        return schema.get("type") == "array"
    members: dict[str, Any] = schema.get("properties", {})
    constants = {name: each["const"] for name, each in members.items() if "const" in each}
    names = value.keys()
    is_known = names <= members.keys() or schema.get("additionalProperties", False) is not False
    return is_known and all(value[name] == constants[name] for name in names & constants.keys())


def _resolved(given: Any, references: References) -> dict[str, Any]:
    schema = as_object(given)
    if "$ref" in schema:  # a definition of pydantic's is no reference itself
        return references.target(canonical(schema["$ref"])) or {}
    return schema


def _takes_null(given: Any, references: References) -> bool:
    schema = _resolved(given, references)
    if branches := schema.get("anyOf") or schema.get("oneOf"):
        return any(_takes_null(branch, references) for branch in branches)
    kinds = schema.get("type")
    if kinds is None:
        return "const" not in schema or schema["const"] is None
    return kinds == "null" or (isinstance(kinds, list) and "null" in kinds)
