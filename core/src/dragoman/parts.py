"""The parts a message is made of, the same in an answer and in the next turn's input."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from typing import ClassVar, TypeAlias, Union

from attrs import field, frozen

from dragoman.errors import OutputError
from dragoman.nesting import parsed
from dragoman.openstr import OpenStr
from dragoman.value import Value

JSON: TypeAlias = Union[bool, int, float, str, "list[JSON]", "dict[str, JSON]", None]
"""What JSON can say."""


def _empty() -> Mapping[str, JSON]:
    return {}


@frozen(kw_only=True, eq=False, repr=False)
class Seal(Value):
    """Carry data that a vendor signed or encrypted and wants back unchanged.

    Args:
        issuer: the service that made it, such as ``"anthropic"``; only that service may read it back.
        scope: a narrower owner (an account, a model), where the vendor has one.
        payload: the data itself, never interpreted.

    """

    issuer: str
    scope: str | None = None
    payload: JSON = None


@frozen(kw_only=True, eq=False, repr=False)
class Citation(Value):
    """Point from a piece of text to its source.

    Args:
        source_url: the address cited.
        document_id: the document cited, as the provider names it.
        title: the title of the source.
        start: the first character of the citing text, counted from 0.
        end: one past the last character of the citing text.
        quote: the words cited.
        metadata: what else the provider said, in its own words.

    """

    source_url: str | None = None
    document_id: str | None = None
    title: str | None = None
    start: int | None = None
    end: int | None = None
    quote: str | None = None
    metadata: Mapping[str, JSON] = field(factory=_empty)


@frozen(kw_only=True, eq=False, repr=False)
class PartFields(Value):
    """Hold what every part may carry.

    Args:
        id: the provider's name for this part.
        seal: signed or encrypted data that belongs to this part.
        options: wishes for this part, keyed by provider.
        metadata: what the provider said about this part.

    """

    id: str | None = None
    seal: Seal | None = None
    options: Mapping[str, JSON] = field(factory=_empty)
    metadata: Mapping[str, JSON] = field(factory=_empty)


@frozen(kw_only=True, eq=False, repr=False)
class Text(PartFields):
    """Say something in words."""

    text: str
    citations: tuple[Citation, ...] = ()


@frozen(kw_only=True, eq=False, repr=False)
class Reasoning(PartFields):
    """Show how a model came to its answer; ``redacted`` if the words are kept back."""

    text: str = ""
    redacted: bool = False


@frozen(kw_only=True, eq=False, repr=False)
class Bytes(Value):
    """Bring media along as bytes."""

    data: bytes = field(repr=lambda data: f"<{len(data)} bytes>")

    @property
    def base64(self) -> str:
        """Return the data in base64."""
        return base64.b64encode(self.data).decode("ascii")


@frozen(kw_only=True, eq=False, repr=False)
class Url(Value):
    """Name media by an address that the provider fetches; this library never does."""

    url: str


@frozen(kw_only=True, eq=False, repr=False)
class FileRef(Value):
    """Name media that was uploaded to the provider before, by its file id."""

    file_id: str


@frozen(kw_only=True, eq=False, repr=False)
class InlineText(Value):
    """Bring a document along as plain text."""

    text: str


MediaSource: TypeAlias = Bytes | Url | FileRef | InlineText


@frozen(kw_only=True, eq=False, repr=False)
class Media(PartFields):
    """Show an image, a sound, a video or a document.

    Args:
        source: where the data is.
        media_type: its type as in ``Content-Type``; ``image/*`` where only the family is known.
        filename: its name, where that matters.

    """

    source: MediaSource
    media_type: str
    filename: str | None = None


@frozen(kw_only=True, eq=False, repr=False)
class ToolCall(PartFields):
    """Ask for a tool to be run.

    Args:
        name: the tool's name.
        call_id: what the result must be labelled with.
        arguments: the arguments as the model wrote them, raw JSON text.
        server_side: whether the provider runs the tool itself.

    """

    name: str
    call_id: str
    arguments: str = ""
    server_side: bool = False

    def parse(self) -> dict[str, JSON]:
        """Return the arguments as an object; no text at all means no arguments.

        Raises:
            OutputError: if the text is not a JSON object, as when the answer was cut.

        """
        if not self.arguments.strip():
            return {}
        try:
            value: JSON = parsed(self.arguments)
        except ValueError as error:
            message = f"the arguments of tool call {self.name!r} ({self.call_id}) are not JSON: {error}"
            raise OutputError(message) from None
        if value is None:
            return {}
        if not isinstance(value, dict):
            kind = type(value).__name__
            message = f"the arguments of tool call {self.name!r} ({self.call_id}) are {kind}, not an object"
            raise OutputError(message)
        return value


class Outcome(OpenStr):
    """Say how a tool call went."""

    __slots__ = ()
    OK: ClassVar[Outcome]
    ERROR: ClassVar[Outcome]
    DENIED: ClassVar[Outcome]
    INTERRUPTED: ClassVar[Outcome]


@frozen(kw_only=True, eq=False, repr=False)
class Refusal(PartFields):
    """Decline to answer."""

    text: str
    category: str | None = None


@frozen(kw_only=True, eq=False, repr=False)
class Data(PartFields):
    """Hand over a JSON value."""

    value: JSON = None


@frozen(kw_only=True, eq=False, repr=False)
class Extension(PartFields):
    """Keep a part that has no class here, and give it back unchanged.

    Args:
        kind: ``"<issuer>.<type>"``.
        value: the part as the issuer wrote it.

    """

    kind: str
    value: JSON = None

    @property
    def issuer(self) -> str:
        """Return who understands this part."""
        return self.kind.partition(".")[0]


ResultContent: TypeAlias = Text | Media | Data | Extension


def _result_content(value: str | Iterable[ResultContent]) -> tuple[ResultContent, ...]:
    if isinstance(value, str):
        return (Text(text=value),) if value else ()
    return tuple(value)


@frozen(kw_only=True, eq=False, repr=False)
class ToolResult(PartFields):
    """Answer a tool call.

    Args:
        call_id: the label of the call that is answered.
        name: the tool's name.
        content: what the tool gave; a string becomes one text part.
        outcome: how it went; see :class:`Outcome`.

    """

    call_id: str
    name: str
    content: tuple[ResultContent, ...] = field(converter=_result_content, default=())
    outcome: Outcome = field(converter=Outcome, default=Outcome("ok"))

    @property
    def text(self) -> str:
        """Return the text of the result, data as JSON."""
        return "".join(_as_text(part) for part in self.content)


def _as_text(part: ResultContent) -> str:
    if isinstance(part, Text):
        return part.text
    return json.dumps(part.value, ensure_ascii=False) if isinstance(part, Data) else ""


Part: TypeAlias = Text | Reasoning | Media | ToolCall | ToolResult | Refusal | Data | Extension
"""Any part of a message."""
