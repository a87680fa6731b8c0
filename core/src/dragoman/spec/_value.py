"""Value classes: compared and hashed by their fields, and shown without the fields that have their default value."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import cache, partial
from operator import attrgetter
from types import MemberDescriptorType
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import attrs

T = TypeVar("T")
_Reader: TypeAlias = Callable[[object], tuple[Any, ...]]


class Value:
    """Compare, hash and show an attrs object by its fields.

    A class with many fields, such as the options of a provider, is made faster as a subclass with ``eq=False,
    repr=False``.

    The methods that attrs writes do the same, but attrs compiles them for each class, which takes about a third of the
    time that it takes to create the class; and its ``repr`` shows every field.
    """

    __slots__ = ()

    def __init_subclass__(cls, **more: Any) -> None:
        """Let the constructor of a subclass say what an argument that it does not have is called here."""
        super().__init_subclass__(**more)
        if "__init__" in cls.__dict__ and attrs.has(cls):  # the class that attrs makes of the one that was written
            from dragoman.spec.argument_names import tells_names  # noqa: PLC0415  # only classes of options need it

            tells_names(cls)

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
    plan = _plan(kind, *changes)
    if plan is None:
        made: T = kind(**({name: getattr(value, field) for name, field in _taken(kind)} | changes))
        return made
    fields, read, constants = plan
    copied: T = kind.__new__(kind)
    deque(map(_setter_of(copied), fields, (*read(value), *changes.values(), *constants)), 0)
    return copied


_setter_of: Callable[[object], Callable[[str, object], None]] = object.__setattr__.__get__  # also sets frozen fields


@cache
def _plan(kind: Any, *changes: str) -> tuple[tuple[str, ...], _Reader, tuple[Any, ...]] | None:
    """Return the fields to set in a copy: those to keep, those to change, and those that no constructor takes.

    Also return what reads the first, and the values of the last. ``None`` is returned if the constructor has to be
    called: if it does more than setting fields, if the class has no slots for them, or if it lacks one to change.

    Args:
        kind: the class.
        changes: the constructor's names of the fields to change.

    """
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(kind)
    own = dict(_taken(kind))
    kept = [field for name, field in own.items() if name not in changes]
    is_generated = kind.__init__.__code__.co_filename.startswith("<attrs generated")
    does_more = not is_generated or hasattr(kind, "__attrs_post_init__")
    if does_more or not all(_is_slot(kind, field) for field in fields):
        return None
    if not own.keys() >= {*changes} or len(kept) < _FEWEST:
        return None
    others = [field for field in fields if not field.init]
    names = (*kept, *(own[name] for name in changes), *(field.name for field in others))
    return names, attrgetter(*kept), tuple(field.default for field in others)


_FEWEST = 2
"""How many fields :func:`operator.attrgetter` has to read to return a tuple."""


@cache
def _taken(kind: Any) -> tuple[tuple[str, str], ...]:
    """Return the constructor's name of each field that it takes, and the field's own."""
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(kind)
    return tuple((str(field.alias), field.name) for field in fields if field.init)


def _is_slot(kind: Any, field: attrs.Attribute[Any]) -> bool:
    """Tell whether a field is a slot that the constructor only sets."""
    untyped: Any = field  # attrs does not say what its converters convert
    is_checked = untyped.validator is not None or untyped.converter is not None
    is_made = not field.init and (field.default is attrs.NOTHING or isinstance(field.default, attrs.Factory))  # type: ignore[arg-type]  # a class, although its stub says a function
    return isinstance(getattr(kind, field.name, None), MemberDescriptorType) and not is_checked and not is_made


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
