"""One turn of a conversation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, TypeVar

from attrs import field

from dragoman.spec._enums import OpenEnum
from dragoman.spec._value import value
from dragoman.spec.argument_checks import copied, plain_text, shown
from dragoman.spec.argument_names import tells_names
from dragoman.spec.errors import InvalidRequestError
from dragoman.spec.media import Media
from dragoman.spec.part_fields import JSON, PartFields, empty
from dragoman.spec.parts import (
    Data,
    Extension,
    Outcome,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)

_P = TypeVar("_P", bound=PartFields)


class Role(OpenEnum):
    """Say who wrote a message."""

    __slots__ = ()
    SYSTEM: ClassVar[Role]
    USER: ClassVar[Role]
    ASSISTANT: ClassVar[Role]
    TOOL: ClassVar[Role]


_WITH_RESULTS = frozenset({"tool", "user"})
"""The roles whose messages may hold results of tools."""


def _role(value: str) -> Role:
    if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
        message = f"the role of a message must be a string, not {type(value).__name__}"
        raise InvalidRequestError(message)
    text = value if type(value) is str or type(value) is Role else plain_text(value)
    return Role.SYSTEM if text == "developer" else Role.of(text)


_PARTS = (Text, Reasoning, Media, ToolCall, ToolResult, Refusal, Data, Extension)


def _parts(content: str | Part | Iterable[Part]) -> tuple[Part, ...]:
    if isinstance(content, str):
        text = content if type(content) is str else plain_text(content)
        return (Text(text=text),) if text else ()
    parts = (content,) if isinstance(content, _PARTS) else _as_tuple(content)
    for index, part in enumerate(parts):
        if not isinstance(part, _PARTS):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
            given: Any = part
            is_text = isinstance(given, str)
            wanted = "text is a part as Text(text=...)" if is_text else "it must be Text, Media, ToolCall, ..."
            message = f"part {index} of a message is {type(given).__name__}; {wanted}"
            raise InvalidRequestError(message)
    return parts


def _as_tuple(content: Iterable[Part]) -> tuple[Part, ...]:
    try:
        return tuple(content)
    except TypeError:
        message = f"the content of a message must be a string or parts, not {type(content).__name__}"
        raise InvalidRequestError(message) from None


class _Checked:
    """Add a slot for the values in a message that can be modified in place, set once the message has been checked.

    It is not a field: not compared, shown or copied.
    """

    __slots__ = ("_changeable",)


@tells_names
@value
class Message(_Checked):
    """Hold one message of a conversation.

    Args:
        role: the author: ``system`` (``developer`` means the same), ``user``, ``assistant`` or ``tool``.
        content: a string, a part or an iterable of parts.
        name: the author's own name, for the providers that accept one.
        options: overrides for this message, keyed by provider, with the provider's own names.

    Raises:
        InvalidRequestError: if *role* is not a string, or *content* is neither a string nor parts.

    """

    role: Role = field(converter=_role)
    parts: tuple[Part, ...] = field(alias="content", converter=_parts)
    name: str | None = field(default=None, kw_only=True)
    options: Mapping[str, JSON] = field(factory=empty, kw_only=True)

    @property
    def content(self) -> str:
        """Return the text of all text parts, joined; reasoning is not included."""
        return "".join(part.text for part in self.parts if isinstance(part, Text))

    def of_type(self, kind: type[_P]) -> tuple[_P, ...]:
        """Return the parts of one class, in order."""
        return tuple(part for part in self.parts if isinstance(part, kind))

    def to_dict(self) -> dict[str, Any]:
        """Return plain data. ``content`` is a string if the message is one plain text, otherwise a list of parts."""
        from dragoman.spec.serialization import message_to_dict  # noqa: PLC0415  # cattrs is slow to import

        return message_to_dict(self)

    @classmethod
    def from_dict(cls, message_dict: Mapping[str, Any]) -> Message:
        """Make a message from plain data, the inverse of :meth:`to_dict`.

        Raises:
            InvalidRequestError: if the data does not fit; the message names the path of each misfit.

        """
        from dragoman.spec.serialization import message_from_dict  # noqa: PLC0415  # cattrs is slow to import

        return message_from_dict(message_dict)


def check_messages(messages: Iterable[Message]) -> None:
    """Refuse what is not a message, and a message that cannot be sent.

    Args:
        messages: a conversation.

    Raises:
        InvalidRequestError: as for :func:`check_message`.

    """
    for index, message in enumerate(messages):
        if not isinstance(message, Message):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
            raise InvalidRequestError(_no_message(f"messages[{index}]", message), parameter="messages")
        check_message(message, index)


def _no_message(where: str, given: object) -> str:
    """Say what stands in place of a message, and what to give for it."""
    kind = type(given).__name__
    advice = "give Message('user', '...')"
    if isinstance(getattr(given, "message", None), Message):
        advice = "give its message, as in [*messages, response.message]"
    elif isinstance(given, PartFields):
        advice = "parts stand in a message: Message('user', [...])"
    elif isinstance(given, list | tuple):
        advice = "a conversation is one flat list of messages"
    return f"{where} must be a Message, not {kind}; {advice}"


def check_message(message: Message, index: int) -> None:
    """Refuse a message that cannot be sent; a message is only checked once.

    Args:
        message: the message.
        index: its position in the conversation, counted from 0.

    Raises:
        InvalidRequestError: for an unknown role or outcome, a name that is not a string, or one nested too deep.

    """
    if getattr(message, "_changeable", None) is not None:
        return
    if message.role not in Role.known:
        raise InvalidRequestError(_unknown_role(f"messages[{index}]", str(message.role)), parameter="messages")
    if message.role in _WITH_RESULTS:
        _check_outcomes(message, index)
    if message.name is not None and not isinstance(message.name, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
        text = f"the name of messages[{index}] must be a string, not {shown(message.name)}"
        raise InvalidRequestError(text)
    if type(message.options) is not dict and not isinstance(message.options, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
        text = f"the options of messages[{index}] must be a mapping, such as a dict, not {shown(message.options)}"
        raise InvalidRequestError(text)
    found = changeable(message)
    for each in found:
        if type(each) is not dict or each:  # most are empty, and every call comes through here
            copied(each, f"a value in messages[{index}]")
    object.__setattr__(message, "_changeable", found)


def _unknown_role(where: str, role: str) -> str:
    from dragoman.spec.foreign_names import advice  # noqa: PLC0415  # only errors need it

    told = advice(role, Role.known, "Role")
    message = f"{where} has the unknown role {role!r}; use system, user, assistant or tool"
    return f"{message}; {told}" if told else message


def _check_outcomes(message: Message, index: int) -> None:
    for part in message.parts:
        if type(part) is ToolResult and part.outcome not in Outcome.known:
            from dragoman.spec.foreign_names import advice  # noqa: PLC0415  # only errors need it

            told = advice(str(part.outcome), Outcome.known, "Outcome") or f"use {', '.join(sorted(Outcome.known))}"
            text = f"messages[{index}] has a ToolResult with the unknown outcome {str(part.outcome)!r}; {told}"
            raise InvalidRequestError(text, parameter="messages")


def changeable(message: Message) -> tuple[Any, ...]:
    """Return the values in a message that can be modified in place: mappings, lists and byte arrays."""
    known: tuple[Any, ...] | None = getattr(message, "_changeable", None)
    if known is not None:
        return known
    found: list[Any] = [message.options] if message.options else []
    parts: list[Any] = [*message.parts]
    for part in parts:  # the list grows during the iteration: a tool result appends its content
        found += (part.options, part.metadata)
        if part.seal is not None:
            found.append(part.seal.payload)
        if isinstance(part, Text):
            for citation in part.citations:
                found.append(citation.metadata)  # on Python 3.11, a comprehension would add a function call
        elif isinstance(part, ToolResult):
            parts += part.content
        elif isinstance(part, Media):
            found.append(getattr(part.source, "data", ()))
        elif isinstance(part, Data | Extension):
            found.append(part.value)
    return tuple(found)
