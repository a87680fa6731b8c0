"""The command line: ``dragoman chat``, ``why``, ``plugins``, ``doctor``, ``new-provider``, and those of extensions."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # type checkers know better, and typing is not paid for

if TYPE_CHECKING:
    from types import FrameType

INTERRUPTED = 130
"""The exit code of an interrupt, as shells have it: 128 and the number of the signal."""


class EndsAtInterrupt:
    """Let Ctrl-C end the process at once while modules are imported, before anything was done.

    A KeyboardInterrupt may be lost there: callbacks of the import system swallow it, and show its traceback.
    """

    def __enter__(self) -> None:
        """Take the place of Python's own handler; any other one stays, as of a command in the background."""
        import signal  # noqa: PLC0415  # the less is imported before, the sooner an interrupt is clean

        self._is_ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if self._is_ours:
            try:
                signal.signal(signal.SIGINT, _end)
            except ValueError:  # this is not the main thread
                self._is_ours = False

    def __exit__(self, *_: object) -> None:
        """Let Python's own handler take its place again."""
        import signal  # noqa: PLC0415  # the same

        if self._is_ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  # the signature of a handler
    os._exit(INTERRUPTED)  # pragma: no cover - it ends the process that is measured


def main() -> None:
    """Run the command line.

    Raises:
        SystemExit: at its end, with its exit code; 130 for an interrupt, also while modules are imported.

    """
    try:
        with EndsAtInterrupt():
            from dragoman.cli.group import dragoman  # noqa: PLC0415  # click is an optional dependency: a clear message replaces the traceback

        dragoman()
    except ModuleNotFoundError as error:
        sys.exit(f"dragoman: {error.name} is missing; run: pip install 'dragoman[cli]'")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
