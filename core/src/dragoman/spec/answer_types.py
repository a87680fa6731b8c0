"""Read plain data from a model as a value of a type, without coercion, by the rules of JSON Schema.

``5.0`` is an integer, and ``5`` a ``float``. ``null`` for a member with a default value that takes no null means the
default.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, MutableMapping
from datetime import datetime
from enum import Enum
from functools import cache
from types import UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NewType,
    NotRequired,
    Required,
    TypeVar,
    Union,
    get_args,
    get_origin,
    is_typeddict,
)

import attrs
from attrs import frozen
from cattrs import AttributeValidationNote, ClassValidationError, Converter, ForbiddenExtraKeysError

from dragoman.spec.answer_containers import (
    LISTS,
    as_float,
    finite,
    list_items,
    object_members,
    register_containers,
)
from dragoman.spec.argument_checks import is_hashable, shown
from dragoman.spec.self_validation import read_model, validates_itself
from dragoman.spec.strict_conversion import is_scalar_union, misfits, strict_converter
from dragoman.spec.type_members import fill, is_required, members_of, resolved_hints

_MAX_EXACT = 2**53
"""Up to this magnitude, a ``float`` represents every integer exactly."""


@cache
def answer_converter() -> Converter:
    """Return the converter that reads what models write: it coerces nothing, and goes by the rules of JSON Schema."""
    converter = strict_converter().copy()
    converter.register_structure_hook(int, _whole)
    register_containers(converter)
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
    members = get_args(kind)
    if isinstance(value, float) and int in members and float not in members:
        return _whole(value, int)
    read = finite(strict_converter().structure(value, kind))
    return read if int in members else as_float(read)


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
    if member is type(value) or (member is float and isinstance(value, float)):
        return 1
    return 3 if member is datetime else 2  # a date alone is also read as a moment


def _is_literal(kind: Any) -> bool:
    origin: Any = get_origin(kind)
    return origin is Literal


def _literal(value: Any, kind: Any) -> Any:
    for choice in get_args(kind):
        plain: Any = choice.value if isinstance(choice, Enum) else choice
        if plain == value and (type(plain) is type(value) or (type(plain) is int and isinstance(value, float))):
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


UNKNOWN: Any = object()
"""The type of what no type is known of by itself, as inside a union of classes."""


@frozen
class Inner:
    """Hold what is known of a member or an item before the rest of its object or list is known.

    Args:
        kind: its type, :data:`UNKNOWN` if that depends on the rest.
        null_is_default: whether it counts as left out where it is ``null``, because it takes none.

    """

    kind: Any
    null_is_default: bool = False


def inner_of(kind: Any, step: str | int) -> Inner:
    """Return what is known of the member named *step*, or of the item at this position, of a value of *kind*."""
    kind = _plain(kind)
    if _is_class(kind):
        found = next((each for each in _members_of(kind) if each.name == step), None)
        return Inner(UNKNOWN) if found is None else Inner(found.hint, found.has_default and not found.takes_null)
    origin: Any = get_origin(kind) or kind
    if is_typeddict(origin):
        hint = _hints(kind).get(str(step), UNKNOWN)
        may_lack = hint is not UNKNOWN and not is_required(hint, usual=step in origin.__required_keys__)
        return Inner(hint, may_lack and not takes_null(bare(hint)))
    return Inner(_type_within(kind, step))


def _type_within(kind: Any, step: str | int) -> Any:
    if _is_named_tuple(kind):
        return _hints(kind).get(kind._fields[step], UNKNOWN) if _is_position(step, kind._fields) else UNKNOWN
    members: tuple[Any, ...] = get_args(kind)
    if isinstance(step, int):
        return _type_of_item(kind, step)
    return members[1] if get_origin(kind) in {dict, Mapping, MutableMapping} else UNKNOWN


def _type_of_item(kind: Any, position: int) -> Any:
    members, origin = get_args(kind), get_origin(kind)
    if origin is tuple and members[-1:] != (...,):
        return members[position] if _is_position(position, members) else UNKNOWN
    return members[0] if origin in LISTS and members else UNKNOWN


def _is_position(step: str | int, members: tuple[Any, ...]) -> bool:
    return isinstance(step, int) and step < len(members)


def _plain(kind: Any) -> Any:
    """Return the type that says what is inside a value of *kind* that is not null."""
    while (inner := _unwrapped(kind)) is not kind:
        kind = inner
    if get_origin(kind) in {Union, UnionType}:
        others = [each for each in get_args(kind) if each is not type(None)]
        return _plain(others[0]) if len(others) == 1 else kind
    return kind


def _unwrapped(kind: Any) -> Any:
    """Return the type without what stands around it; bounds of what is inside of it stay."""
    if isinstance(kind, NewType):
        return kind.__supertype__
    if get_origin(kind) in {Annotated, Required, NotRequired}:
        return get_args(kind)[0]
    return bare(kind) if isinstance(kind, TypeVar) else getattr(kind, "__value__", kind)


def is_list(kind: Any) -> bool:
    """Tell whether the values of *kind* are lists in JSON, whose items are all of one type."""
    kind = _plain(kind)
    members = get_args(kind)
    return (get_origin(kind) or kind) in LISTS and (get_origin(kind) is not tuple or members[-1:] == (...,))


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
    members = _members_of(kind)
    known = {member.name for member in members}

    def structure(value: Any, _: Any) -> Any:
        data = object_members(value)
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


def _members_of(kind: Any) -> list[_Field]:
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
        data = object_members(value)
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
    hints = {name: bare(hint) for name, hint in _hints(kind).items()}
    names: tuple[str, ...] = kind._fields
    defaults: Mapping[str, Any] = kind._field_defaults
    lacking = {name for name in defaults if not takes_null(hints.get(name, Any))}

    def structure(value: Any, _: Any) -> Any:
        given = list_items(value, len(names), least=len(names) - len(defaults))
        return kind(
            **{
                name: _member(converter, each, hints.get(name, Any), name, kind)
                for name, each in zip(names, given, strict=False)
                if each is not None or name not in lacking
            }
        )

    return structure


def _member(converter: Converter, value: Any, hint: Any, name: str, kind: type[Any]) -> Any:
    """Read one member, whose type is bare; an error carries its path."""
    try:
        return converter.structure(value, hint)
    except Exception as error:  # noqa: BLE001  # cattrs raises groups of whatever the hooks raised
        make: Any = AttributeValidationNote
        note = make(f"Structuring {kind.__name__} @ attribute {name}", name, hint)
        error.add_note(note)
        message = f"while structuring {kind.__name__}"
        group: Any = ClassValidationError
        raise group(message, [error], kind) from None
