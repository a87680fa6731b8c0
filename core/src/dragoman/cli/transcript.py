"""A conversation as a document."""

from __future__ import annotations

import json
from collections.abc import Iterable

from dragoman.spec.message import Message


def as_markdown(system: str | None, messages: Iterable[Message]) -> str:
    """Return a conversation as Markdown, with a heading for each message."""
    sections = (f"## {str(each.role).capitalize()}\n\n{each.content.strip()}\n" for each in _told(system, messages))
    return "\n".join(sections)


def as_json(system: str | None, messages: Iterable[Message]) -> str:
    """Return a conversation as a JSON array of messages, each in the form of :meth:`~dragoman.Message.to_dict`."""
    return json.dumps([each.to_dict() for each in _told(system, messages)], ensure_ascii=False, indent=2) + "\n"


def _told(system: str | None, messages: Iterable[Message]) -> list[Message]:
    return [*([Message("system", system)] if system else []), *messages]
