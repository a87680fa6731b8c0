"""The one asynchronous context manager that opens something when it is entered.

It is a class, not a generator: an event loop that ends closes the generators that are left in any order, so one that is
closed before what it was opened by would use what is gone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Generic, TypeVar

from dragoman.spec.errors import ConfigurationError

T = TypeVar("T")


class LazyContext(Generic[T]):
    """Open something when entered, once, and leave it when left.

    Args:
        opening: opens it; returns what the block is given, and the context manager, already entered, that closes it.

    """

    __slots__ = ("__weakref__", "_opened", "_opening")

    def __init__(self, opening: Callable[[], Awaitable[tuple[T, AbstractAsyncContextManager[Any]]]]) -> None:
        self._opening: Callable[[], Awaitable[tuple[T, AbstractAsyncContextManager[Any]]]] | None = opening
        self._opened: AbstractAsyncContextManager[Any] | None = None

    async def __aenter__(self) -> T:
        """Open it.

        Raises:
            ConfigurationError: if it was entered before.

        """
        opening, self._opening = self._opening, None  # what it holds is not kept for as long as the block takes
        if opening is None:
            message = "this stream was entered before; call stream() again for another one"
            raise ConfigurationError(message)
        value, self._opened = await opening()
        return value

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._opened is None:
            return
        try:
            await self._opened.__aexit__(kind, error, traceback)
        except RuntimeError:
            if not isinstance(error, GeneratorExit):
                raise  # else a loop that ends has closed the generator of a plugin before
