"""Value classes: compared and hashed by their fields, and shown without the fields that have their default value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from inspect import get_annotations, signature
from operator import attrgetter
from types import MemberDescriptorType
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

T = TypeVar("T")


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
        if not frozen or len(get_annotations(cls)) + len(getattr(cls, "__attrs_attrs__", ())) < _MANY:
            return attrs.define(cls, frozen=frozen, kw_only=kw_only, eq=False, repr=False)
        return _quickly_made(cls, kw_only=kw_only)


_MANY = 4
"""From how many fields on it is quicker to open an object that is being made than to go past its refusal each time."""
_OF_ATTRS = "<attrs generated"
_set_class: Callable[[object, type], None] = object.__dict__["__class__"].__set__


def _quickly_made(cls: Any, *, kw_only: bool) -> Any:
    """Make a class a frozen attrs class, whose constructor sets fields as that of an open one does.

    A constructor of attrs sets each field of a frozen object by calling ``object.__setattr__``, which takes longer than
    all else it does.
    """
    cls.__attrs_pre_init__ = _open
    if not hasattr(cls, "__attrs_post_init__"):
        cls.__attrs_post_init__ = _nothing
    made = attrs.define(cls, kw_only=kw_only, eq=False, repr=False, on_setattr=attrs.setters.NO_OP)
    made.__setattr__ = made.__delattr__ = _refuse
    return made


def _refuse(_self: object, *_: object) -> None:
    """Refuse to set or to delete a field."""
    raise attrs.exceptions.FrozenInstanceError


def _open(self: object) -> None:
    """Let the fields of an object be set until its constructor ends."""
    _set_class(self, _OPENED[self.__class__])


setattr(_open, "__signature__", signature(_open))  # noqa: B010  # attrs looks for it each time it makes a class


def _nothing(self: object) -> None:
    """Do nothing after the fields are set, other than what closes the object."""


class _Opened(dict[Any, Any]):
    """Hold, for each frozen class, the subclass that its objects have while they are made."""

    def __missing__(self, kind: Any) -> Any:
        finish = getattr(kind, "__attrs_post_init__", _nothing)

        def close(made: Any) -> None:
            if finish is not _nothing:
                finish(made)
            made.__class__ = kind

        members = {"__slots__": (), "__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
        opened = self[kind] = type(kind)(kind.__name__, (kind,), {**members, "__attrs_post_init__": close})
        return opened


_OPENED = _Opened()


def changed(value: T, **changes: Any) -> T:
    """Return a copy of *value* with some fields changed and all others kept, those of a subclass included.

    The same as :func:`attrs.evolve` in a fraction of the time. If making an object means more than setting its fields,
    the constructor is called.
    """
    kind: Any = value.__class__
    copied: T = _copier(kind, *changes)(value, **changes)
    return copied


@cache
def _copier(kind: Any, *changes: str) -> Callable[..., Any]:
    """Return a function that copies an object of a class, given what changes.

    The constructor is called if it does more than setting fields, if the class has no slots for them, or if it lacks
    one to change. Otherwise the function is compiled, as attrs compiles a constructor.

    Args:
        kind: the class.
        changes: the constructor's names of the fields to change.

    """
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(kind)
    taken = {str(field.alias): field.name for field in fields if field.init}
    if _does_more(kind) or not all(_is_slot(kind, field) for field in fields) or not taken.keys() >= {*changes}:
        return partial(_made_anew, tuple(taken.items()))
    changing = {taken[name]: name for name in changes}
    constants = {field.name: field.default for field in fields if not field.init}
    sources = {field.name: changing.get(field.name, f"_old.{field.name}") for field in fields}
    return _compiled(kind, ("_old", "/", *(("*", *changes) if changes else ())), sources, constants)


def maker(kind: type[T], *names: str) -> Callable[..., T]:
    """Return a function that makes objects of a class as its constructor does, in a fifth of the time.

    Args:
        kind: a class whose constructor only sets fields, and does not change or check what it is given.
        names: the fields that the function is given, by position; all others have their defaults.

    """
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(kind)  # type: ignore[arg-type]  # which a type variable cannot say is a class of attrs
    constants = {field.name: field.default for field in fields if field.name not in names}
    make = _compiled(kind, (*names, "/"), dict(zip(names, names, strict=True)), constants)
    make.__doc__ = f"Make a {kind.__name__} of its {' and its '.join(names)}; all else has its default."
    return make


def _compiled(
    kind: Any, parameters: Iterable[str], sources: Mapping[str, str], constants: Mapping[str, Any]
) -> Callable[..., Any]:
    """Return a function that makes an object by setting its fields.

    Args:
        kind: the class.
        parameters: those of the function; no name of a field begins with an underscore where it is one of them.
        sources: the expressions of fields.
        constants: the values of the other fields, which are the same in all objects.

    """
    named = {name: sources[name] for name in sources if name not in constants}
    lines = [
        f"def make({', '.join(parameters)}):",
        "    _new = _make(_opened)",
        *(f"    _new.{name} = {source}" for name, source in named.items()),
        *(f"    _new.{name} = _constants[{name!r}]" for name in constants),
        "    _new.__class__ = _kind",
        "    return _new",
    ]
    names: dict[str, Any] = {"_make": object.__new__, "_opened": _OPENED[kind], "_kind": kind, "_constants": constants}
    exec("\n".join(lines), names)  # noqa: S102  # made of the names of fields alone
    compiled: Callable[..., Any] = names["make"]
    return compiled


def _made_anew(taken: tuple[tuple[str, str], ...], value: Any, /, **changes: Any) -> Any:
    """Return a copy that the constructor makes.

    Args:
        taken: the constructor's name of each field that it takes, and the field's own.
        value: what is copied.
        changes: what changes.

    """
    return value.__class__(**({name: getattr(value, field) for name, field in taken} | changes))


def _does_more(kind: Any) -> bool:
    """Tell whether the constructor of a class does more than setting fields."""
    is_generated = kind.__init__.__code__.co_filename.startswith(_OF_ATTRS) and kind.__new__ is object.__new__
    return not is_generated or getattr(kind, "__attrs_post_init__", _nothing) is not _nothing


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


__all__ = ["Value", "changed", "maker", "value"]
