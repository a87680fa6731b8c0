"""Value classes: compared and hashed by their fields, and shown without the fields that have their default value."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from operator import attrgetter
from types import MemberDescriptorType
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import attrs

T = TypeVar("T")
_Reader: TypeAlias = Callable[[object], tuple[Any, ...]]
_Setter: TypeAlias = Callable[[object, object], None]


class Value:
    """Compare, hash and show an attrs object by its fields.

    A class with many fields, such as the options of a provider, is made faster as a subclass with ``eq=False,
    repr=False``.

    The methods that attrs writes do the same, but attrs compiles them for each class, which takes about a third of the
    time that it takes to create the class; and its ``repr`` shows every field.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        kind: Any = self.__class__
        compared = _compared(kind)
        return compared(self) == compared(other)

    def __hash__(self) -> int:
        kind: Any = self.__class__
        return hash(_compared(kind)(self))

    def __repr__(self) -> str:
        """Return the expression that makes this object, without the fields that have their default value."""
        kind: Any = self.__class__
        fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(kind)
        shown = (
            f"{field.alias}={value!r}" if field.repr is True else f"{field.alias}={field.repr(value)}"
            for field in fields
            if field.repr and not _is_default(field, value := getattr(self, field.name))
        )
        return f"{kind.__name__}({', '.join(shown)})"


if TYPE_CHECKING:
    # A decorator of our own, marked with typing.dataclass_transform, would not do: mypy accepts only classes decorated
    # by attrs itself in attrs.evolve() and attrs.fields().
    from attrs import frozen as value
else:

    def value(cls: Any = None, /, *, kw_only: bool = False, frozen: bool = True) -> Any:
        """Make a class a value class: a frozen attrs class with slots and the methods of :class:`Value`.

        Args:
            cls: the class; without it, a decorator is returned.
            kw_only: whether its fields are given by keyword only.
            frozen: whether assigning to a field is refused at run time; type checkers refuse it in any case.

        """
        if cls is None:
            return partial(value, kw_only=kw_only, frozen=frozen)
        for name in ("__eq__", "__hash__", "__repr__"):
            setattr(cls, name, getattr(Value, name))
        return attrs.define(cls, frozen=frozen, kw_only=kw_only, eq=False, repr=False)


def changed(value: T, **changes: Any) -> T:
    """Return a copy of *value* with some fields changed and all others kept, those of a subclass included.

    The same as :func:`attrs.evolve` in a fraction of the time. If making an object means more than setting its fields,
    the constructor is called.
    """
    kind: Any = value.__class__
    names, read, setters, constants = _fields(kind)
    if not setters.keys() >= changes.keys():
        made: T = kind(**(dict(zip(names, read(value), strict=True)) | changes))
        return made
    copied: T = kind.__new__(kind)
    for put, each in zip(setters.values(), read(value)):  # noqa: B905  # of one length, and this is a hot path
        put(copied, each)
    for put, each in constants:
        put(copied, each)
    for name, each in changes.items():
        setters[name](copied, each)
    return copied


@cache
def _fields(kind: Any) -> tuple[tuple[str, ...], _Reader, dict[str, _Setter], list[tuple[_Setter, Any]]]:
    """Return the constructor's names of the fields that it takes, and a function that reads them.

    Also return what sets each of them, and what sets the others, with their defaults. Nothing does if the constructor
    does more, or if the class has no slots for them.

    Args:
        kind: a class of two such fields or more: for one, :func:`operator.attrgetter` would not return a tuple.

    """
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(kind)
    taken = [field for field in fields if field.init]
    names = tuple(str(field.alias) for field in taken)
    setters = {field.name: slot.__set__ for field in fields if (slot := _slot(kind, field)) is not None}
    is_generated = kind.__init__.__code__.co_filename.startswith("<attrs generated")
    if len(setters) < len(fields) or not is_generated or hasattr(kind, "__attrs_post_init__"):
        return names, attrgetter(*(field.name for field in taken)), {}, []
    own = {str(field.alias): setters[field.name] for field in taken}
    constants = [(setters[field.name], field.default) for field in fields if not field.init]
    return names, attrgetter(*(field.name for field in taken)), own, constants


def _slot(kind: Any, field: attrs.Attribute[Any]) -> Any:
    """Return the slot of a field, ``None`` if it has none, or if making an object means more than setting it."""
    untyped: Any = field  # attrs does not say what its converters convert
    is_checked = untyped.validator is not None or untyped.converter is not None
    is_made = not field.init and (field.default is attrs.NOTHING or isinstance(field.default, attrs.Factory))  # type: ignore[arg-type]  # a class, although its stub says a function
    slot = getattr(kind, field.name, None)
    return slot if isinstance(slot, MemberDescriptorType) and not is_checked and not is_made else None


@cache
def _compared(kind: Any) -> Callable[[object], tuple[object, ...]]:
    """Return a function that makes a tuple of the class and the compared fields of an object."""
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(kind)
    return attrgetter("__class__", *(field.name for field in fields if field.eq))


def _is_default(field: attrs.Attribute[Any], value: object) -> bool:
    default: Any = field.default
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]  # a class, although its stub says a function
        default = default.factory()
    return type(value) is type(default) and value == default


__all__ = ["Value", "changed", "value"]
