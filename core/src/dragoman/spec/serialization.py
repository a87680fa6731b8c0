"""Conversion between the classes of the specification and plain data.

It is stricter than cattrs: values are not coerced, unknown keys are refused, and each misfit is reported with its path.
A part with an unknown ``type`` becomes an :class:`~dragoman.spec.parts.Extension`, which is written back unchanged.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from functools import cache
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin
from uuid import UUID

import attrs
from cattrs import Converter, transform_error
from cattrs.cols import homogenous_tuple_structure_factory, list_structure_factory
from cattrs.errors import ForbiddenExtraKeysError
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from dragoman.spec._enums import OpenEnum
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
from dragoman.spec.secret import Secret

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
        message = f"the data does not fit {getattr(kind, '__name__', kind)}: {'; '.join(misfits(error))}"
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

    Raises:
        TypeError: for a value that JSON cannot represent.
        ValueError: for a number that is not finite.

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
        return {_key(key): plain_data(each) for key, each in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list | tuple | set | frozenset):
        return [plain_data(each) for each in cast("Iterable[Any]", value)]
    if callable(dump := getattr(value, "model_dump", None)) and not isinstance(value, type):
        return plain_data(dump(mode="json"))
    written = strict_converter().unstructure(value)
    if written is value:
        message = f"{type(value).__name__} is not a value that JSON can represent"
        raise TypeError(message)
    return plain_data(written)


def _key(key: Any) -> str:
    return key if isinstance(key, str) else str(plain_data(key))


def structure_options(
    kind: type[T], options: Mapping[str, Any], *, provider: str, also: Iterable[str] | None = ()
) -> T:
    """Make an object of a provider's options class from the options of the caller.

    Args:
        kind: the options class, an attrs class.
        options: the options of the caller.
        provider: the name of the provider, for the error message.
        also: further names that may be suggested for a misspelled option; ``None`` for data that are no options of a
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
        message = f"wrong option for {provider}: {'; '.join(misfits(error))}"
    raise InvalidRequestError(message, provider=provider)  # outside the handler, so that no traceback shows the options


def misfits(error: Exception) -> list[str]:
    """Return a description of each misfit, with its path."""
    return transform_error(error, format_exception=_explain)


def _explain(error: BaseException, kind: type | None) -> str:
    if isinstance(error, ForbiddenExtraKeysError):
        return f"unknown key {', '.join(sorted(map(repr, error.extra_fields)))}{_told(error)}"
    if isinstance(error, KeyError):
        return f"required field missing: {error.args[0]!r}"
    return str(error) or f"expected {getattr(kind, '__name__', kind)}"


def _told(error: ForbiddenExtraKeysError) -> str:
    """Return what unknown keys of one of our classes are called, in parentheses."""
    from dragoman.spec.foreign_names import has_table, refused  # noqa: PLC0415  # only errors need it

    kind: Any = error.cl
    if not has_table(kind.__name__):
        return ""
    advice = refused(sorted(error.extra_fields), [field.alias for field in attrs.fields(kind)], kind.__name__)
    return f" ({advice})" if advice else ""


@cache
def strict_converter() -> Converter:
    """Return a converter that coerces nothing."""
    converter = Converter(forbid_extra_keys=True, omit_if_default=True, prefer_attrib_converters=False)
    for scalar in (str, int, float, bool):
        converter.register_structure_hook(scalar, _exactly(scalar))
    converter.register_structure_hook(Secret, lambda value, _: Secret(value, name="a credential"))
    converter.register_structure_hook_func(_is_json, lambda value, _: value)
    converter.register_structure_hook_func(_is_open, lambda value, kind: kind(_exactly(str)(value, str)))
    for moment in (datetime, date, time):
        converter.register_structure_hook(moment, _from_text(moment, moment.fromisoformat))
        converter.register_unstructure_hook(moment, moment.isoformat)
    for number in (UUID, Decimal):
        converter.register_structure_hook(number, _from_text(number, number))
        converter.register_unstructure_hook(number, str)
    converter.register_structure_hook_factory(_is_list, _refusing_strings(list_structure_factory))
    converter.register_structure_hook_factory(_is_tuple, _refusing_strings(homogenous_tuple_structure_factory))
    converter.register_structure_hook_func(_is_annotated, _structure_annotated(converter))
    converter.register_structure_hook(bytes, _bytes)
    converter.register_unstructure_hook(bytes, lambda data: base64.b64encode(data).decode("ascii"))
    converter.register_unstructure_hook(OpenEnum, str.__str__)
    converter.register_unstructure_hook_func(_is_json, lambda value: value)
    converter.register_structure_hook_func(_is_plain_mapping, lambda value, _: _mapping(value))
    converter.register_unstructure_hook_func(_is_plain_mapping, dict)
    converter.register_structure_hook_func(is_scalar_union, _scalar_union)
    converter.register_unstructure_hook_func(_is_frozenset, sorted)
    return converter


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
        fields = _mapping(data)
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
    fields = _mapping(data)
    content = fields.get("content")
    if content is None:
        fields["content"] = []
    elif isinstance(content, str):
        fields["content"] = [{"type": "text", "text": content}] if content else []
    return fields


def _exactly(kind: type[Any]) -> Callable[[Any, Any], Any]:
    accepted = (int, float) if kind is float else kind

    def read(value: Any, target: Any) -> Any:
        if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
            message = f"expected {kind.__name__}, not {shown(value)}"
            raise TypeError(message)
        return target(value) if isinstance(target, type) and issubclass(target, Enum) else value

    return read


def _bytes(value: Any, _: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    try:
        return base64.b64decode(value, validate=True)
    except (TypeError, ValueError, binascii.Error):
        message = "expected bytes in base64"
        raise TypeError(message) from None


def _from_text(kind: type[Any], read: Callable[[str], Any]) -> Callable[[Any, Any], Any]:
    def structure(value: Any, _: Any) -> Any:
        if isinstance(value, kind):
            return value
        try:
            return read(_exactly(str)(value, str))
        except (ValueError, ArithmeticError):
            message = f"expected {kind.__name__}, not {shown(value)}"
            raise TypeError(message) from None

    return structure


def _is_list(kind: Any) -> bool:
    return get_origin(kind) in {list, Sequence} and not _is_json(get_args(kind)[0])


def _is_tuple(kind: Any) -> bool:
    return get_origin(kind) is tuple and get_args(kind)[1:] == (...,)


def _refusing_strings(
    factory: Callable[[Any, Converter], Callable[[Any, Any], Any]],
) -> Callable[[Any, Converter], Any]:
    """Refuse a string where a list is expected, instead of reading it as a list of characters."""

    def make(kind: Any, converter: Converter) -> Callable[[Any, Any], Any]:
        read = factory(kind, converter)

        def structure(value: Any, kind: Any) -> Any:
            if isinstance(value, str | bytes | Mapping):
                message = f"expected a list, not {shown(cast('object', value))}"
                raise TypeError(message)
            return read(value, kind)

        return structure

    return make


def _is_frozenset(kind: Any) -> bool:
    return get_origin(kind) is frozenset


def _is_annotated(kind: Any) -> bool:
    return get_origin(kind) is Annotated


def _structure_annotated(converter: Converter) -> Callable[[Any, Any], Any]:
    return lambda value, kind: converter.structure(value, get_args(kind)[0])


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        message = f"expected an object, not {shown(value)}"
        raise TypeError(message)
    return dict(cast("Mapping[str, Any]", value))


def _is_open(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, OpenEnum)


def _is_json(kind: Any) -> bool:
    """Tell whether *kind* is ``Any``, ``object`` or our ``JSON`` type, with its forward references resolved or not."""
    return kind in (Any, object) or (get_origin(kind) is Union and {bool, str, float} <= set(get_args(kind)))


def _is_plain_mapping(kind: Any) -> bool:
    if get_origin(kind) not in {Mapping, dict}:
        return False
    value = get_args(kind)[1]
    return _is_json(value) or value is str or _is_plain_mapping(value)


_SCALARS = (str, int, float, bool, type(None))


def is_scalar_union(kind: Any) -> bool:
    """Tell whether *kind* is a union of ``str``, ``int``, ``float``, ``bool`` and ``None``."""
    members = get_args(kind)
    return get_origin(kind) in {Union, UnionType} and len(members) > 1 and all(member in _SCALARS for member in members)


def _scalar_union(value: Any, kind: Any) -> Any:
    members = get_args(kind)
    if type(value) in members or (isinstance(value, int) and not isinstance(value, bool) and float in members):
        return value
    expected = " or ".join("null" if member is type(None) else member.__name__ for member in members)
    message = f"expected {expected}, not {shown(value)}"
    raise TypeError(message)
