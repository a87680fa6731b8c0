"""One turn of a conversation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, TypeVar

from attrs import field

from dragoman.spec._enums import OpenEnum
from dragoman.spec._value import value
from dragoman.spec.argument_checks import copied, plain_text, shown
from dragoman.spec.errors import InvalidRequestError
from dragoman.spec.parts import Data, Extension, Media, Part, PartFields, Reasoning, Refusal, Text, ToolCall, ToolResult

_P = TypeVar("_P", bound=PartFields)


class Role(OpenEnum):
    """Say who speaks."""

    __slots__ = ()
    SYSTEM: ClassVar[Role]
    USER: ClassVar[Role]
    ASSISTANT: ClassVar[Role]
    TOOL: ClassVar[Role]


def _role(value: str) -> Role:
    if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
        message = f"the role of a message is a string, not {type(value).__name__}"
        raise InvalidRequestError(message)
    role = Role(value) if type(value) is str else Role(plain_text(value))
    return Role.SYSTEM if role == "developer" else role


_PARTS = (Text, Reasoning, Media, ToolCall, ToolResult, Refusal, Data, Extension)


def _parts(content: str | Part | Iterable[Part]) -> tuple[Part, ...]:
    if isinstance(content, str):
        text = content if type(content) is str else plain_text(content)
        return (Text(text=text),) if text else ()
    parts = (content,) if isinstance(content, _PARTS) else _as_tuple(content)
    for index, part in enumerate(parts):
        if not isinstance(part, _PARTS):  # pyright: ignore[reportUnnecessaryIsInstance]  # as above
            message = f"part {index} of a message is {type(part).__name__}; a part is Text, Media, ToolCall, ..."
            raise InvalidRequestError(message)
    return parts


def _as_tuple(content: Iterable[Part]) -> tuple[Part, ...]:
    try:
        return tuple(content)
    except TypeError:
        message = f"the content of a message is a string or parts, not {type(content).__name__}"
        raise InvalidRequestError(message) from None


class _Kept:
    """Leave room for what is known of a message: no field, so neither compared, shown nor copied.

    ``_kept`` is what a dialect encoded it as, ``_changeable`` what in it may change in place once it was checked.
    """

    __slots__ = ("_changeable", "_kept")


@value
class Message(_Kept):
    """Hold what one side said.

    Args:
        role: who speaks: ``system`` (``developer`` is read as that), ``user``, ``assistant`` or ``tool``.
        content: a string, a part or parts.
        name: the speaker's own name, for the providers that take one.

    Raises:
        InvalidRequestError: if *content* is neither a string nor parts.

    """

    role: Role = field(converter=_role)
    parts: tuple[Part, ...] = field(alias="content", converter=_parts)
    name: str | None = field(default=None, kw_only=True)

    @property
    def content(self) -> str:
        """Return the joined text, without reasoning."""
        return "".join(part.text for part in self.parts if isinstance(part, Text))

    def of_type(self, kind: type[_P]) -> tuple[_P, ...]:
        """Return the parts of one class, in order."""
        return tuple(part for part in self.parts if isinstance(part, kind))

    def to_dict(self) -> dict[str, Any]:
        """Return plain data: ``content`` is a string where one plain text is all there is, else a list of parts."""
        from dragoman.spec.serialization import message_to_dict  # noqa: PLC0415  # cattrs is not paid for at import

        return message_to_dict(self)

    @classmethod
    def from_dict(cls, message_dict: Mapping[str, Any]) -> Message:
        """Make a message of plain data, the inverse of :meth:`to_dict`.

        Raises:
            InvalidRequestError: naming the path of what does not fit.

        """
        from dragoman.spec.serialization import message_from_dict  # noqa: PLC0415  # as above

        return message_from_dict(message_dict)


def check_message(message: Message, index: int) -> None:
    """Refuse what cannot be sent of a message; one that was checked is not checked again.

    Args:
        message: the message.
        index: which of a conversation it is.

    Raises:
        InvalidRequestError: for an unknown role, a name that is no text, or a value nested too deep.

    """
    if getattr(message, "_changeable", None) is not None:
        return
    if message.role not in Role.known:
        text = f"messages[{index}] has the role {str(message.role)!r}; known are system, user, assistant and tool"
        raise InvalidRequestError(text)
    if message.name is not None and not isinstance(message.name, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
        text = f"the name of messages[{index}] is a text, not {shown(message.name)}"
        raise InvalidRequestError(text)
    found = changeable(message)
    for each in found:
        if type(each) is not dict or each:  # most are empty, and every call comes through here
            copied(each, f"a value in messages[{index}]")
    object.__setattr__(message, "_changeable", found)


def changeable(message: Message) -> tuple[Any, ...]:
    """Return the values in a message that may be such as can be changed in place: mappings, lists, arrays of bytes."""
    known: tuple[Any, ...] | None = getattr(message, "_changeable", None)
    if known is not None:
        return known
    found = list[Any]()
    parts: list[Any] = [*message.parts]
    for part in parts:  # which grows on the way
        found += (part.options, part.metadata)
        if part.seal is not None:
            found.append(part.seal.payload)
        if isinstance(part, Text):
            for citation in part.citations:
                found.append(citation.metadata)  # a comprehension is a call more on Python 3.11
        elif isinstance(part, ToolResult):
            parts += part.content
        elif isinstance(part, Media):
            found.append(getattr(part.source, "data", ()))
        elif isinstance(part, Data | Extension):
            found.append(part.value)
    return tuple(found)
