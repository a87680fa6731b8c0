"""An asynchronous context manager that opens a resource when it is entered.

It is a class, not an asynchronous generator: when an event loop shuts down, it finalizes the generators that are still
open in an arbitrary order, so a generator could be finalized after the resource that it uses is gone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from dragoman.spec.errors import ConfigurationError

T = TypeVar("T")


def how_to_open(door: str, *, is_async: bool) -> str:
    """Return what to write in place of the use of a stream that is not open.

    Args:
        door: the name of the method that streams.
        is_async: whether it is one of a client with ``await``.

    """
    before, event = "async " if is_async else "", "partial" if door == "stream_extract" else "event"
    return f"open it first: `{before}with llm.{door}(...) as stream`, and inside `{before}for {event} in stream`"


def not_open(door: str, name: str, *, is_async: bool) -> str:
    """Return the error message for an attribute that a stream may have once it is open."""
    return f"the stream has no {name!r} before it is open; {how_to_open(door, is_async=is_async)}"


def not_copied(door: str) -> TypeError:
    """Return the error for a stream that is copied or pickled before it is open."""
    return TypeError(f"a stream cannot be copied or pickled; call {door}() for each")


def already_entered(door: str) -> ConfigurationError:
    """Return the error for a stream whose block is entered again."""
    return ConfigurationError(f"this stream was already entered; call {door}() again to open another one")


class LazyContext(Generic[T]):
    """Open a resource on entry, once, and close it on exit.

    Args:
        opening: a coroutine function that opens the resource; it returns the value of the ``async with`` statement and
            an entered context manager that closes the resource.
        door: the name of the method that returns it, for error messages.

    """

    __slots__ = ("__weakref__", "_door", "_opened", "_opening")

    def __init__(
        self, opening: Callable[[], Awaitable[tuple[T, AbstractAsyncContextManager[Any]]]], door: str = "stream"
    ) -> None:
        self._door = door
        self._opening: Callable[[], Awaitable[tuple[T, AbstractAsyncContextManager[Any]]]] | None = opening
        self._opened: AbstractAsyncContextManager[Any] | None = None

    if not TYPE_CHECKING:  # pragma: no branch - type checkers refuse what a stream cannot that is not opened

        def __getattr__(self, name: str) -> NoReturn:
            raise AttributeError(not_open(self._door, name, is_async=True), name=name, obj=self)

        def __aiter__(self) -> NoReturn:
            raise TypeError(how_to_open(self._door, is_async=True))

        __iter__ = __next__ = __anext__ = __await__ = __enter__ = __aiter__

        def __exit__(self, *_: object) -> None:
            """Exist, so that ``with`` gets as far as the error about it."""

    def __reduce__(self) -> NoReturn:
        """Refuse to be copied or pickled.

        Raises:
            TypeError: always.

        """
        raise not_copied(self._door)

    async def __aenter__(self) -> T:
        """Open the resource and return the value of the block.

        Raises:
            ConfigurationError: if this object was entered before.

        """
        opening, self._opening = self._opening, None  # frees what *opening* holds before the block runs
        if opening is None:
            raise already_entered(self._door)
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
