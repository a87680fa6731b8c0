"""The command line: ``dragoman chat``, ``why``, ``plugins``, ``doctor`` and what extensions add."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line."""
    try:
        from dragoman.cli.group import dragoman  # noqa: PLC0415  # click is an extra; its absence is told in words
    except ModuleNotFoundError as error:
        sys.exit(f"dragoman: {error.name} is missing; run: pip install 'dragoman[cli]'")

    dragoman()
