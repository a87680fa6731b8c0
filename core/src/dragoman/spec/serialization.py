"""Conversion between the classes of the specification and plain data.

It is stricter than cattrs: values are not coerced, unknown keys are refused, and each misfit is reported with its path.
A part with an unknown ``type`` becomes an :class:`~dragoman.spec.parts.Extension`, which is written back unchanged.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Iterable, Mapping, Set as AbstractSet, ValuesView
from enum import Enum
from functools import cache
from typing import Any, TypeVar, cast

import attrs
from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from dragoman.spec.argument_checks import check_expressible, shown
from dragoman.spec.errors import UNKNOWN_OPTION, InvalidRequestError
from dragoman.spec.media import (
    Bytes,
    FileRef,
    InlineText,
    Media,
    MediaSource,
    Url,
)
from dragoman.spec.message import Message
from dragoman.spec.part_fields import PartFields
from dragoman.spec.parts import (
    Data,
    Extension,
    Part,
    Reasoning,
    Refusal,
    ResultContent,
    Text,
    ToolCall,
    ToolResult,
)
from dragoman.spec.request import ServerTool, Tool
from dragoman.spec.strict_conversion import mapping, misfits, strict_converter

T = TypeVar("T")

_UNKNOWN = "unknown."
_PARTS: dict[str, type[Any]] = {
    "text": Text,
    "reasoning": Reasoning,
    "media": Media,
    "tool_call": ToolCall,
    "tool_result": ToolResult,
    "refusal": Refusal,
    "data": Data,
    "extension": Extension,
}
OWN_TYPES = frozenset(_PARTS)
"""The types of parts in the form of :func:`to_dict`."""
_NO_TEXT = {"type": "text", "text": ""}
_SOURCES: dict[str, type[Any]] = {"bytes": Bytes, "url": Url, "file": FileRef, "text": InlineText}
_TOOLS: dict[str, type[Any]] = {"tool": Tool, "server_tool": ServerTool}


def to_dict(value: Any) -> dict[str, Any]:
    """Return a message, request, response or any of their parts as plain data that JSON can represent."""
    return cast("dict[str, Any]", _converter().unstructure(value))


def from_dict(kind: type[T], data: Mapping[str, Any]) -> T:
    """Make an object of the class *kind* from plain data, the inverse of :func:`to_dict`.

    Raises:
        InvalidRequestError: if the data does not fit; the message names the path of each misfit.

    """
    try:
        return _converter().structure(data, kind)
    except Exception as error:  # noqa: BLE001  # cattrs raises groups of whatever the hooks raised
        name = getattr(kind, "__name__", "a part")  # a union of classes has no name
        message = f"the data does not fit {name}: {'; '.join(misfits(error))}"
        raise InvalidRequestError(message) from None


def part_from_dict(data: Mapping[str, Any]) -> Part:
    """Make a part from plain data; a part with an unknown ``type`` becomes an ``Extension``.

    Raises:
        InvalidRequestError: if the data does not fit; the message names the path of each misfit.

    """
    return cast("Part", from_dict(cast("type[Any]", Part), data))


def message_to_dict(message: Message) -> dict[str, Any]:
    """Return a message as plain data; the content of a message of one plain text is a string."""
    return to_dict(message)


def message_from_dict(data: Mapping[str, Any]) -> Message:
    """Make a message from plain data."""
    return from_dict(Message, data)


def plain_data(value: Any) -> Any:
    """Return a value of a program as plain data: nested attrs classes, dataclasses, enumerations and pydantic models.

    All members are written, also those that have their defaults.

    Raises:
        TypeError: for a value that JSON cannot represent, and for a part of a message.
        ValueError: for a number that is not finite, and for keys that JSON writes alike.

    """
    if isinstance(value, Enum):
        return plain_data(value.value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            message = f"{value} is not a number that JSON can represent"
            raise ValueError(message)
        return value
    if isinstance(value, Mapping):
        return _plain_members(value)  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(value, list | tuple | AbstractSet | ValuesView | range):
        return [plain_data(each) for each in cast("Iterable[Any]", value)]
    if callable(dump := getattr(value, "model_dump", None)) and not isinstance(value, type):
        return plain_data(dump(mode="json"))
    kind: type[Any] = type(value)  # pyright: ignore[reportUnknownVariableType]
    if (names := _field_names(kind)) is not None:
        return {name: plain_data(getattr(value, name)) for name in names if hasattr(value, name)}
    written = strict_converter().unstructure(value)
    if written is value:
        message = f"{type(value).__name__} is not a value that JSON can represent"
        raise TypeError(message)
    return plain_data(written)


def _field_names(kind: type[Any]) -> list[str] | None:
    """Return the names of the fields of an attrs class or a dataclass, ``None`` for any other.

    Raises:
        TypeError: for the class of a part.

    """
    if issubclass(kind, PartFields):
        message = f"{kind.__name__} is a part, which stands alone or in a list of parts, not within a value"
        raise TypeError(message)
    if attrs.has(kind):
        return [each.name for each in attrs.fields(kind)]
    return [each.name for each in dataclasses.fields(kind)] if dataclasses.is_dataclass(kind) else None


def _plain_members(members: Mapping[Any, Any]) -> dict[str, Any]:
    plain = {_key(key): plain_data(each) for key, each in members.items()}
    if len(plain) < len(members):
        message = f"two of the keys {shown([*members])} would be written alike"
        raise ValueError(message)
    return plain


def _key(key: Any) -> str:
    """Return a key as JSON writes it."""
    known = plain_data(key)
    return known if isinstance(known, str) else json.dumps(known)


def structure_options(
    kind: type[T], options: Mapping[str, Any], *, provider: str, also: Iterable[str] | None = ()
) -> T:
    """Make an object of a provider's options class from the options of the caller.

    Args:
        kind: the options class, an attrs class.
        options: the options of the caller.
        provider: the name of the provider, for the error message.
        also: further names that may be suggested for a misspelled option; ``None`` for data that are not options of a
            call, so that none of its arguments is suggested.

    Raises:
        InvalidRequestError: for an unknown option (the message suggests the nearest known one), or a value of the
            wrong type.

    """
    known = [attribute.alias for attribute in attrs.fields(cast("Any", kind))]
    unknown = [name for name in options if name not in known]
    if unknown:
        from dragoman.spec.foreign_names import unknown_option  # noqa: PLC0415  # only errors need it

        message = "; ".join(f"{provider} has {unknown_option(name, known, also)}" for name in unknown)
        raise InvalidRequestError(message, provider=provider, parameter=unknown[0], code=UNKNOWN_OPTION)
    check_expressible(options, provider)
    try:
        return strict_converter().structure(options, kind)
    except Exception as error:  # noqa: BLE001  # cattrs raises groups of whatever the hooks raised
        found = misfits(error)
    message = f"wrong option for {provider}: {'; '.join(found)}"
    place = next((each.partition(" @ $.")[2] for each in found), "")
    name = next((each for each in known if each == place.partition(".")[0].partition("[")[0]), None)
    raise InvalidRequestError(message, provider=provider, parameter=name)  # here, no traceback shows the options


@cache
def _converter() -> Converter:
    """Return the converter that tells the members of our unions apart by their ``type``."""
    converter = strict_converter().copy()
    _register_union(converter, MediaSource, _SOURCES)
    _register_union(converter, ResultContent, _PARTS, unknown=_keep)
    _register_union(converter, Part, _PARTS, unknown=_keep)
    _register_union(converter, Tool | ServerTool, _TOOLS)
    write = make_dict_unstructure_fn(Message, converter, _cattrs_omit_if_default=True)
    converter.register_unstructure_hook(Message, lambda message: _shorten(message, write(message)))
    read = make_dict_structure_fn(Message, converter, _cattrs_forbid_extra_keys=True, parts=override(rename="content"))
    converter.register_structure_hook(Message, lambda data, _: read(_lengthen(data), Message))
    return converter


def _register_union(
    converter: Converter,
    union: Any,
    tags: Mapping[str, type[Any]],
    unknown: Callable[[Mapping[str, Any]], Any] | None = None,
) -> None:
    names = {kind: name for name, kind in tags.items()}

    def write(value: Any) -> dict[str, Any]:
        if isinstance(value, Extension) and _was_kept(value):
            return cast("dict[str, Any]", value.value)
        return {"type": names[type(value)], **converter.unstructure(value)}

    def read(data: Any, _: Any) -> Any:
        fields = mapping(data)
        kind = tags.get(tag := fields.pop("type", ""))
        if kind is not None:
            return converter.structure(fields, kind)
        if unknown is not None and tag:
            return unknown(data)
        message = f"'type' must be one of {', '.join(tags)}, not {shown(tag)}"
        raise ValueError(message)

    converter.register_unstructure_hook(union, write)
    converter.register_structure_hook(union, read)


def _keep(data: Mapping[str, Any]) -> Extension:
    return Extension(kind=f"{_UNKNOWN}{data['type']}", value=dict(data))


def _was_kept(part: Extension) -> bool:
    """Tell whether *part* is the result of reading a part of an unknown type."""
    data = part.value
    if not isinstance(data, dict):
        return False
    kind = data.get("type", "text")
    return isinstance(kind, str) and kind not in _PARTS and part == _keep(data)


def _shorten(message: Message, data: dict[str, Any]) -> dict[str, Any]:
    """Write the content of a message of one plain text as a string."""
    parts = data.pop("parts", [])
    plain = not parts or (len(parts) == 1 and parts[0] == {"type": "text", "text": message.content} != _NO_TEXT)
    return {"role": str(message.role), "content": message.content if plain else parts, **_without_role(data)}


def _without_role(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name != "role"}


def _lengthen(data: Any) -> dict[str, Any]:
    """Write the content of a message as a list of parts."""
    fields = mapping(data)
    content = fields.get("content")
    if content is None:
        fields["content"] = []
    elif isinstance(content, str):
        fields["content"] = [{"type": "text", "text": content}] if content else []
    return fields
