"""A key that is asked for at each call, so that keys can be rotated."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any, NoReturn

from dragoman.spec.errors import ConfigurationError
from dragoman.spec.secret import MASK, Secret


class KeySource:
    """Hold the callable that was given as ``api_key``; it is never shown, since it may hold a key itself.

    Args:
        ask: returns the key, or something to await for it.

    """

    __slots__ = ("_ask",)

    def __init__(self, ask: Callable[[], str | Awaitable[str]]) -> None:
        self._ask = ask

    async def key(self) -> Secret:
        """Return the key of the next call.

        Raises:
            ConfigurationError: if it is not a string, or not allowed in HTTP headers.

        """
        answer: Any = self._ask()
        if isawaitable(answer):
            answer = await answer
        try:
            if not isinstance(answer, str):
                message = f"api_key= is a callable that returned {type(answer).__name__}; it must return a string"
                raise ConfigurationError(message, parameter="api_key")
            return Secret(answer)
        finally:
            del answer  # keep credentials out of tracebacks that show locals

    def reveal(self) -> Callable[[], str | Awaitable[str]]:
        """Return the callable itself, to make the same configuration of it."""
        return self._ask

    def __eq__(self, other: object) -> bool:
        return isinstance(other, KeySource) and self._ask == other._ask

    def __hash__(self) -> int:
        return hash(self._ask)

    def __repr__(self) -> str:
        return repr(MASK)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        message = "a configuration with a callable as api_key cannot be pickled; give it to each process"
        raise TypeError(message)

    def __deepcopy__(self, memo: object) -> KeySource:
        return self


__all__ = ["KeySource"]
