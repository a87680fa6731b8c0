"""Refuse parts of a caller's message that no API takes there: what a caller says is sent or refused, never left out."""

from __future__ import annotations

from collections.abc import Iterable

from dragoman.spec.errors import InvalidRequestError, UnsupportedError
from dragoman.spec.message import Message, Role
from dragoman.spec.parts import Extension, Part, Reasoning, Refusal, Text, ToolCall, ToolResult


def are_plain(messages: Iterable[Message]) -> bool:
    """Return whether each message is one text that every API takes from anyone: neither blank at its end nor marked."""
    for message in messages:
        if message.name or message.options or len(message.parts) != 1:
            return False
        part = message.parts[0]
        if type(part) is not Text or part.metadata or part.text[-1:].isspace() or not part.text:
            return False
    return True


def check_roles(messages: Iterable[Message], issuer: str | None) -> None:
    """Check that the messages which are not the assistant's hold what a caller can say.

    Messages of the assistant may hold what another vendor made, which is left out with an adjustment.

    Args:
        messages: the conversation.
        issuer: the service that is called; ``None`` if it is unknown.

    Raises:
        InvalidRequestError: for reasoning, a refusal or a call, which only a model makes.
        UnsupportedError: for a part that only another service understands.

    """
    for index, message in enumerate(messages):
        parts = message.parts
        if (len(parts) == 1 and type(parts[0]) is Text) or message.role == Role.ASSISTANT:
            continue
        for part in parts:
            _check(part, f"messages[{index}]", message.role, issuer)


def _check(part: Part, where: str, role: str, issuer: str | None) -> None:
    if isinstance(part, Reasoning | Refusal | ToolCall):
        kind = type(part).__name__
        message = f"{where} is a message of the {role} and holds a {kind}, which only a message of the assistant may"
        raise InvalidRequestError(message, parameter="messages")
    if isinstance(part, ToolResult):
        for each in part.content:
            _check(each, where, role, issuer)
    if isinstance(part, Extension) and issuer is not None and part.issuer != issuer:
        message = f"{where} holds a part {part.kind!r}, which {issuer} does not understand; leave it out"
        raise UnsupportedError(message, parameter="messages")
