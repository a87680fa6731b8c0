"""Who says what: turns that are one, and parts of a caller's message that no API takes there.

What a caller says is sent or refused, never left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

import attrs

from dragoman.spec.errors import InvalidRequestError, UnsupportedError
from dragoman.spec.media import Media
from dragoman.spec.message import Message, Role
from dragoman.spec.parts import Extension, Part, Reasoning, Refusal, Text, ToolCall, ToolResult

_ASSISTANT, _TOOL = Role.ASSISTANT, Role.TOOL


def are_plain(messages: Iterable[Message]) -> bool:
    """Return whether each message is one text that every API takes from anyone: neither blank at its end nor marked."""
    for message in messages:
        if message.name or message.options or len(message.parts) != 1 or message.role == _TOOL:
            return False
        part = message.parts[0]
        if type(part) is not Text or part.metadata or part.text[-1:].isspace() or not part.text:
            return False
    return True


def joined_turns(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """Return the messages with one message for each turn of the assistant that begins with calls."""
    if not any(one.role == Role.ASSISTANT == two.role and one.of_type(ToolCall) for one, two in pairwise(messages)):
        return messages
    joined: list[Message] = []
    for message in messages:
        before = joined[-1] if joined else None
        if (
            before is not None
            and before.role == Role.ASSISTANT == message.role
            and any(not call.server_side for call in before.of_type(ToolCall))
            and (before.name, before.options) == (message.name, message.options)
        ):
            joined[-1] = attrs.evolve(before, content=before.parts + message.parts)
        else:
            joined.append(message)
    return tuple(joined)


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


def check_contents(messages: Iterable[Message]) -> None:
    """Check that each message which is not the assistant's has content that can be sent.

    A text may be empty, which some servers take; what the others take is told by :class:`HistoryRules`.

    Args:
        messages: the conversation.

    Raises:
        InvalidRequestError: for a message of a tool without a result, and for media that no model can read.

    """
    for index, each in enumerate(messages):
        role, parts = each.role, each.parts
        if role == _ASSISTANT or (len(parts) == 1 and type(parts[0]) is Text and role != _TOOL):
            continue
        has_result = may_have_media = False
        for part in parts:
            if type(part) is ToolResult:
                has_result = True
                for content in part.content:  # on Python 3.11, any() would add a call of a generator
                    may_have_media = may_have_media or type(content) is not Text
            elif type(part) is not Text:
                may_have_media = True
        if role == _TOOL and not has_result:
            result = "give ToolResult(call_id=..., name=..., content=...), or its tool_call_id in plain data"
            message = f"messages[{index}] is a message of a tool without a result; {result}"
            raise InvalidRequestError(message, parameter="messages")
        for medium in media_in(each) if may_have_media else ():
            from dragoman.spec.media_content import check_content  # noqa: PLC0415  # most messages are texts

            check_content(medium, f"a file in messages[{index}]")


def media_in(message: Message) -> Iterator[Media]:
    """Yield the media of a message, those in the results of tools included."""
    for part in message.parts:
        if type(part) is Text:
            continue
        for each in part.content if isinstance(part, ToolResult) else (part,):
            if isinstance(each, Media):
                yield each


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
