"""The command line: ``dragoman chat``, ``dragoman why`` and ``dragoman plugins``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line."""
    try:
        import click  # noqa: F401, PLC0415  # an extra; its absence is told in words
    except ModuleNotFoundError:
        print("dragoman: the command line needs an extra; run: pip install 'dragoman[cli]'", file=sys.stderr)  # noqa: T201
        sys.exit(2)
    from dragoman.cli.group import dragoman  # noqa: PLC0415  # as above

    dragoman()
