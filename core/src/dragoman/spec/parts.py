"""The parts of a message. Answers and the input of the next turn use the same classes."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from os import PathLike
from typing import Any, ClassVar, TypeAlias, Union, cast

from attrs import field

from dragoman.spec._enums import OpenEnum
from dragoman.spec._json_depth import parse_json
from dragoman.spec._value import value
from dragoman.spec.argument_checks import plain_text, shown
from dragoman.spec.errors import InvalidRequestError, OutputError

JSON: TypeAlias = Union[bool, int, float, str, "list[JSON]", "dict[str, JSON]", None]
"""Any value that JSON can represent."""


def _empty() -> Mapping[str, JSON]:
    return {}


def _take_text(value: Any, name: str, *, optional: bool = False) -> None:
    """Make the field *name* of a value a plain string.

    Raises:
        InvalidRequestError: if it is not a string.

    """
    text = getattr(value, name)
    if type(text) is str or (optional and text is None):
        return
    if not isinstance(text, str):
        message = f"{name} of {type(value).__name__} must be a string, not {shown(text)}"
        raise InvalidRequestError(message)
    object.__setattr__(value, name, plain_text(text))


@value(kw_only=True)
class Seal:
    """Carry data that a vendor signed or encrypted and expects back unchanged.

    Args:
        issuer: the service that made it, such as ``"acme"``; it is only sent back to this service.
        scope: a narrower scope, such as an account or a model, if the vendor has one.
        payload: the data itself, which is never interpreted.

    """

    issuer: str
    scope: str | None = None
    payload: JSON = None


@value(kw_only=True)
class Citation:
    """Name the source of a passage of text.

    Args:
        source_url: the URL of the source.
        document_id: the id of the cited document, as the provider names it.
        title: the title of the source.
        start: the index of the first character of the citing passage.
        end: the index after the last character of the citing passage.
        quote: the cited text.
        metadata: further data from the provider, unchanged.

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
    """Hold the fields that all parts have.

    Args:
        id: the provider's id of this part.
        seal: signed or encrypted data that belongs to this part.
        options: overrides for this part, keyed by provider.
        metadata: further data from the provider about this part.

    """

    id: str | None = None
    seal: Seal | None = None
    options: Mapping[str, JSON] = field(factory=_empty)
    metadata: Mapping[str, JSON] = field(factory=_empty)

    _texts: ClassVar[tuple[str, ...]] = ()
    _optional_texts: ClassVar[tuple[str, ...]] = ("id",)

    def __attrs_post_init__(self) -> None:
        """Check the types of the fields, in one method: a validator for each field would take one call each."""
        for name in self._texts:
            if type(getattr(self, name)) is not str:
                _take_text(self, name)
        for name in self._optional_texts:
            if getattr(self, name) is not None:
                _take_text(self, name, optional=True)
        if type(self.options) is not dict or type(self.metadata) is not dict or self.seal is not None:
            _check_attached(self)


def _check_attached(part: PartFields) -> None:
    unchecked: Any = part  # callers without a type checker
    for name, kind in (("options", Mapping), ("metadata", Mapping), ("seal", Seal | None)):
        if not isinstance(getattr(unchecked, name), kind):
            expected = "a Seal" if name == "seal" else "a mapping, such as a dict"
            message = f"{name} of {type(part).__name__} must be {expected}, not {shown(getattr(unchecked, name))}"
            raise InvalidRequestError(message)


@value(kw_only=True)
class Text(PartFields):
    """Hold text."""

    _texts = ("text",)
    text: str
    citations: tuple[Citation, ...] = ()


@value(kw_only=True)
class Reasoning(PartFields):
    """Hold the reasoning of a model; ``redacted`` if the provider does not show its text."""

    _texts = ("text",)
    text: str = ""
    redacted: bool = False


def _is_bytes(_: Any, __: object, data: Any) -> None:
    if isinstance(data, bytes | bytearray) or (isinstance(data, memoryview) and data.contiguous):
        return
    message = f"data of Bytes must be bytes, not {type(data).__name__}"  # pyright: ignore[reportUnknownArgumentType]
    raise InvalidRequestError(message)


def _all_texts(value: Any) -> None:
    for name in value.__attrs_attrs__:
        _take_text(value, name.name)


@value(kw_only=True)
class Bytes:
    """Hold media as bytes.

    A ``bytearray`` or ``memoryview`` is read at each call: a change in it takes effect at the next call.
    """

    data: bytes = field(repr=lambda data: f"<{len(data)} bytes>", validator=_is_bytes)

    @property
    def base64(self) -> str:
        """Return the data in base64."""
        return base64.b64encode(self.data).decode("ascii")


@value(kw_only=True)
class Url:
    """Refer to media by a URL, which the provider fetches; this library never fetches it."""

    url: str
    __attrs_post_init__ = _all_texts


@value(kw_only=True)
class FileRef:
    """Refer to media that was uploaded to the provider before, by its file id."""

    file_id: str
    __attrs_post_init__ = _all_texts


@value(kw_only=True)
class InlineText:
    """Hold a document as plain text."""

    text: str
    __attrs_post_init__ = _all_texts


MediaSource: TypeAlias = Bytes | Url | FileRef | InlineText


def _is_source(_: Any, __: object, source: Any) -> None:
    if not isinstance(source, MediaSource):
        message = f"source of Media must be Bytes, Url, FileRef or InlineText, not {shown(source)}"
        raise InvalidRequestError(message)


def _media_type(given: str) -> str:
    """Return a media type in its usual spelling: in lower case, and with the family that a bare format belongs to."""
    if given.__class__ is not str or (given.islower() and "/" in given and given != "image/jpg"):
        return given
    kind, semicolon, parameters = given.partition(";")
    kind = kind.strip().lower()
    if "/" not in kind:
        import mimetypes  # noqa: PLC0415  # only an unusual spelling needs it

        kind = mimetypes.guess_type(f"file.{kind.removeprefix('.')}")[0] or kind
    return f"{'image/jpeg' if kind == 'image/jpg' else kind}{semicolon}{parameters}"


@value(kw_only=True)
class Media(PartFields):
    """Hold an image, audio, a video or a document.

    Args:
        source: the data, or where it is.
        media_type: its type as in ``Content-Type``; ``image/*`` if only the family is known.
        filename: its file name, if it has one.

    """

    _texts = ("media_type",)
    _optional_texts = ("id", "filename")
    source: MediaSource = field(validator=_is_source)
    media_type: str = field(converter=_media_type)
    filename: str | None = None

    @classmethod
    def of(
        cls, source: str | bytes | PathLike[str], *, media_type: str | None = None, filename: str | None = None
    ) -> Media:
        """Make media of a path, of bytes or of an address.

        Args:
            source: a path, whose file is read now; bytes; or a string: a URL, a ``data:`` URL or a path.
            media_type: its type; by default, that of the name of the file, or of its first bytes.
            filename: its file name; by default, that of the path.

        Raises:
            InvalidRequestError: if the file cannot be read, or the type cannot be told.

        """
        from dragoman.spec.media import media_of  # noqa: PLC0415  # not every message holds media

        return media_of(source, media_type, filename)


@value(kw_only=True)
class ToolCall(PartFields):
    """Ask for a tool to be run.

    Args:
        name: the tool's name.
        call_id: the id of the call; its result must have the same one.
        arguments: the arguments as the model wrote them, as JSON text.
        server_side: whether the provider runs the tool itself.

    """

    _texts = ("name", "call_id", "arguments")
    name: str
    call_id: str
    arguments: str = ""
    server_side: bool = False

    def parse(self) -> dict[str, JSON]:
        """Return the arguments as a dictionary; an empty text means no arguments.

        Raises:
            OutputError: if the text is not a JSON object, for example because the answer was cut.

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
    """Say how a tool call ended."""

    __slots__ = ()
    OK: ClassVar[Outcome]
    ERROR: ClassVar[Outcome]
    DENIED: ClassVar[Outcome]
    INTERRUPTED: ClassVar[Outcome]


@value(kw_only=True)
class Refusal(PartFields):
    """Hold the text with which a model declines to answer."""

    _texts = ("text",)
    _optional_texts = ("id", "category")
    text: str
    category: str | None = None


@value(kw_only=True)
class Data(PartFields):
    """Hold a JSON value."""

    value: JSON = None


@value(kw_only=True)
class Extension(PartFields):
    """Hold a part that has no class of its own, to send it back unchanged.

    Args:
        kind: ``"<issuer>.<type>"``.
        value: the part as the issuer sent it.

    """

    _texts = ("kind",)
    kind: str
    value: JSON = None

    @property
    def issuer(self) -> str:
        """Return the name of the service that understands this part."""
        return self.kind.partition(".")[0]


ResultContent: TypeAlias = Text | Media | Data | Extension
_RESULT_CONTENT = (Text, Media, Data, Extension)


def _result_content(value: Any) -> tuple[ResultContent, ...]:
    """Return the parts of a result: a text, parts as they are, and any other value as ``Data``."""
    if isinstance(value, str):
        text = plain_text(value)
        return (Text(text=text),) if text else ()
    if isinstance(value, _RESULT_CONTENT):
        return (value,)
    if value is None or isinstance(value, bool | int | float | Mapping):
        return (Data(value=_plain(value)),)
    if isinstance(value, list | tuple | Iterator):
        parts: tuple[Any, ...] = tuple(cast("Iterable[Any]", value))
        wrong = [index for index, part in enumerate(parts) if not isinstance(part, _RESULT_CONTENT)]
        if not wrong:
            return parts
        if len(wrong) == len(parts) and not any(isinstance(part, PartFields) for part in parts):
            return (Data(value=_plain(list(parts))),)
        message = (
            f"part {wrong[0]} of a ToolResult must be Text, Media, Data or Extension, not {shown(parts[wrong[0]])}"
        )
        raise InvalidRequestError(message)
    return (Data(value=_plain(value)),)


def _plain(value: Any) -> JSON:
    """Return a value as plain data.

    Raises:
        InvalidRequestError: if JSON cannot represent it.

    """
    from dragoman.spec.serialization import plain_data  # noqa: PLC0415  # cattrs is slow to import

    try:
        return cast("JSON", plain_data(value))
    except Exception as error:  # noqa: BLE001  # whatever the class of the value raises
        message = f"the content of a ToolResult must be a string, parts, or a value that JSON can represent: {error}"
    raise InvalidRequestError(message)


def _outcome(value: str) -> Outcome:
    if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
        message = f"outcome of ToolResult must be a string such as 'ok' or 'error', not {shown(value)}"
        raise InvalidRequestError(message)
    return Outcome(plain_text(value))


@value(kw_only=True)
class ToolResult(PartFields):
    """Hold the result of a tool call.

    Args:
        call_id: the id of the call.
        name: the tool's name.
        content: what the tool returned: a string, which becomes one text part; parts; or any other value that JSON can
            represent, an attrs class, a dataclass or a pydantic model, which becomes one part of :class:`Data`.
        outcome: how the call ended; see :class:`Outcome`.

    """

    _texts = ("call_id", "name")
    call_id: str
    name: str
    content: tuple[ResultContent, ...] = field(converter=_result_content, default=())
    outcome: Outcome = field(converter=_outcome, default=Outcome("ok"))

    @property
    def text(self) -> str:
        """Return the text of the result; values of ``Data`` are written as JSON."""
        return "".join(_as_text(part) for part in self.content)


def _as_text(part: ResultContent) -> str:
    if isinstance(part, Text):
        return part.text
    if not isinstance(part, Data):
        return ""
    try:
        return json.dumps(part.value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        message = f"JSON cannot represent the value of Data: {error}; use strings, numbers, lists and dictionaries"
        raise InvalidRequestError(message) from None


Part: TypeAlias = Text | Reasoning | Media | ToolCall | ToolResult | Refusal | Data | Extension
"""Any part of a message."""
