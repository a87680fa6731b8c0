"""The command line: ``dragoman chat``, ``why``, ``plugins``, ``doctor``, ``new-provider``, and those of extensions."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line."""
    try:
        from dragoman.cli.group import dragoman  # noqa: PLC0415  # click is an optional dependency: a clear message replaces the traceback
    except ModuleNotFoundError as error:
        sys.exit(f"dragoman: {error.name} is missing; run: pip install 'dragoman[cli]'")

    dragoman()
