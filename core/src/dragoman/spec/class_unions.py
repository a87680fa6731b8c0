"""Unions of classes that an answer cannot tell apart, refused before it is asked for."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

from dragoman.spec.errors import InvalidRequestError
from dragoman.spec.schema import json_schema
from dragoman.spec.schema_references import as_list
from dragoman.spec.type_members import is_structured, members_of

_SAYS_NOTHING = frozenset({"title", "description", "default", "required", "examples"})
"""Keywords in which the schemas of two classes may differ although the same answers fit both."""


def check_unions(kind: Any) -> None:
    """Refuse a type with a union of classes that have the same members with the same types.

    Raises:
        InvalidRequestError: naming two such classes.

    """
    for members in _unions(kind, set()):
        for first, second in itertools.combinations(members, 2):
            if _shape(first) == _shape(second):
                message = (
                    f"an answer cannot tell {first.__name__} from {second.__name__}, which have the same members; "
                    "give each a member with a Literal of its own"
                )
                raise InvalidRequestError(message, parameter="output")


def _unions(kind: Any, seen: set[Any]) -> Iterator[list[Any]]:
    """Yield the classes of each union in a type, however deep."""
    origin: Any = get_origin(kind) or kind
    inner = [*get_args(kind)]
    if origin in {Annotated, Literal}:  # what follows the type is not a type
        inner = inner[:1] if origin is Annotated else []
    if origin in {Union, UnionType}:
        yield [each for each in inner if _is_record(each)]
    if _is_record(kind) and origin not in seen:
        seen.add(origin)
        if not hasattr(origin, "model_json_schema"):
            inner += [member.hint for member in members_of(origin, origin.__name__)]
    for each in [each for each in inner if not isinstance(each, list)]:  # the parameters of a Callable
        yield from _unions(each, seen)


def _is_record(kind: Any) -> bool:
    origin: Any = get_origin(kind) or kind
    return isinstance(origin, type) and is_structured(origin)


def _shape(kind: Any) -> str:
    return json.dumps(_bare(json_schema(kind)), sort_keys=True, default=str)


def _bare(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_bare(each) for each in as_list(schema)]
    if not isinstance(schema, dict):
        return schema
    known = cast("dict[str, Any]", schema)
    kept = {name: each for name, each in known.items() if name not in _SAYS_NOTHING and name != "properties"}
    members = {"properties": {name: _bare(each) for name, each in known.get("properties", {}).items()}}
    return {name: _bare(each) for name, each in kept.items()} | (members if "properties" in known else {})
