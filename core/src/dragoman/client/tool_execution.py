"""The execution of one tool: a coroutine function in the event loop, any other function in a thread of its own."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, cast


async def execute(function: Callable[..., object], arguments: Mapping[str, Any], limit: float | None) -> object:
    """Return what a function returns, in time.

    A coroutine that takes too long, or whose task is cancelled, is cancelled and awaited. A thread cannot be: nobody
    waits for it any longer, and what it returns is lost.

    Args:
        function: the function.
        arguments: its arguments, by name.
        limit: how long it may take, in seconds.

    Raises:
        TimeoutError: if it takes longer.

    """
    clock = asyncio.timeout(limit)
    try:
        async with clock:
            return await result_of(function, **arguments)
    except TimeoutError:
        if not clock.expired():
            raise  # the function's own
    message = f"the tool did not finish within {limit:g} seconds"
    raise TimeoutError(message)


async def result_of(function: Callable[..., object], *args: Any, **kwargs: Any) -> object:
    """Call a function that may be a coroutine function, and return its result; any other one runs in a thread.

    What a generator yields is its result, as a list: it runs where its function does.

    Raises:
        RuntimeError: if the function itself ends with ``CancelledError`` or ``SystemExit``, which would end the task or
            the program of the caller.

    """
    try:
        if _is_async(function):
            returned = function(*args, **kwargs)
        else:
            returned = await _in_thread(lambda: _listed(function(*args, **kwargs)))
        if inspect.isawaitable(returned):
            returned = await cast("Awaitable[object]", returned)
        return await _gathered(returned)
    except (asyncio.CancelledError, SystemExit) as error:
        task = asyncio.current_task()
        if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
            raise
        message = f"the function ended with {error!r}"
        raise RuntimeError(message) from error


def _listed(returned: object) -> object:
    """Return what a generator or another iterator yields as a list, and any other value as it is."""
    return [*cast("Iterator[object]", returned)] if isinstance(returned, Iterator) else returned


async def _gathered(returned: object) -> object:
    """Return what an asynchronous generator yields as a list, and any other value as it is."""
    if isinstance(returned, AsyncIterator):
        return [each async for each in cast("AsyncIterator[object]", returned)]
    return returned


def _is_async(function: Callable[..., object]) -> bool:
    call: object = getattr(function, "__call__", None)  # noqa: B004  # the method, which may be a coroutine function
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call)


async def _in_thread(call: Callable[[], object]) -> object:
    """Return what a function returns in a thread of its own, with the context variables of the caller.

    A pool of threads would wait at the end of the program for a function that never returns, and have fewer threads
    than tools may run at once.
    """
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[tuple[object, BaseException | None]] = loop.create_future()
    context = contextvars.copy_context()

    def tell(returned: object, error: BaseException | None) -> None:
        if not ended.done():
            ended.set_result((returned, error))
        elif inspect.iscoroutine(returned):  # nobody waits any longer
            returned.close()

    def work() -> None:
        outcome: tuple[object, BaseException | None]
        try:
            outcome = (context.run(call), None)
        except BaseException as error:  # noqa: BLE001  # it is raised where the result is awaited
            outcome = (None, error)
        with suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(tell, *outcome)

    threading.Thread(target=work, name="dragoman-tool", daemon=True).start()
    returned, error = await ended
    if error is not None:
        raise error
    return returned
