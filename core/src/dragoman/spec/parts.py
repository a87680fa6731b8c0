"""The parts a message is made of, the same in an answer and in the next turn's input."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, TypeAlias, Union

from attrs import field

from dragoman.spec._enums import OpenEnum
from dragoman.spec._json_depth import parse_json
from dragoman.spec._value import value
from dragoman.spec.argument_checks import plain_text, shown
from dragoman.spec.errors import InvalidRequestError, OutputError

JSON: TypeAlias = Union[bool, int, float, str, "list[JSON]", "dict[str, JSON]", None]
"""What JSON can say."""


def _empty() -> Mapping[str, JSON]:
    return {}


def _take_text(value: Any, name: str, *, optional: bool = False) -> None:
    """Make the field *name* of a value a plain text.

    Raises:
        InvalidRequestError: if it is no text.

    """
    text = getattr(value, name)
    if type(text) is str or (optional and text is None):
        return
    if not isinstance(text, str):
        message = f"{name} of {type(value).__name__} is a text, not {shown(text)}"
        raise InvalidRequestError(message)
    object.__setattr__(value, name, plain_text(text))


@value(kw_only=True)
class Seal:
    """Carry data that a vendor signed or encrypted and wants back unchanged.

    Args:
        issuer: the service that made it, such as ``"acme"``; only that service may read it back.
        scope: a narrower owner (an account, a model), where the vendor has one.
        payload: the data itself, never interpreted.

    """

    issuer: str
    scope: str | None = None
    payload: JSON = None


@value(kw_only=True)
class Citation:
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


@value(kw_only=True)
class PartFields:
    """Hold what every part may carry.

    Args:
        id: the provider's name for this part.
        seal: signed or encrypted data that belongs to this part.
        options: overrides for this part, keyed by provider.
        metadata: what the provider said about this part.

    """

    id: str | None = None
    seal: Seal | None = None
    options: Mapping[str, JSON] = field(factory=_empty)
    metadata: Mapping[str, JSON] = field(factory=_empty)

    _texts: ClassVar[tuple[str, ...]] = ()
    _optional_texts: ClassVar[tuple[str, ...]] = ("id",)

    def __attrs_post_init__(self) -> None:
        """Refuse a field of the wrong type, once for all parts: attrs would call a function for each field."""
        for name in self._texts:
            if type(getattr(self, name)) is not str:
                _take_text(self, name)
        for name in self._optional_texts:
            if getattr(self, name) is not None:
                _take_text(self, name, optional=True)
        if type(self.options) is not dict or type(self.metadata) is not dict or self.seal is not None:
            _check_attached(self)


def _check_attached(part: PartFields) -> None:
    given: Any = part  # callers without a type checker
    for name, kind in (("options", Mapping), ("metadata", Mapping), ("seal", Seal | None)):
        if not isinstance(getattr(given, name), kind):
            wanted = "a Seal" if name == "seal" else "an object of JSON, such as a dict"
            message = f"{name} of {type(part).__name__} is {wanted}, not {shown(getattr(given, name))}"
            raise InvalidRequestError(message)


@value(kw_only=True)
class Text(PartFields):
    """Say something in words."""

    _texts = ("text",)
    text: str
    citations: tuple[Citation, ...] = ()


@value(kw_only=True)
class Reasoning(PartFields):
    """Show how a model came to its answer; ``redacted`` if the words are kept back."""

    _texts = ("text",)
    text: str = ""
    redacted: bool = False


def _is_bytes(_: Any, __: object, data: Any) -> None:
    if isinstance(data, bytes | bytearray) or (isinstance(data, memoryview) and data.contiguous):
        return
    message = f"data of Bytes is bytes, not {type(data).__name__}"  # pyright: ignore[reportUnknownArgumentType]
    raise InvalidRequestError(message)


def _all_texts(value: Any) -> None:
    for name in value.__attrs_attrs__:
        _take_text(value, name.name)


@value(kw_only=True)
class Bytes:
    """Bring media along as bytes.

    A ``bytearray`` or ``memoryview`` is read with each call: what changes in it takes effect with the next one.
    """

    data: bytes = field(repr=lambda data: f"<{len(data)} bytes>", validator=_is_bytes)

    @property
    def base64(self) -> str:
        """Return the data in base64."""
        return base64.b64encode(self.data).decode("ascii")


@value(kw_only=True)
class Url:
    """Name media by an address that the provider fetches; this library never does."""

    url: str
    __attrs_post_init__ = _all_texts


@value(kw_only=True)
class FileRef:
    """Name media that was uploaded to the provider before, by its file id."""

    file_id: str
    __attrs_post_init__ = _all_texts


@value(kw_only=True)
class InlineText:
    """Bring a document along as plain text."""

    text: str
    __attrs_post_init__ = _all_texts


MediaSource: TypeAlias = Bytes | Url | FileRef | InlineText


def _is_source(_: Any, __: object, source: Any) -> None:
    if not isinstance(source, MediaSource):
        message = f"source of Media is Bytes, Url, FileRef or InlineText, not {shown(source)}"
        raise InvalidRequestError(message)


@value(kw_only=True)
class Media(PartFields):
    """Show an image, a sound, a video or a document.

    Args:
        source: where the data is.
        media_type: its type as in ``Content-Type``; ``image/*`` where only the family is known.
        filename: its name, where that matters.

    """

    _texts = ("media_type",)
    _optional_texts = ("id", "filename")
    source: MediaSource = field(validator=_is_source)
    media_type: str
    filename: str | None = None


@value(kw_only=True)
class ToolCall(PartFields):
    """Ask for a tool to be run.

    Args:
        name: the tool's name.
        call_id: what the result must be labelled with.
        arguments: the arguments as the model wrote them, raw JSON text.
        server_side: whether the provider runs the tool itself.

    """

    _texts = ("name", "call_id", "arguments")
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
            value: JSON = parse_json(self.arguments)
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


class Outcome(OpenEnum):
    """Say how a tool call went."""

    __slots__ = ()
    OK: ClassVar[Outcome]
    ERROR: ClassVar[Outcome]
    DENIED: ClassVar[Outcome]
    INTERRUPTED: ClassVar[Outcome]


@value(kw_only=True)
class Refusal(PartFields):
    """Decline to answer."""

    _texts = ("text",)
    _optional_texts = ("id", "category")
    text: str
    category: str | None = None


@value(kw_only=True)
class Data(PartFields):
    """Hand over a JSON value."""

    value: JSON = None


@value(kw_only=True)
class Extension(PartFields):
    """Keep a part that has no class here, and give it back unchanged.

    Args:
        kind: ``"<issuer>.<type>"``.
        value: the part as the issuer wrote it.

    """

    _texts = ("kind",)
    kind: str
    value: JSON = None

    @property
    def issuer(self) -> str:
        """Return who understands this part."""
        return self.kind.partition(".")[0]


ResultContent: TypeAlias = Text | Media | Data | Extension
_RESULT_CONTENT = (Text, Media, Data, Extension)


def _result_content(value: str | Iterable[ResultContent]) -> tuple[ResultContent, ...]:
    if isinstance(value, str):
        text = plain_text(value)
        return (Text(text=text),) if text else ()
    content: Any = value  # callers without a type checker
    try:
        parts = tuple(content)
    except TypeError:
        message = f"content of ToolResult is a text or parts, not {shown(content)}"
        raise InvalidRequestError(message) from None
    for index, part in enumerate(parts):
        if not isinstance(part, _RESULT_CONTENT):
            message = f"part {index} of a ToolResult is Text, Media, Data or Extension, not {shown(part)}"
            raise InvalidRequestError(message)
    return parts


def _outcome(value: str) -> Outcome:
    if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
        message = f"outcome of ToolResult is a word such as 'ok' or 'error', not {shown(value)}"
        raise InvalidRequestError(message)
    return Outcome(plain_text(value))


@value(kw_only=True)
class ToolResult(PartFields):
    """Answer a tool call.

    Args:
        call_id: the label of the call that is answered.
        name: the tool's name.
        content: what the tool gave; a string becomes one text part.
        outcome: how it went; see :class:`Outcome`.

    """

    _texts = ("call_id", "name")
    call_id: str
    name: str
    content: tuple[ResultContent, ...] = field(converter=_result_content, default=())
    outcome: Outcome = field(converter=_outcome, default=Outcome("ok"))

    @property
    def text(self) -> str:
        """Return the text of the result, data as JSON."""
        return "".join(_as_text(part) for part in self.content)


def _as_text(part: ResultContent) -> str:
    if isinstance(part, Text):
        return part.text
    if not isinstance(part, Data):
        return ""
    try:
        return json.dumps(part.value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        message = f"the value of Data is nothing that JSON can say: {error}"
        raise InvalidRequestError(message) from None


Part: TypeAlias = Text | Reasoning | Media | ToolCall | ToolResult | Refusal | Data | Extension
"""Any part of a message."""
