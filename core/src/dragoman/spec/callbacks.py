"""Functions of the caller that fail: what they raise comes through, and says which of them it was."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, suppress

_NOTE = "raised by "


@contextmanager
def noted(callback: str, call: str, **received: object) -> Generator[None, None, None]:
    """Note on whatever is raised inside which function of the caller raised it, and of what call.

    Args:
        callback: the name under which the function was given, such as ``approve``.
        call: what it was called for.
        received: what would be lost with the call, which becomes attributes of the exception.

    """
    try:
        yield
    except Exception as error:
        error.add_note(f"{_NOTE}{callback}, called for {call}")
        keep(error, **received)
        raise


def is_noted(error: Exception) -> bool:
    """Return whether a function of the caller raised an exception."""
    return any(note.startswith(_NOTE) for note in getattr(error, "__notes__", ()))


def keep(error: Exception, **received: object) -> None:
    """Set attributes of an exception that has none of these names, or nothing in them."""
    for name, each in received.items():
        if getattr(error, name, None) is None:
            with suppress(Exception):  # its class may allow no attributes
                setattr(error, name, each)


__all__ = ["is_noted", "keep", "noted"]
