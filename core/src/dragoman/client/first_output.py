"""The limit of the time until the first output of an answer, for each attempt, streamed or not."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from dragoman.spec.errors import DragomanError, RequestTimeoutError

T = TypeVar("T")


async def within(limit: float, output: Awaitable[T], *, is_whole: bool) -> T:
    """Return what *output* gives.

    Args:
        limit: how many seconds that may take.
        output: waits for the first output.
        is_whole: whether it waits for a whole answer, which is its first output where it is not streamed.

    Raises:
        RequestTimeoutError: if it takes longer.

    """
    import asyncio  # noqa: PLC0415  # not paid for at import

    scope = asyncio.timeout(limit)
    try:
        async with scope:
            return await output
    except TimeoutError as error:
        if isinstance(error, DragomanError) or not scope.expired():
            raise
    message = f"the answer did not begin within {limit:g} s (first_output_timeout)"
    if is_whole:
        message += "; one that is not streamed comes as a whole: stream it, or allow it more seconds"
    raise RequestTimeoutError(message, phase="first_output")


__all__ = ["within"]
