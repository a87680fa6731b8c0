"""Answers read by classes that validate themselves, as pydantic's models do."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

from cattrs import AttributeValidationNote, ClassValidationError, IterableValidationError, IterableValidationNote

from dragoman.spec.absent_members import without_nulls
from dragoman.spec.schema_references import References


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
        return kind.model_validate(without_nulls(value, schema, references))
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
