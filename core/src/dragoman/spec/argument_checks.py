"""Checks of the arguments of callers: which strings, numbers and nested values are valid, and how to show others."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from dragoman.spec.errors import InvalidRequestError

if TYPE_CHECKING:
    import attrs

Validator: TypeAlias = "Callable[[Any, attrs.Attribute[Any], Any], None]"
"""The type of a validator of a field."""

MAX_LEVELS = 100
"""How deep an argument may be nested: recursive functions that process it must not reach the recursion limit."""

MAX_SECONDS = 1e9
"""The longest time limit in seconds, about thirty years: event loops cannot handle much longer ones."""

_MOST = 2**63 - 1
"""The greatest 64-bit integer, which nearly every server can read."""

_SHOWN = 80
_LONGEST_PATH = 300
_HUGEST = 2**64
_ATOMS = (str, int, float, bool, bytes, type(None))
_OPEN: Any = object()
_UNKNOWN: Any = object()


def shown_path(path: object) -> str:
    """Return a path in quotes for a message, whole unless it is so long that it is hardly one."""
    return shown(str(path), _LONGEST_PATH)


def shown(value: object, most: int = _SHOWN) -> str:
    """Return a short ``repr`` of *value* for a message, even if the ``repr`` of its class raises an exception.

    Args:
        value: anything.
        most: the number of characters that are shown at most.

    """
    from reprlib import Repr  # noqa: PLC0415  # only errors need it

    short = Repr()
    short.maxstring = short.maxother = short.maxlong = most
    try:
        return short.repr(value)
    except Exception:  # noqa: BLE001  # an integer with too many digits, or a __repr__ that raises
        return f"a value of the type {type(value).__name__}"


def is_iterable(value: object) -> bool:
    """Tell whether *value* is iterable; a zero-dimensional array has ``__iter__``, but is not."""
    try:
        iter(value)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]  # to see whether it fails
    except Exception:  # noqa: BLE001  # a class may raise any exception here
        return False
    return True


def is_hashable(value: object) -> bool:
    """Tell whether *value* is hashable, whatever exception its class raises otherwise."""
    try:
        hash(value)
    except Exception:  # noqa: BLE001  # a class may raise any exception here
        return False
    return True


def plain_text(value: str) -> str:
    """Return *value* as a plain ``str``, whatever methods a class derived from ``str`` overrides."""
    return value if type(value) is str else str.__str__(value)


def plain_number(value: object) -> int | float | None:
    """Return *value* as an ``int`` or ``float``, ``None`` if it is not a finite number.

    A scalar of an array library, such as ``numpy.float32(0.5)``, is converted to a Python number. A ``bool`` does not
    count as a number; neither does a ``Decimal`` or ``Fraction``, since JSON cannot represent them.
    """
    if getattr(value, "shape", None) == () and callable(item := getattr(value, "item", None)):
        value = item()
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, int):
        return value if type(value) is int else int.__index__(value)
    return float.__add__(value, 0.0) if math.isfinite(value) else None


def number_from(low: float, high: float = float("inf")) -> Validator:
    """Return a validator of a field that holds a number from *low* to *high*, or ``None``."""

    def check(settings: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        if value is None:
            return
        number = plain_number(value)
        if number is None:
            expected = "a finite number" if isinstance(value, float) else "a number"
            message = f"{attribute.name} must be {expected}, not {shown(value)}"
            raise InvalidRequestError(message, parameter=attribute.name)
        _set_in_range(settings, attribute.name, number, low, high)

    return check


def whole_number_from(low: int = 0) -> Validator:
    """Return a validator of a field that holds a whole number of at least *low*, or ``None``."""

    def check(settings: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        if value is None:
            return
        number = plain_number(value)
        if not isinstance(number, int):
            message = f"{attribute.name} must be a whole number, not {shown(value)}"
            raise InvalidRequestError(message, parameter=attribute.name)
        _set_in_range(settings, attribute.name, number, low, _MOST)

    return check


def _set_in_range(settings: Any, name: str, number: float, low: float, high: float) -> None:
    """Store *number* as the setting *name*, or refuse it if it is out of range."""
    if not low <= number <= high:
        bounds = f"at least {low:g}" if high >= _MOST > number else f"between {low:g} and {high:g}"
        message = f"{name} must be {bounds}, not {shown(number)}"
        raise InvalidRequestError(message, parameter=name)
    object.__setattr__(settings, name, number)


def seconds(value: object) -> float | None:
    """Return *value* as a time limit in seconds, ``None`` unless it is finite, above 0 and at most MAX_SECONDS."""
    number = plain_number(value)
    return number if number is not None and 0 < number <= MAX_SECONDS else None


def wrong_seconds(name: str, value: object) -> str:
    """Return the error message for *value*, which is not a time limit in seconds."""
    expected = "a number of seconds above 0"
    if isinstance(value, int | float) and not isinstance(value, bool) and not value <= MAX_SECONDS:
        expected = f"{expected} and at most {MAX_SECONDS:.0f}, or None for no limit"
    return f"{name} must be {expected}, not {shown(value)}"


def copied(value: Any, name: str) -> Any:
    """Return a copy of *value* in which every mapping, list and byte array is copied; other objects are shared.

    Args:
        value: an argument of a caller.
        name: its name, for the error message.

    Raises:
        InvalidRequestError: if it is nested deeper than :data:`MAX_LEVELS`, or contains itself.

    """
    try:
        return _copied(value, {}, MAX_LEVELS)
    except _TooDeepError:
        message = f"{name} is nested deeper than {MAX_LEVELS} levels, or contains itself"
    raise InvalidRequestError(message, parameter=name)


def is_atom(value: object) -> bool:
    """Tell whether *value* is of a type that has no contents and never changes."""
    return value.__class__ in _ATOMS


def is_same(before: object, now: object) -> bool:
    """Tell whether *now* would be sent exactly like *before*: equal in value, type, sign and order, recursively.

    Objects that are neither plain values nor containers only count as equal if they are identical.
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
    if issubclass(before.__class__, dict):  # its items at one moment: another thread may change those of the caller
        return _contents_are_same(tuple(before.items()), tuple(now.items()))
    return len(before) == len(now) and all(map(is_same, before, now))


def check_expressible(options: Mapping[str, Any], provider: str) -> None:
    """Refuse options that no protocol can express: half a character, or an integer of more than 64 bits.

    Args:
        options: the options of a caller.
        provider: whose they are, for the error message.

    Raises:
        InvalidRequestError: naming the option.

    """
    for name, value in options.items():
        problem = ""
        if isinstance(value, str) and not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
            problem = "contains half of a surrogate pair, which is not a character"
        elif isinstance(value, int) and abs(value) >= _HUGEST:
            problem = "must be a number within 64 bits"
        if problem:
            message = f"the option {name!r} of {provider} {problem}"
            raise InvalidRequestError(message, provider=provider, parameter=name)


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
    return {name: _copied(each, known, levels) for name, each in tuple(value.items())}  # other threads may change it
