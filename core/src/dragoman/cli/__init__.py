"""The command line: ``dragoman chat``, ``why``, ``plugins``, ``doctor``, ``new-provider``, and those of extensions."""

from __future__ import annotations

import sys

INTERRUPTED = 130
"""The exit code of an interrupt, as shells have it: 128 and the number of the signal."""


def main() -> None:
    """Run the command line.

    Raises:
        SystemExit: at its end, with its exit code; 130 for an interrupt, also while modules are imported.

    """
    try:
        from dragoman.cli.group import dragoman  # noqa: PLC0415  # click is an optional dependency: a clear message replaces the traceback

        dragoman()
    except ModuleNotFoundError as error:
        sys.exit(f"dragoman: {error.name} is missing; run: pip install 'dragoman[cli]'")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
