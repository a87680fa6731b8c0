"""An asynchronous context manager that opens a resource when it is entered.

It is a class, not an asynchronous generator: when an event loop shuts down, it finalizes the generators that are still
open in an arbitrary order, so a generator could be finalized after the resource that it uses is gone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Generic, NoReturn, TypeVar

from dragoman.spec.errors import ConfigurationError

T = TypeVar("T")


class LazyContext(Generic[T]):
    """Open a resource on entry, once, and close it on exit.

    Args:
        opening: a coroutine function that opens the resource; it returns the value of the ``async with`` statement and
            an entered context manager that closes the resource.

    """

    __slots__ = ("__weakref__", "_opened", "_opening")

    def __init__(self, opening: Callable[[], Awaitable[tuple[T, AbstractAsyncContextManager[Any]]]]) -> None:
        self._opening: Callable[[], Awaitable[tuple[T, AbstractAsyncContextManager[Any]]]] | None = opening
        self._opened: AbstractAsyncContextManager[Any] | None = None

    def __aiter__(self) -> NoReturn:
        """Say how a stream is opened; type checkers refuse to iterate over one that is not.

        Raises:
            TypeError: always.

        """
        message = "open it first: `async with llm.stream(...) as stream`, and inside `async for event in stream`"
        raise TypeError(message)

    async def __aenter__(self) -> T:
        """Open the resource and return the value of the block.

        Raises:
            ConfigurationError: if this object was entered before.

        """
        opening, self._opening = self._opening, None  # frees what *opening* holds before the block runs
        if opening is None:
            message = "this stream was already entered; call stream() again to open another one"
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
                raise  # with GeneratorExit, the loop is shutting down and has finalized a plugin's generator before
