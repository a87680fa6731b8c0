"""A conversation as a document."""

from __future__ import annotations

import json
from collections.abc import Iterable

from dragoman.cli.toolbox import call_line
from dragoman.spec.message import Message
from dragoman.spec.parts import ToolCall, ToolResult


def as_markdown(system: str | None, messages: Iterable[Message]) -> str:
    """Return a conversation as Markdown, with a heading for each message."""
    sections = (f"## {str(each.role).capitalize()}\n\n{_text(each)}\n" for each in _told(system, messages))
    return "\n".join(sections)


def _text(message: Message) -> str:
    """Return the text of a message, and its calls of tools and their results as quotations."""
    told = [message.content.strip()]
    told += [f"> {call_line(part)}" for part in message.parts if isinstance(part, ToolCall)]
    told += [f"> {part.text.strip()}" for part in message.parts if isinstance(part, ToolResult)]
    return "\n\n".join(each for each in told if each)


def as_json(system: str | None, messages: Iterable[Message]) -> str:
    """Return a conversation as a JSON array of messages, each in the form of :meth:`~dragoman.Message.to_dict`."""
    return json.dumps([each.to_dict() for each in _told(system, messages)], ensure_ascii=False, indent=2) + "\n"


def _told(system: str | None, messages: Iterable[Message]) -> list[Message]:
    return [*([Message("system", system)] if system else []), *messages]
