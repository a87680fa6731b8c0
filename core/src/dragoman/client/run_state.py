"""The state of a run that goes on: what was done so far, who is told of it, and how much time is left."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

from dragoman.client.run_settings import RunSettings
from dragoman.spec.callbacks import noted
from dragoman.spec.errors import RequestTimeoutError
from dragoman.spec.run import Run


class RunState:
    """Hold the run so far, and report each change before anything else is done.

    Args:
        run: what it begins with.
        settings: whom to report to, and the limit of time.

    """

    def __init__(self, run: Run[Any], settings: RunSettings) -> None:
        self.run = run
        self.settings = settings
        self._one_report = asyncio.Lock()
        limit = settings.run_timeout
        self._deadline = None if limit is None else asyncio.get_running_loop().time() + limit

    async def report(self) -> None:
        """Give the run to ``on_step``; one report at a time, so that a later one is never overtaken."""
        if (listener := self.settings.on_step) is not None:
            async with self._one_report:
                await _told("on_step", listener, self.run)

    async def report_turn(self) -> None:
        """Give the run to ``on_turn``."""
        if (listener := self.settings.on_turn) is not None:
            await _told("on_turn", listener, self.run)

    def remaining(self) -> float | None:
        """Return how many seconds are left, ``None`` without a limit.

        Raises:
            RequestTimeoutError: if none are.

        """
        if self._deadline is None:
            return None
        left = self._deadline - asyncio.get_running_loop().time()
        if left <= 0:
            raise self.too_late()
        return left

    def too_late(self) -> RequestTimeoutError:
        """Return the error for a run that has taken too long."""
        message = f"the run did not finish within {self.settings.run_timeout:g} seconds (run_timeout)"
        return RequestTimeoutError(message, phase="total", retryable=False)


async def _told(name: str, listener: Callable[[Run[Any]], Any], run: Run[Any]) -> None:
    with noted(name, f"turn {len(run.turns)} of a run"):
        returned = listener(run)
        if inspect.isawaitable(returned):
            await returned
