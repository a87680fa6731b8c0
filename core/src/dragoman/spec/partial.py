"""The state of a value that arrives in pieces."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from attrs import frozen

T_co = TypeVar("T_co", covariant=True)


@frozen
class Partial(Generic[T_co]):
    """Hold what is whole of a value of ``T`` that still arrives, as plain data: never an instance of ``T``.

    Args:
        data: lists and dictionaries with the members and items that are whole. One that has not arrived yet is not in
            it; ``None`` is a ``null`` of the model. ``None`` in place of all data: nothing has arrived.
        is_whole: whether this is all.

    """

    data: Any
    is_whole: bool = False


__all__ = ["Partial"]
