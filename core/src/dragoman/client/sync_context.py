"""The block of a stream without ``await``."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from functools import wraps
from types import TracebackType
from typing import TYPE_CHECKING, Generic, NoReturn, ParamSpec, TypeVar

from dragoman.spec._lazy_context import already_entered, how_to_open, not_copied, not_open

T = TypeVar("T")
P = ParamSpec("P")


class SyncContext(Generic[T]):
    """Open a stream on entry and close it on exit; say so where it is used without a block.

    Args:
        manager: does it.
        door: the name of the method that returns it.

    """

    __slots__ = ("_door", "_is_entered", "_manager")

    def __init__(self, manager: AbstractContextManager[T], door: str) -> None:
        self._manager = manager
        self._door = door
        self._is_entered = False

    def __enter__(self) -> T:
        """Open the stream.

        Raises:
            ConfigurationError: if this object was entered before.

        """
        if self._is_entered:
            raise already_entered(self._door)
        self._is_entered = True
        return self._manager.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        return self._manager.__exit__(kind, error, traceback)

    if not TYPE_CHECKING:  # pragma: no branch - type checkers refuse what a stream cannot that is not opened

        def __getattr__(self, name: str) -> NoReturn:
            raise AttributeError(not_open(self._door, name, is_async=False), name=name, obj=self)

        def __iter__(self) -> NoReturn:
            raise TypeError(how_to_open(self._door, is_async=False))

        __next__ = __aiter__ = __anext__ = __await__ = __aenter__ = __iter__

        async def __aexit__(self, *_: object) -> None:
            """Exist, so that ``async with`` gets as far as the error about it."""

    def __reduce__(self) -> NoReturn:
        """Refuse to be copied or pickled.

        Raises:
            TypeError: always.

        """
        raise not_copied(self._door)


def in_block(stream: Callable[P, Generator[T, None, None]]) -> Callable[P, AbstractContextManager[T]]:
    """Let a method that yields an open stream be used in a block, as :func:`contextlib.contextmanager` does."""
    manage = contextmanager(stream)

    @wraps(stream)
    def opened(*args: P.args, **kwargs: P.kwargs) -> AbstractContextManager[T]:
        return SyncContext(manage(*args, **kwargs), stream.__name__)

    return opened


__all__ = ["SyncContext", "in_block"]
