"""The value of a setting that a model accepts and that is nearest to the one asked for."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, cast

from dragoman.spec.argument_checks import shown
from dragoman.spec.errors import InvalidRequestError
from dragoman.spec.request import Effort

if TYPE_CHECKING:
    from dragoman.spec.capabilities import Cap

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
"""The words for an effort, from the least to the greatest."""


def nearest(value: Any, cap: Cap, *, is_supported: bool) -> Any:
    """Return the nearest accepted value, ``None`` if there is none.

    Args:
        value: the value asked for.
        cap: what is accepted.
        is_supported: whether the setting is accepted at all.

    """
    if not is_supported or (cap.only is not None and value != cap.only):
        return None
    if cap.values is not None and value not in cap.values:
        return nearest_effort(value, cap.values) if isinstance(value, Effort) else None
    if type(value) is tuple:
        return _items(cast("tuple[str, ...]", value), cap)
    if cap.maximum is not None and value > cap.maximum:
        return _number(cap.maximum, like=value)
    if cap.minimum is not None and value < cap.minimum:
        return _number(cap.minimum, like=value)
    return value


def check_effort(effort: Effort | None, accepted: frozenset[str] | None) -> None:
    """Refuse a word for an effort that is none.

    Args:
        effort: the effort asked for.
        accepted: the words that the model is known to accept, which may have some of their own.

    Raises:
        InvalidRequestError: if neither this library nor the model knows the word.

    """
    if effort is None or effort.is_known or effort in (accepted or ()):
        return
    from dragoman.spec.nearest_name import after  # noqa: PLC0415  # only errors need it

    words = (*EFFORTS, *sorted((accepted or frozenset()) - {*EFFORTS}))
    message = f"effort must be one of {', '.join(words)}; it is {shown(str(effort))}"
    raise InvalidRequestError(after(message, str(effort), words), parameter="effort")


def nearest_effort(asked: Effort, accepted: Collection[str]) -> Effort | None:
    """Return the nearest word for an effort, the greater of two; reasoning that was asked for is not turned off.

    Args:
        asked: the effort; a word that is none counts as the greatest.
        accepted: the words that a model accepts.

    Returns:
        ``None`` if it accepts none.

    """
    if asked in accepted:
        return asked
    place = EFFORTS.index(str(asked)) if asked.is_known else len(EFFORTS)
    words = [word for word in EFFORTS if word in accepted and word != "none"]
    found = min(words, key=lambda word: (abs(EFFORTS.index(word) - place), -EFFORTS.index(word)), default=None)
    return None if found is None else Effort(found)


def _items(asked: tuple[str, ...], cap: Cap) -> tuple[str, ...] | None:
    """Return the accepted items, in their order; ``None`` if there are none."""
    items = asked if cap.blank else without_blank(asked)
    if cap.longest is not None:
        items = tuple(each for each in items if len(each.encode()) <= cap.longest)
    return items[: cap.most] or None


def without_blank(items: tuple[str, ...]) -> tuple[str, ...]:
    """Return the items that are not white space alone."""
    return tuple(each for each in items if each.strip())


def _number(bound: float, *, like: Any) -> float:
    """Return a bound as an ``int`` if it is a whole number and *like* is an ``int``, otherwise as a ``float``."""
    return int(bound) if isinstance(like, int) and float(bound).is_integer() else float(bound)
