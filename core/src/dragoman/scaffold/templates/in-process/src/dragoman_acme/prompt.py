"""The conversion of a conversation to a prompt."""

from __future__ import annotations

from collections.abc import Iterable

from dragoman import Message, Part, Reasoning, Refusal, Text, UnsupportedError


def prompt_of(messages: Iterable[Message]) -> str:
    """Return the prompt of a conversation, a line for each part, without reasoning.

    Raises:
        UnsupportedError: for a part that is not text.

    """
    parts = (part for message in messages for part in message.parts if not isinstance(part, Reasoning))
    return "\n".join(map(_text, parts))


def _text(part: Part) -> str:
    if isinstance(part, Text | Refusal):
        return part.text
    message = f"Acme supports text only, not {type(part).__name__}"
    raise UnsupportedError(message)
