"""A converter that coerces nothing and reports each misfit with its path, on which all conversions from data build."""

from __future__ import annotations

import base64
import binascii
import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin
from uuid import UUID

import attrs
from cattrs import Converter, transform_error
from cattrs.cols import homogenous_tuple_structure_factory, list_structure_factory
from cattrs.errors import ForbiddenExtraKeysError
from cattrs.gen import make_mapping_structure_fn  # pyright: ignore[reportUnknownVariableType]

from dragoman.spec._enums import OpenEnum
from dragoman.spec.argument_checks import shown
from dragoman.spec.secret import Secret


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
    from dragoman.spec.nearest_name import suggestion  # noqa: PLC0415  # only errors need it

    kind: Any = error.cl
    if not attrs.has(kind):
        return ""
    names, known = sorted(error.extra_fields), [field.alias for field in attrs.fields(kind)]
    if has_table(kind.__name__):
        advice = refused(names, known, kind.__name__)
    else:
        advice = "; ".join(found for name in names if (found := suggestion(name, known)))
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
    converter.register_structure_hook_factory(_is_class, _of_objects(Converter.gen_structure_attrs_fromdict))
    converter.register_structure_hook_factory(_is_mapping, _of_objects(_read_mapping))
    converter.register_structure_hook_factory(_is_list, _refusing_strings(list_structure_factory))
    converter.register_structure_hook_factory(_is_tuple, _refusing_strings(homogenous_tuple_structure_factory))
    converter.register_structure_hook_func(_is_literal, _choice)
    converter.register_structure_hook_func(_is_annotated, _structure_annotated(converter))
    converter.register_structure_hook(bytes, _bytes)
    converter.register_unstructure_hook(bytes, lambda data: base64.b64encode(data).decode("ascii"))
    converter.register_unstructure_hook(OpenEnum, str.__str__)
    converter.register_unstructure_hook_func(_is_json, lambda value: value)
    converter.register_structure_hook_func(_is_plain_mapping, lambda value, _: mapping(value))
    converter.register_unstructure_hook_func(_is_plain_mapping, dict)
    converter.register_structure_hook_func(is_scalar_union, _scalar_union)
    converter.register_unstructure_hook_func(_is_frozenset, sorted)
    return converter


def _exactly(kind: type[Any]) -> Callable[[Any, Any], Any]:
    accepted = (int, float) if kind is float else kind

    def read(value: Any, target: Any) -> Any:
        if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
            message = f"expected {kind.__name__}, not {shown(value)}"
            raise TypeError(message)
        return target(value) if isinstance(target, type) and issubclass(target, Enum) else value

    return read


def _is_literal(kind: Any) -> bool:
    """Tell whether a type is a choice of plain values; members of an enum are read by their values elsewhere."""
    return get_origin(kind) is Literal and not any(isinstance(each, Enum) for each in get_args(kind))


def _choice(value: Any, kind: Any) -> Any:
    choices = get_args(kind)
    if value not in choices:
        message = f"expected {' or '.join(map(repr, choices))}, not {shown(value)}"
        raise TypeError(message)
    return value


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
            if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
                message = f"expected a list, not {shown(cast('object', value))}"
                raise TypeError(message)
            return read(value, kind)

        return structure

    return make


def _read_mapping(converter: Converter, kind: Any) -> Callable[[Any, Any], Any]:
    return make_mapping_structure_fn(kind, converter, dict)  # the method of the converter would register its result


def _is_class(kind: Any) -> bool:
    return attrs.has(kind) or dataclasses.is_dataclass(kind)


def _of_objects(
    make: Callable[[Converter, Any], Callable[[Any, Any], Any]],
) -> Callable[[Any, Converter], Callable[[Any, Any], Any]]:
    """Refuse what is not an object where one is expected, before its members are asked for."""

    def factory(kind: Any, converter: Converter) -> Callable[[Any, Any], Any]:
        read = make(converter, kind)
        return lambda value, kind: read(mapping(value), kind)

    return factory


def _is_frozenset(kind: Any) -> bool:
    return get_origin(kind) is frozenset


def _is_annotated(kind: Any) -> bool:
    return get_origin(kind) is Annotated


def _structure_annotated(converter: Converter) -> Callable[[Any, Any], Any]:
    return lambda value, kind: converter.structure(value, get_args(kind)[0])


def mapping(value: Any) -> dict[str, Any]:
    """Return the members of an object.

    Raises:
        TypeError: if *value* is not a mapping.

    """
    if not isinstance(value, Mapping):
        message = f"expected an object, not {shown(value)}"
        raise TypeError(message)
    return dict(cast("Mapping[str, Any]", value))


def _is_open(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, OpenEnum)


def _is_json(kind: Any) -> bool:
    """Tell whether *kind* is ``Any``, ``object`` or our ``JSON`` type, with its forward references resolved or not."""
    return kind in (Any, object) or (get_origin(kind) is Union and {bool, str, float} <= set(get_args(kind)))


def _is_mapping(kind: Any) -> bool:
    return get_origin(kind) in {Mapping, dict}


def _is_plain_mapping(kind: Any) -> bool:
    if not _is_mapping(kind):
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
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if type(value) in members or (is_number and float in members):
        return value
    expected = " or ".join("null" if member is type(None) else member.__name__ for member in members)
    message = f"expected {expected}, not {shown(value)}"
    raise TypeError(message)
