"""Read the answer of a model as a value of a type: find the JSON in its text, and check it against the type.

Models write more than JSON: a code fence around it, a sentence or their reasoning before it. If the text as a whole is
not JSON, the JSON in it is looked for. The value is then checked against the type without coercion, by the rules of
JSON Schema: ``5.0`` is an integer. ``null`` for a member with a default value means the default.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from enum import Enum
from functools import cache, lru_cache
from types import UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Required,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    is_typeddict,
)

import attrs
from attrs import frozen
from cattrs import AttributeValidationNote, ClassValidationError, Converter, ForbiddenExtraKeysError

from dragoman.spec._json_depth import parse_json
from dragoman.spec.argument_checks import is_hashable, shown
from dragoman.spec.class_unions import check_unions
from dragoman.spec.errors import InvalidRequestError, OutputValidationError
from dragoman.spec.parts import Text
from dragoman.spec.response import FinishReason, Response
from dragoman.spec.schema import WRAPPED, json_schema
from dragoman.spec.schema_bounds import has_bounds, outside_bounds
from dragoman.spec.self_validation import read_model, validates_itself
from dragoman.spec.sent_names import OTHER_ANSWERS
from dragoman.spec.serialization import is_scalar_union, misfits, strict_converter
from dragoman.spec.type_members import fill, is_required, members_of, resolved_hints
from dragoman.spec.whole_answer import check_calls, check_complete, check_declined, refuse_cut

T = TypeVar("T")

_FENCE = re.compile(r"```[a-zA-Z0-9_-]*[ \t]*\n?(.*?)```", re.DOTALL)
_REASONING = re.compile(r"\A.*</think(?:ing)?>", re.DOTALL)
"""Reasoning in the text; templates that put its beginning into the prompt leave only its end."""
_MAX_BRACKETS = 20
"""How many brackets of a text are tried as the beginning of its JSON."""
_MAX_EXACT = 2**53
"""Up to this magnitude, a ``float`` represents every integer exactly."""


def check_readable(kind: object) -> None:
    """Refuse a type that answers cannot be read as, before anything is sent.

    Raises:
        InvalidRequestError: if *kind* is such a type; the message names it.

    """
    try:
        _converter().get_structure_hook(bare(kind))
    except Exception as error:
        message = f"an answer cannot be read as {shown(kind)}: {error}; use a class, a union or a built-in type"
        raise InvalidRequestError(message, parameter="output") from error
    check_unions(kind)


def read_answer(response: Response, kind: type[T]) -> T:
    """Return the answer of *response* as a value of *kind*; see :meth:`dragoman.Response.parse`."""
    check_declined(response)
    if response.finish.reason == FinishReason.LENGTH:
        refuse_cut(response)
    check_complete(response)
    if OTHER_ANSWERS in response.metadata:
        message = f"the model gave several answers that differ; the others are response.metadata[{OTHER_ANSWERS!r}]"
        raise OutputValidationError(message, partial=response)
    if not response.text.strip():
        check_calls(response)
    texts = [part.text for part in response.message.of_type(Text)]
    failures: list[str] = []
    for data in _data_in(texts, response):
        plain = data[WRAPPED] if _is_wrapped(data, kind) else data
        try:
            value: T = _converter().structure(plain, bare(kind))
        except Exception as error:  # noqa: BLE001  # cattrs raises groups of whatever the hooks raised
            failures.append("; ".join(misfits(error)))
            continue
        if not (outside := _outside_bounds(plain, kind)):
            return value
        failures.append("; ".join(outside))
    message = f"the answer does not fit {getattr(kind, '__name__', kind)}: {failures[0]}"
    raise OutputValidationError(message, partial=response)


def read_member(plain: Any, hint: Any, path: str) -> Any:
    """Return plain data that stands at *path* as a value of a type, without regard to its bounds.

    Raises:
        OutputValidationError: if it does not fit; the message names the path of each misfit.

    """
    try:
        return _converter().structure(plain, bare(hint))
    except Exception as error:  # noqa: BLE001  # cattrs raises groups of whatever the hooks raised
        problems = misfits(error, path)
    raise OutputValidationError("; ".join(problems))


def _outside_bounds(plain: Any, kind: Any) -> list[str]:
    """Return what the schema of *kind* says against a value beyond its type; a vendor may not have been told of it."""
    schema = _bounded_schema(kind) if is_hashable(kind) else _schema_with_bounds(kind)
    return [] if schema is None else outside_bounds(plain, schema)


def _schema_with_bounds(kind: Any) -> dict[str, Any] | None:
    schema = json_schema(kind)
    return schema if has_bounds(schema) else None


_bounded_schema = lru_cache(maxsize=256)(_schema_with_bounds)


def _data_in(texts: list[str], response: Response) -> Iterator[Any]:
    """Yield the JSON of an answer: of all of it, or of each of its pieces that may be meant."""
    reason = ""
    for text in ("".join(texts), *texts[-1:]):  # some models write another text before the answer
        try:
            data = parse_json(text)
        except ValueError as error:
            reason = reason or str(error)
        else:
            yield data
            return
    found = False
    for text in _candidates("".join(texts)):
        try:
            data = parse_json(text)
        except ValueError:
            continue
        found = True
        yield data
    if not found:
        check_calls(response)
        message = f"the answer is not JSON: {reason}"
        raise OutputValidationError(message, partial=response)


def _candidates(text: str) -> Iterator[str]:
    """Yield the pieces of a text that may be its JSON: after the reasoning, in a code fence, from a bracket on."""
    text = _REASONING.sub("", text).strip()
    yield text
    yield from reversed(_FENCE.findall(text))
    yield from _json_at_brackets(text)


def _json_at_brackets(text: str) -> Iterator[str]:
    """Yield the JSON that begins at the first brackets of a text, none of it twice."""
    decoder, past = json.JSONDecoder(), 0
    for bracket, _ in zip(re.finditer(r"[\[{]", text), range(_MAX_BRACKETS), strict=False):
        if bracket.start() < past:
            continue
        with suppress(ValueError, RecursionError):
            _, past = decoder.raw_decode(text, bracket.start())
            yield text[bracket.start() : past]


def _is_wrapped(data: Any, kind: Any) -> bool:
    """Tell whether the value was wrapped in an object, which vendors require of a schema that is not an object's."""
    if not isinstance(data, dict) or data.keys() != {WRAPPED}:
        return False
    return json_schema(kind).get("type") != "object"


@cache
def _converter() -> Converter:
    converter = strict_converter().copy()
    converter.register_structure_hook(int, _whole)
    converter.register_structure_hook_func(_is_union, lambda value, kind: _first_that_fits(converter, value, kind))
    converter.register_structure_hook_func(is_scalar_union, _scalar)
    converter.register_structure_hook_func(validates_itself, read_model)
    converter.register_structure_hook_func(_is_literal, _literal)
    converter.register_structure_hook_factory(_is_class, _class_reader)
    converter.register_structure_hook_factory(is_typeddict, _typed_dict_reader)
    converter.register_structure_hook_factory(_is_named_tuple, _named_tuple_reader)
    return converter


def _whole(value: Any, kind: Any) -> Any:
    """Read an integer; JSON Schema counts ``5.0`` as one."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= _MAX_EXACT:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        message = f"expected int, not {shown(value)}"
        raise TypeError(message)
    return kind(value) if isinstance(kind, type) and issubclass(kind, Enum) else value


def _scalar(value: Any, kind: Any) -> Any:
    """Read a value as a member of a union of scalars; ``5.0`` is an integer where no number but that is one."""
    is_whole = type(value) is float and int in get_args(kind) and float not in get_args(kind)
    return _whole(value, int) if is_whole else strict_converter().structure(value, kind)


def _is_union(kind: Any) -> bool:
    return get_origin(kind) in {Union, UnionType} and not is_scalar_union(kind)


def _first_that_fits(converter: Converter, value: Any, kind: Any) -> Any:
    """Read the value as the first member of a union that it fits."""
    members = get_args(kind)
    if value is None and type(None) in members:
        return None
    problems: list[str] = []
    inside: list[Exception] = []
    for member in sorted(members, key=lambda each: _rank(each, value)):
        if member is type(None):
            continue
        try:
            return converter.structure(value, member)
        except Exception as error:  # noqa: BLE001  # cattrs raises groups of whatever the hooks raised
            problems.append(f"{getattr(member, '__name__', member)}: {'; '.join(misfits(error))}")
            inside += [error] if isinstance(error, ExceptionGroup) else []
    if len(inside) == 1:  # the one member that was meant: the path goes on inside it
        raise inside[0]
    message = f"{shown(value)} does not fit any of the types ({' | '.join(problems)})"
    raise TypeError(message)


def _rank(member: Any, value: Any) -> int:
    """Return the place of a member of a union in the order of trying: choices first, then the class of the value."""
    if _is_literal(member) or (isinstance(member, type) and issubclass(member, Enum)):
        return 0
    if member is type(value):
        return 1
    return 3 if member is datetime else 2  # a date alone is also read as a moment


def _is_literal(kind: Any) -> bool:
    origin: Any = get_origin(kind)
    return origin is Literal


def _literal(value: Any, kind: Any) -> Any:
    for choice in get_args(kind):
        plain: Any = choice.value if isinstance(choice, Enum) else choice
        if plain == value and (type(plain) is type(value) or (type(plain) is int and type(value) is float)):
            return choice
    message = f"{shown(value)} is not one of {', '.join(map(shown, get_args(kind)))}"
    raise ValueError(message)


def bare(kind: Any) -> Any:
    """Return a type with every ``Annotated``, ``Required`` and ``NotRequired`` in it replaced by the annotated type.

    A type variable to which nothing was given is replaced by its bound, or by any of its constraints.
    """
    if isinstance(kind, TypeVar):
        return bare(Union[kind.__constraints__ or (kind.__bound__ or Any,)])  # noqa: UP007  # known at run time
    if get_origin(kind) in {Annotated, Required, NotRequired}:
        return bare(get_args(kind)[0])
    origin, members = get_origin(kind), get_args(kind)
    if not members or origin is Literal:
        return kind
    plain: tuple[Any, ...] = tuple([member if isinstance(member, list) else bare(member) for member in members])
    if all(new is old for new, old in zip(plain, members, strict=True)):
        return kind
    if origin in {Union, UnionType}:
        return Union[plain]  # noqa: UP007  # the members are only known at run time
    return origin[plain]


def _is_class(kind: Any) -> bool:
    origin = get_origin(kind) or kind
    return isinstance(origin, type) and (attrs.has(origin) or dataclasses.is_dataclass(origin))


def _is_named_tuple(kind: Any) -> bool:
    untyped: Any = kind
    return isinstance(kind, type) and tuple in untyped.__mro__ and hasattr(untyped, "_fields")


def _hints(kind: Any) -> Mapping[str, Any]:
    origin: Any = get_origin(kind) or kind
    return resolved_hints(origin, origin.__name__)


def _class_reader(kind: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    """Read an attrs class or a dataclass; ``null`` for a member with a default that accepts no null is its default."""
    members = _members(kind)
    known = {member.name for member in members}

    def structure(value: Any, _: Any) -> Any:
        data = _object(value)
        if extra := set(data) - known:
            raise ForbiddenExtraKeysError("", kind, extra)
        given: dict[str, Any] = {}
        for member in members:
            if member.name not in data and not member.has_default:
                raise KeyError(member.name)
            each = data.get(member.name)
            if member.name in data and not (each is None and member.has_default and not member.takes_null):
                given[member.alias] = _member(converter, each, member.hint, member.name, kind)
        return kind(**given)

    return structure


@frozen
class _Field:
    """Hold what reading a member needs to know.

    Args:
        name: its name in an answer.
        alias: its name where an object is made.
        hint: its type.
        has_default: whether it may be left out.
        takes_null: whether ``None`` is one of its values.

    """

    name: str
    alias: str
    hint: Any
    has_default: bool
    takes_null: bool


def _members(kind: Any) -> list[_Field]:
    """Return the members of an attrs class or a dataclass."""
    origin: Any = get_origin(kind) or kind
    return [
        _Field(
            each.name,
            each.alias or each.name,
            hint := bare(fill(each.hint, kind)) if each.hint is not None else Any,
            each.default is not attrs.NOTHING,
            takes_null(hint),
        )
        for each in members_of(origin, origin.__name__)
    ]


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        message = f"expected an object, not {shown(value)}"
        raise TypeError(message)
    return cast("Mapping[str, Any]", value)


def takes_null(hint: Any) -> bool:
    """Tell whether ``None`` is a value of a type."""
    return hint in (Any, object, None, type(None)) or not {None, type(None)}.isdisjoint(_hashable(get_args(hint)))


def _hashable(members: tuple[Any, ...]) -> list[Any]:
    return [member for member in members if is_hashable(member)]


def _typed_dict_reader(kind: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    """Read a ``TypedDict``; ``null`` for a member that is not required and takes no null is as if it were left out."""
    given = _hints(kind)
    required = {name for name, hint in given.items() if is_required(hint, usual=name in kind.__required_keys__)}
    hints = {name: bare(hint) for name, hint in given.items()}

    def structure(value: Any, _: Any) -> Any:
        data = _object(value)
        if extra := set(data) - set(hints):
            raise ForbiddenExtraKeysError("", kind, extra)
        if missing := sorted(required - set(data)):
            raise KeyError(missing[0])
        return {
            name: _member(converter, each, hints[name], name, kind)
            for name, each in data.items()
            if each is not None or name in required or takes_null(hints[name])
        }

    return structure


def _named_tuple_reader(kind: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    hints = _hints(kind)

    def structure(value: Any, _: Any) -> Any:
        if not isinstance(value, list | tuple) or len(cast("list[Any]", value)) != len(kind._fields):
            message = f"expected a list of {len(kind._fields)} items, not {shown(cast('object', value))}"
            raise TypeError(message)
        pairs = zip(kind._fields, cast("list[Any]", value), strict=True)
        return kind(*[_member(converter, each, hints.get(name, Any), name, kind) for name, each in pairs])

    return structure


def _member(converter: Converter, value: Any, hint: Any, name: str, kind: type[Any]) -> Any:
    """Read one member; an error carries its path."""
    try:
        return converter.structure(value, bare(hint))
    except Exception as error:  # noqa: BLE001  # cattrs raises groups of whatever the hooks raised
        make: Any = AttributeValidationNote
        note = make(f"Structuring {kind.__name__} @ attribute {name}", name, hint)
        error.add_note(note)
        message = f"while structuring {kind.__name__}"
        group: Any = ClassValidationError
        raise group(message, [error], kind) from None
