"""A command that a plugin adds to the command line."""

from __future__ import annotations

from dragoman.spec._value import value


@value(kw_only=True)
class Command:
    """Describe a command that a plugin adds to the command line.

    Args:
        name: its name.
        target: ``module:attribute`` of a click command, which is imported when the command is run.
        help: a description of one line.

    """

    name: str
    target: str
    help: str = ""


__all__ = ["Command"]
