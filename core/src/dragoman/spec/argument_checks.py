"""What callers give: which texts, numbers and nested values are taken, and how a wrong one is shown."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from dragoman.spec.errors import InvalidRequestError

MAX_LEVELS = 100
"""How deep a value may be nested that a caller gives: what walks through it needs room below it."""

MAX_SECONDS = 1e9
"""The longest time limit, some thirty years: event loops cannot count much further."""

_SHOWN = 80
_ATOMS = (str, int, float, bool, bytes, type(None))
_OPEN: Any = object()
_UNKNOWN: Any = object()


def shown(value: object) -> str:
    """Return a short form of *value* for a message, whatever its class does when it is shown."""
    from reprlib import Repr  # noqa: PLC0415  # only errors need it

    short = Repr()
    short.maxstring = short.maxother = short.maxlong = _SHOWN
    try:
        return short.repr(value)
    except Exception:  # noqa: BLE001  # a number too long to be written, or a class that refuses
        return f"a value of the type {type(value).__name__}"


def is_iterable(value: object) -> bool:
    """Tell whether *value* can be gone through, which an array without dimensions only seems to be."""
    try:
        iter(value)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    except Exception:  # noqa: BLE001  # of whatever kind: a value is no type
        return False
    return True


def is_hashable(value: object) -> bool:
    """Tell whether *value* has a hash, whatever its class does when it is asked for one."""
    try:
        hash(value)
    except Exception:  # noqa: BLE001  # of whatever kind: a value is no type
        return False
    return True


def plain_text(value: str) -> str:
    """Return the characters of *value*, without what a class derived from ``str`` makes of them."""
    return value if type(value) is str else str.__str__(value)


def plain_number(value: object) -> int | float | None:
    """Return *value* as an ``int`` or ``float``, ``None`` if it is no finite number.

    A scalar of an array library, such as ``numpy.float32(0.5)``, is the number that it holds. A ``bool`` is no number,
    and neither is a ``Decimal`` or ``Fraction``, which JSON has no form for.
    """
    if getattr(value, "shape", None) == () and callable(item := getattr(value, "item", None)):
        value = item()
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, int):
        return value if type(value) is int else int.__index__(value)
    return float.__add__(value, 0.0) if math.isfinite(value) else None


def seconds(value: object) -> float | None:
    """Return *value* as a number of seconds that a limit may have, ``None`` if it is none: finite and above 0."""
    number = plain_number(value)
    return number if number is not None and 0 < number <= MAX_SECONDS else None


def no_seconds(name: str, value: object) -> str:
    """Return what is wrong with *value*, which is no number of seconds."""
    wanted = "a number of seconds above 0"
    if isinstance(value, int | float) and not isinstance(value, bool) and not value <= MAX_SECONDS:
        wanted = f"{wanted} and at most {MAX_SECONDS:.0f}, None for no limit"
    return f"{name} is {wanted}, not {shown(value)}"


def copied(value: Any, name: str) -> Any:
    """Return *value* with every mapping, list and array of bytes in it copied; what else it holds is shared.

    Args:
        value: what a caller gave.
        name: what it is called in an error.

    Raises:
        InvalidRequestError: if it is nested deeper than :data:`MAX_LEVELS`, or holds itself.

    """
    try:
        return _copied(value, {}, MAX_LEVELS)
    except _TooDeepError:
        message = f"{name} is nested deeper than {MAX_LEVELS} levels, or holds itself"
    raise InvalidRequestError(message, parameter=name)


def is_same(before: object, now: object) -> bool:
    """Tell whether *now* would be sent as *before*: equal in value, type, sign and order, all the way down.

    Objects that are neither plain values nor containers are the same only if they are one object.
    """
    kind: Any = now.__class__
    if before.__class__ is not kind:
        return False
    if issubclass(kind, float):
        return repr(before) == repr(now)
    if issubclass(kind, _ATOMS):
        return before == now
    if issubclass(kind, dict | list | tuple):
        return _contents_are_same(before, now)
    return before is now or (issubclass(kind, set | frozenset) and before == now)


def _contents_are_same(before: Any, now: Any) -> bool:
    values: Any = now
    if len(before) != len(now):
        return False
    if not all(map(is_same, before, values)):
        return False
    return not isinstance(before, dict) or all(map(is_same, before.values(), values.values()))  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]


class _TooDeepError(Exception):
    """Report a value that is nested too deep."""


def _copied(value: Any, known: dict[int, Any], levels: int) -> Any:
    kind: Any = value.__class__
    if issubclass(kind, _ATOMS):
        return value
    if issubclass(kind, bytearray | memoryview):
        return bytes(value)
    if not issubclass(kind, dict | list | tuple | set | Mapping):
        return value
    copy = known.get(id(value), _UNKNOWN)
    if copy is _OPEN or not levels:
        raise _TooDeepError
    if copy is _UNKNOWN:
        known[id(value)] = _OPEN
        copy = known[id(value)] = _contents(value, kind, known, levels - 1)
    return copy


def _contents(value: Any, kind: Any, known: dict[int, Any], levels: int) -> Any:
    if issubclass(kind, set):
        return set(value)
    if issubclass(kind, list | tuple):
        each = [_copied(item, known, levels) for item in value]
        return each if issubclass(kind, list) else tuple(each)
    return {name: _copied(each, known, levels) for name, each in value.items()}
