"""The parts of a message. Answers and the input of the next turn use the same classes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, cast, overload

import attrs
from attrs import field

from dragoman.spec._enums import OpenEnum
from dragoman.spec._json_depth import parse_json
from dragoman.spec._value import value
from dragoman.spec.argument_checks import plain_text, shown
from dragoman.spec.argument_names import door, tells_names
from dragoman.spec.errors import InvalidRequestError, OutputError
from dragoman.spec.media import Media
from dragoman.spec.part_fields import JSON, PartFields, empty
from dragoman.spec.plain_text import bounded, printable

if TYPE_CHECKING:
    from dragoman.spec.request import Tool

_LONGEST_ERROR = 2_000
"""How many characters of the error of a tool a model is told."""


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
    metadata: Mapping[str, JSON] = field(factory=empty)


@value(kw_only=True)
class Text(PartFields):
    """Hold text."""

    _texts = ("text",)
    text: str
    citations: tuple[Citation, ...] = ()

    def __attrs_post_init__(self) -> None:
        """Check the types of the fields, at once where there is little to check: most parts are texts."""
        is_plain = type(self.text) is str and self.id is None and self.seal is None
        if not is_plain or type(self.options) is not dict or type(self.metadata) is not dict:
            super().__attrs_post_init__()


@value(kw_only=True)
class Reasoning(PartFields):
    """Hold the reasoning of a model; ``redacted`` if the provider does not show its text."""

    _texts = ("text",)
    text: str = ""
    redacted: bool = False


@tells_names
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

    @overload
    def parse(self) -> dict[str, JSON]: ...
    @overload
    def parse(self, tool: Tool | Callable[..., object]) -> dict[str, Any]: ...
    @door
    def parse(self, tool: Tool | Callable[..., object] | None = None) -> dict[str, Any]:
        """Return the arguments as a dictionary; an empty text, or ``null``, means no arguments.

        Args:
            tool: a typed function, or a tool, that the arguments have to fit. They become values of the types in its
                signature, so that ``function(**call.parse(function))`` gets what its annotations say.

        Raises:
            OutputError: if the text is not a JSON object, for example because the answer was cut.
            OutputValidationError: if the arguments do not fit *tool*; the message names the path of each misfit.

        """
        if tool is not None:
            from dragoman.spec.tool_arguments import read_arguments  # noqa: PLC0415  # not paid for at import

            return read_arguments(self, tool)
        from dragoman.spec.call_arguments import settled_arguments  # noqa: PLC0415  # not paid for at import

        try:
            value: JSON = parse_json(settled_arguments(self.arguments) or "{}")
        except ValueError as error:
            message = f"the arguments of tool call {self.name!r} ({self.call_id}) are not JSON: {error}"
            raise OutputError(message) from None
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
    """Return the parts of a result: a text, also one among parts, parts as they are, and other values as ``Data``."""
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
        others = [index for index in wrong if not isinstance(parts[index], str)]
        if len(wrong) < len(parts) and not others:
            return tuple(each for part in parts for each in _result_content(part))
        first = (others or wrong)[0]
        message = (
            f"part {first} of a ToolResult must be a string, Text, Media, Data or Extension, not {shown(parts[first])}"
        )
        raise InvalidRequestError(message)
    if isinstance(value, bytes | bytearray | memoryview):
        message = "the content of a ToolResult must be text, not bytes: decode it, or give Media.of(data) for a file"
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


@tells_names
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

    @classmethod
    @door
    def of(cls, call: ToolCall, value: object = None) -> ToolResult:
        """Make the result of a call from what its tool returned or raised.

        Args:
            call: the call.
            value: a string, which becomes a text; :class:`Media` and other parts, as they are; an exception, which
                becomes an error that the model is told; a result, which becomes that of this call; or any other value
                that JSON can represent, an attrs class, a dataclass or a pydantic model, which becomes ``Data``.

        Raises:
            InvalidRequestError: for a value that JSON cannot represent, or a text that UTF-8 cannot.

        """
        if isinstance(value, BaseException):
            return cls(call_id=call.call_id, name=call.name, content=_told(value), outcome="error")
        if isinstance(value, ToolResult):
            result = attrs.evolve(value, call_id=call.call_id, name=call.name)
        else:
            result = cls(call_id=call.call_id, name=call.name, content=_without_parts(value))
        _check_characters(result.text)
        return result

    @property
    def text(self) -> str:
        """Return the text of the result; values of ``Data`` are written as JSON.

        Texts that follow each other, and values that do, are on lines of their own; a value may continue a text.
        """
        written = list[str]()
        before: type[Part] | None = None
        for part in self.content:
            if text := _as_text(part):
                written += ["\n", text] if type(part) is before and not written[-1].endswith("\n") else [text]
                before = type(part)
        return "".join(written)


def _without_parts(value: Any) -> Any:
    """Return what a tool returned, an empty list as the value that it is, not as no parts."""
    kinds: Any = (list, tuple)
    return Data(value=[]) if isinstance(value, kinds) and not value else value


def _check_characters(text: str) -> None:
    """Refuse the halves of characters that Python makes of bytes which are not text, as in names of files."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        half = text[error.start : error.end]
        message = (
            f"the content of a ToolResult has {half!a}, which UTF-8 cannot represent; decode it with errors='replace'"
        )
        raise InvalidRequestError(message) from None


def _told(error: BaseException) -> str:
    """Return what a model is told of an error: the name of its class, and its message."""
    kind = type(error).__name__
    try:
        text = str(error)
    except Exception:  # noqa: BLE001  # a class may raise any exception here
        text = ""
    return printable(bounded(f"{kind}: {text}" if text else kind, _LONGEST_ERROR))


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
