"""One turn of a conversation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, TypeVar

from attrs import field, frozen

from dragoman.errors import InvalidRequestError
from dragoman.openstr import OpenStr
from dragoman.parts import Data, Extension, Media, Part, PartFields, Reasoning, Refusal, Text, ToolCall, ToolResult
from dragoman.value import Value

_P = TypeVar("_P", bound=PartFields)


class Role(OpenStr):
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
    return Role.SYSTEM if value == "developer" else Role(value)


_PARTS = (Text, Reasoning, Media, ToolCall, ToolResult, Refusal, Data, Extension)


def _parts(content: str | Part | Iterable[Part]) -> tuple[Part, ...]:
    if isinstance(content, str):
        return (Text(text=content),) if content else ()
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


class _Kept(Value):
    """Leave room for what a dialect encoded a message as: no field, so neither compared, shown nor copied."""

    __slots__ = ("_kept",)


@frozen(eq=False, repr=False)
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
        from dragoman.serialization import message_to_dict  # noqa: PLC0415  # cattrs is not paid for at import

        return message_to_dict(self)

    @classmethod
    def from_dict(cls, message_dict: Mapping[str, Any]) -> Message:
        """Make a message of plain data, the inverse of :meth:`to_dict`.

        Raises:
            InvalidRequestError: naming the path of what does not fit.

        """
        from dragoman.serialization import message_from_dict  # noqa: PLC0415  # as above

        return message_from_dict(message_dict)
