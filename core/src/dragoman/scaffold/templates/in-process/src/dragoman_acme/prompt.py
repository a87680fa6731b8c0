"""A conversation as the one text that the model goes on from."""

from __future__ import annotations

from collections.abc import Iterable

from dragoman import Message, Part, Reasoning, Refusal, Text, UnsupportedError


def prompt_of(messages: Iterable[Message]) -> str:
    """Return the text of a conversation, a line for each part; reasoning is left out.

    Raises:
        UnsupportedError: for a part that is no text.

    """
    parts = (part for message in messages for part in message.parts if not isinstance(part, Reasoning))
    return "\n".join(map(_words, parts))


def _words(part: Part) -> str:
    if isinstance(part, Text | Refusal):
        return part.text
    message = f"Acme takes text alone, no {type(part).__name__}"
    raise UnsupportedError(message)
