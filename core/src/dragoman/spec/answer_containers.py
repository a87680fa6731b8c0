"""Lists, objects, enumerations and numbers of an answer, read as what they are in JSON.

A text is not a list of characters, an object not one of names, and a truth value not a number, as they are in Python.
"""

from __future__ import annotations

import math
from collections import abc, deque
from collections.abc import Callable, Mapping, MutableMapping
from decimal import Decimal
from enum import Enum
from typing import Any, Self, cast, get_args, get_origin

from cattrs import Converter, IterableValidationError, IterableValidationNote
from cattrs.cols import list_structure_factory, mapping_structure_factory  # pyright: ignore[reportUnknownVariableType]

from dragoman.spec.argument_checks import shown
from dragoman.spec.strict_conversion import strict_converter

_MAKERS: Mapping[Any, Callable[[list[Any]], Any]] = {
    list: list,
    abc.Sequence: list,
    abc.MutableSequence: list,
    deque: deque,
    set: set,
    abc.MutableSet: set,
    frozenset: frozenset,
    abc.Set: frozenset,
    tuple: tuple,
}
LISTS = frozenset(_MAKERS)
"""The types that are lists in JSON."""
_OBJECTS = frozenset({dict, Mapping, MutableMapping})


def register_containers(converter: Converter) -> None:
    """Let a converter read lists, objects, enumerations and numbers by the rules of JSON."""
    converter.register_structure_hook(
        float, lambda value, _: as_float(finite(strict_converter().structure(value, float)))
    )
    converter.register_structure_hook(Decimal, _decimal)
    converter.register_structure_hook_func(_is_enumeration, _choice)
    converter.register_structure_hook_factory(_is_list, _list_reader)
    converter.register_structure_hook_factory(_is_object, _object_reader)


class WrittenFloat(float):
    """Keep the digits with which a number was written, which its value as a float may lose.

    Args:
        text: the number as it was written.

    """

    text: str

    def __new__(cls, text: str) -> Self:
        """Return the number that a text is."""
        made = super().__new__(cls, text)
        made.text = text
        return made

    def __repr__(self) -> str:
        return self.text


def _decimal(value: Any, _: Any) -> Any:
    """Read a decimal number from a text, as the schema asks for, or from a number."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return finite(strict_converter().structure(str(value) if is_number else value, Decimal))


def finite(value: Any) -> Any:
    """Return a number that JSON can represent, without how it was written; other values are returned as they are.

    Raises:
        ValueError: if it is not finite.

    """
    if not (value.is_finite() if isinstance(value, Decimal) else not isinstance(value, float) or math.isfinite(value)):
        message = f"{value} is not a number that JSON can represent"
        raise ValueError(message)
    return float(value) if isinstance(value, WrittenFloat) else value


def as_float(value: Any) -> Any:
    """Return an integer as a ``float``, unless it would lose digits; other values are returned as they are."""
    if not isinstance(value, int) or isinstance(value, bool):
        return value
    try:
        number = float(value)
    except OverflowError:
        return value
    return number if number == value else value


def object_members(value: Any) -> Mapping[str, Any]:
    """Return the members of an object.

    Raises:
        TypeError: if the value is none.

    """
    if not isinstance(value, Mapping):
        message = f"expected an object, not {shown(value)}"
        raise TypeError(message)
    return cast("Mapping[str, Any]", value)


def list_items(value: Any, count: int | None = None, *, least: int | None = None) -> list[Any]:
    """Return the items of a list.

    Args:
        value: the list.
        count: how many items it has, if that is known.
        least: how many it has at least, if fewer than *count* are enough.

    Raises:
        TypeError: if the value is no such list.

    """
    items = [*cast("list[Any]", value)] if isinstance(value, list | tuple) else None
    fewest = count if least is None else least
    if items is None or (count is not None and fewest is not None and not fewest <= len(items) <= count):
        counts = f"{count}" if fewest == count else f"{fewest} to {count}"
        expected = "a list" if count is None else f"a list of {counts} items"
        message = f"expected {expected}, not {shown(cast('object', value))}"
        raise TypeError(message)
    return items


def _is_enumeration(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Enum) and not issubclass(kind, str | int)


def _choice(value: Any, kind: Any) -> Any:
    found = kind(value)
    if isinstance(value, bool) is not isinstance(found.value, bool):  # in Python, 1 is True
        message = f"{shown(value)} is not a valid {kind.__name__}"
        raise ValueError(message)
    return found


def _is_list(kind: Any) -> bool:
    return (get_origin(kind) or kind) in LISTS


def _list_reader(kind: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    origin: Any = get_origin(kind) or kind
    kinds = get_args(kind)
    if origin is tuple and kinds[1:] != (...,) and (kinds or kind == tuple[()]):
        return _row_reader(kinds, converter)
    items: Any = list[(kinds or (Any,))[0]]  # type: ignore[misc]  # known at run time
    read: Any = list_structure_factory(items, converter)
    make = _MAKERS[origin]
    return lambda value, _: make(read(list_items(value), kind))


def _row_reader(kinds: tuple[Any, ...], converter: Converter) -> Callable[[Any, Any], Any]:
    """Read a list whose positions have types of their own."""

    def structure(value: Any, kind: Any) -> Any:
        items: list[Any] = []
        errors: list[Exception] = []
        for at, (item, each) in enumerate(zip(list_items(value, len(kinds)), kinds, strict=True)):
            try:
                items.append(converter.structure(item, each))
            except Exception as error:  # noqa: BLE001  # cattrs raises groups of whatever the hooks raised
                make: Any = IterableValidationNote
                error.add_note(make(f"Structuring {kind} @ index {at}", at, each))
                errors.append(error)
        if errors:
            group: Any = IterableValidationError
            message = f"while structuring {kind}"
            raise group(message, errors, kind)
        return tuple(items)

    return structure


def _is_object(kind: Any) -> bool:
    return (get_origin(kind) or kind) in _OBJECTS


def _object_reader(kind: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    if not get_args(kind):
        return lambda value, _: dict(object_members(value))
    read: Any = mapping_structure_factory(kind, converter, dict)
    return lambda value, _: read(object_members(value), kind)
