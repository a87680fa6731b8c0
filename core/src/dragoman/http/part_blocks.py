"""Message parts as content blocks: which parts a vendor takes in which message, and what becomes of the others."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, TypeAlias, cast

from dragoman.http.json import dumps
from dragoman.spec.errors import UnsupportedError
from dragoman.spec.media import Media
from dragoman.spec.part_fields import JSON
from dragoman.spec.parts import (
    Data,
    Extension,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)
from dragoman.spec.response import Adjustment

Block: TypeAlias = dict[str, Any]


class BlockEncoder(ABC):
    """Encode the parts of messages; a subclass says what the block of each kind of part is.

    What only another vendor can read is left out, with an adjustment. Extensions of the vendor are sent as they are.

    Attributes:
        issuer: whose seals and extensions the vendor takes back.
        vendor: the name of the vendor, for adjustments and errors.
        adjustments: what was left out or changed so far.

    """

    issuer: ClassVar[str]
    vendor: ClassVar[str]

    def __init__(self) -> None:
        self.adjustments: list[Adjustment] = []

    @abstractmethod
    def text(self, part: Text) -> Block:
        """Return the block of a text that is not empty."""

    @abstractmethod
    def media(self, part: Media) -> Block:
        """Return the block of an image, a document, audio or video.

        Raises:
            UnsupportedError: for media that the vendor does not accept.

        """

    @abstractmethod
    def reasoning(self, part: Reasoning) -> Block:
        """Return the block of reasoning, which the vendor has sealed."""

    @abstractmethod
    def tool_call(self, part: ToolCall) -> Block | None:
        """Return the block of a call; that of a tool which the vendor runs is sealed by the vendor."""

    @abstractmethod
    def tool_result(self, part: ToolResult) -> Block:
        """Return the block of the result of a tool."""

    def refusal(self, part: Refusal) -> Block | None:
        """Return the block of a refusal, a text by default."""
        return self.text(Text(text=part.text)) if part.text else self.drop(part)

    def system_part(self, part: Part) -> Block | None:
        """Return the block of a part of a system message, ``None`` if it is left out.

        Raises:
            UnsupportedError: if the part is not text.

        """
        if isinstance(part, Text | Data) or self.is_own(part):
            return self.user_part(part)
        message = f"{self.vendor} accepts only text in a system message, not {type(part).__name__}"
        raise UnsupportedError(message)

    def user_part(self, part: Part) -> Block | None:
        """Return the block of a part of a user or tool message, ``None`` if it is left out.

        Raises:
            UnsupportedError: for a part that the vendor does not accept there.

        """
        if isinstance(part, Text):
            return self.text(part) if part.text else None
        if isinstance(part, Data):
            return self.text(Text(text=dumps(part.value).decode(), options=part.options))
        if isinstance(part, Media):
            return self.media(part)
        if isinstance(part, ToolResult):
            return self.tool_result(part)
        if self.is_own(part):
            return cast("Block", cast("Extension", part).value)
        if isinstance(part, Extension | Reasoning):
            return self.drop(part)
        message = f"{self.vendor} does not accept {type(part).__name__} in a user message"
        raise UnsupportedError(message)

    def assistant_part(self, part: Part) -> Block | None:
        """Return the block of a part of an assistant message, ``None`` if it is left out.

        Raises:
            UnsupportedError: for a part that the vendor does not accept there.

        """
        own = part.seal is not None and part.seal.issuer == self.issuer
        if isinstance(part, Reasoning):
            return self.reasoning(part) if own else self.drop(part)
        if isinstance(part, Text | ToolCall) and part.seal is not None and not own:
            self.adjust("dropped", "seal", f"only {part.seal.issuer}, which issued it, can read it")
        if isinstance(part, ToolCall):
            return self.drop(part) if part.server_side and not own else self.tool_call(part)
        if isinstance(part, Refusal):
            return self.refusal(part)
        if isinstance(part, Media | ToolResult):
            return self.drop(part)
        return self.user_part(part)

    def arguments(self, call: ToolCall) -> dict[str, JSON]:
        """Return the arguments of a call as an object; a text that is none becomes a member of one."""
        from dragoman.http.argument_objects import object_arguments  # noqa: PLC0415  # only calls need it

        arguments, notes = object_arguments(call, self.vendor, by=self.issuer)
        self.adjustments += notes
        return arguments

    def is_own(self, part: Part) -> bool:
        """Return whether a part is a block of the vendor as it is."""
        return isinstance(part, Extension) and part.issuer == self.issuer and isinstance(part.value, dict)

    def drop(self, part: Part) -> Block | None:
        """Record that a part is left out, and return no block."""
        feature = type(part).__name__.lower()
        self.adjust("dropped", feature, f"{self.vendor} does not accept it unless {self.vendor} issued it")
        return None

    def adjust(self, kind: str, feature: str, reason: str, *, asked: JSON = None, sent: JSON = None) -> None:
        """Record an adjustment."""
        self.adjustments.append(
            Adjustment(kind=kind, feature=feature, asked=asked, sent=sent, reason=reason, by=self.issuer)
        )
