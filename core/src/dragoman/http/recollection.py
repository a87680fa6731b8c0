"""What a message was last encoded as, kept on the message: a long conversation is sent again with every turn."""

from __future__ import annotations

from typing import Any

from dragoman.message import Message


def recall(message: Message, by: object) -> Any:
    """Return what *message* was encoded as under *by*, ``None`` if that is not known.

    Args:
        message: the message; it never changes, so what it was encoded as stays true.
        by: the rules it was encoded by, told apart by identity.

    """
    kept = getattr(message, "_kept", None)
    return kept[1] if kept is not None and kept[0] is by else None


def keep(message: Message, by: object, encoded: Any) -> None:
    """Keep what *message* is encoded as under *by*, in place of what was kept before."""
    object.__setattr__(message, "_kept", (by, encoded))
