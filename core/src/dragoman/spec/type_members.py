"""The members of a class: their names, types and defaults, whatever kind of class it is."""

from __future__ import annotations

import dataclasses
import operator
import typing
from typing import Annotated, Any, NotRequired, Required, TypeVar, cast, get_args, get_origin

import attrs
from attrs import NOTHING, frozen

from dragoman.spec.errors import InvalidRequestError
from dragoman.spec.part_fields import JSON

QUALIFIERS = (Required, NotRequired, typing.Final, getattr(typing, "ReadOnly", typing.Final))
"""What may stand around the type of a member and says nothing of its values."""


@frozen
class Member:
    """Hold a field or parameter.

    Args:
        name: its name in an answer.
        hint: its type, ``None`` without an annotation.
        default: its default value, ``...`` if it is unknown.
        note: its description.
        alias: its name where an object is made.

    """

    name: str
    hint: object
    default: object
    note: str | None = None
    alias: str = ""


def resolved_hints(target: Any, path: str) -> dict[str, Any]:
    """Return the annotations of a class or function as types, those of a generic base class with its arguments."""
    hints = _annotations(target, path)
    if not isinstance(target, type) or not any(map(_variables, hints.values())):
        return hints
    found = dict(hints)
    for base in target.__dict__.get("__orig_bases__", target.__bases__):
        origin = get_origin(base) or base
        if not isinstance(origin, type):  # typing.TypedDict and typing.NamedTuple are functions
            continue
        written = _annotations(origin, path)
        inherited = resolved_hints(origin, path)
        found |= {name: fill(inherited[name], base) for name in written if written[name] == hints.get(name)}
    return found


def _variables(hint: Any) -> bool:
    return isinstance(hint, TypeVar) or bool(get_origin(hint) and getattr(hint, "__parameters__", ()))


def _annotations(target: Any, path: str) -> dict[str, Any]:
    """Return annotations as types, also where a class in a function names itself."""
    try:
        try:
            return typing.get_type_hints(target, include_extras=True)
        except NameError:  # a class inside a function may name itself, and ``JSON`` names itself wherever it is used
            known = {"JSON": JSON, target.__name__: target}
            return typing.get_type_hints(target, localns=known, include_extras=True)
    except (NameError, AttributeError, SyntaxError, TypeError) as error:
        advice = "define or import it at module level, outside `if TYPE_CHECKING`"
        raise InvalidRequestError(f"{path}: an annotation cannot be resolved ({error}); {advice}") from error


def fill(hint: Any, kind: Any) -> Any:
    """Replace the type variables in *hint* by the type arguments of *kind*."""
    arguments: dict[object, object] = dict(
        zip(getattr(get_origin(kind), "__parameters__", ()), get_args(kind), strict=False)
    )
    if isinstance(hint, TypeVar):
        return arguments.get(hint, hint)
    variables = getattr(hint, "__parameters__", ()) if get_origin(hint) else ()
    return hint[tuple(arguments.get(variable, variable) for variable in variables)] if variables else hint


def is_structured(kind: Any) -> bool:
    """Tell whether a class has members: a record, a ``TypedDict``, an attrs class, a dataclass or a pydantic model."""
    is_record = tuple in kind.__mro__ and hasattr(kind, "_fields")
    return (
        is_record
        or (dict in kind.__mro__ and hasattr(kind, "__total__"))
        or attrs.has(kind)
        or dataclasses.is_dataclass(kind)
        or hasattr(kind, "model_json_schema")
    )


def members_of(kind: Any, path: str) -> list[Member]:
    """Return the members of a structured class that is not a pydantic model, as they are given where an object is made.

    Args:
        kind: the class.
        path: where it is used, for the message of an error.

    Raises:
        InvalidRequestError: for an annotation that cannot be resolved.

    """
    hints = resolved_hints(kind, path)
    if issubclass(kind, tuple):
        return [Member(name, hints.get(name), NOTHING) for name in cast("Any", kind)._fields]
    if issubclass(kind, dict):
        required = cast("Any", kind).__required_keys__
        return [
            Member(name, hint, NOTHING if is_required(hint, usual=name in required) else ...)
            for name, hint in hints.items()
        ]
    note = operator.methodcaller("get", "description")
    if attrs.has(kind):
        return [
            Member(a.name, hints.get(a.name, a.type), a.default, note(a.metadata), a.alias or a.name)
            for a in attrs.fields(kind)
            if a.init
        ]
    return [Member(f.name, _given(hints[f.name]), default, note(f.metadata)) for f, default in _fields(kind, hints)]


def _fields(kind: Any, hints: dict[str, Any]) -> list[tuple[dataclasses.Field[Any], object]]:
    """Return what the objects of a dataclass are made of, its ``InitVar`` included, with the default of each."""
    fields: dict[str, dataclasses.Field[Any]] = kind.__dataclass_fields__
    known = {field.name for field in dataclasses.fields(kind)}
    return [
        (field, NOTHING if field.default is field.default_factory else field.default)
        for name, field in fields.items()
        if field.init and (name in known or isinstance(hints.get(name), dataclasses.InitVar))
    ]


def _given(hint: Any) -> Any:
    return cast("Any", hint).type if isinstance(hint, dataclasses.InitVar) else hint


def is_required(hint: object, *, usual: bool) -> bool:
    """Tell whether the annotation makes a member of a ``TypedDict`` required; *usual* if it does not say so."""
    origin = get_origin(hint)
    if origin in {Required, NotRequired}:
        return origin is Required
    return is_required(get_args(hint)[0], usual=usual) if origin in {Annotated, *QUALIFIERS} else usual
