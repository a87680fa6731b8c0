"""The value in an answer: its JSON found in what the model said, and read as what was asked for.

Models say more than JSON: a code fence around it, a sentence or their thoughts before it. All of that is read where the
whole text is not JSON. A value is then checked against the type without coercion, as JSON Schema would: ``5.0`` is an
integer, and ``null`` for a member with a default stands for the default.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from functools import cache
from types import UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Required,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

import attrs
from cattrs import AttributeValidationNote, ClassValidationError, Converter, ForbiddenExtraKeysError, override
from cattrs.gen import make_dict_structure_fn

from dragoman.spec._json_depth import parse_json
from dragoman.spec.argument_checks import shown
from dragoman.spec.errors import InvalidRequestError, OutputValidationError, RefusalError, TruncatedOutputError
from dragoman.spec.parts import Text
from dragoman.spec.response import FinishReason, Response
from dragoman.spec.schema import WRAPPED, is_required, json_schema
from dragoman.spec.serialization import is_scalar_union, misfits, strict_converter

T = TypeVar("T")

_FENCE = re.compile(r"```[a-zA-Z0-9_-]*[ \t]*\n?(.*?)```", re.DOTALL)
_THOUGHTS = re.compile(r"\A\s*<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
_BEGINNINGS = 20
"""At how many brackets of a text JSON is looked for."""
_EXACT = 2**53
_CUT = (FinishReason.LENGTH, FinishReason.INTERRUPTED)


def check_readable(kind: object) -> None:
    """Refuse a type that no answer can be read as, before anything is sent.

    Raises:
        InvalidRequestError: naming the type.

    """
    if getattr(kind, "model_validate", None) is not None:
        return
    try:
        _converter().get_structure_hook(bare(kind))
    except Exception as error:
        message = f"an answer cannot be read as {shown(kind)}: {error}"
        raise InvalidRequestError(message, parameter="output") from error


def read_answer(response: Response, kind: type[T]) -> T:
    """Return the answer of *response* as a value of *kind*; see :meth:`dragoman.Response.parse`."""
    if response.refusal is not None:
        message = f"the model declined: {response.refusal}"
        raise RefusalError(message, partial=response)
    if response.finish.reason == FinishReason.CONTENT_FILTER:
        message = "the answer was stopped by a content filter"
        raise RefusalError(message, partial=response)
    if response.finish.reason in _CUT:
        message = "the answer was cut before it was complete; raise max_tokens"
        raise TruncatedOutputError(message, partial=response)
    texts = [part.text for part in response.message.of_type(Text)]
    data = _data_in(texts, response)
    if _is_wrapped(data, kind):
        data = data[WRAPPED]
    of_pydantic: Callable[[Any], T] | None = getattr(kind, "model_validate", None)
    try:
        return _converter().structure(data, bare(kind)) if of_pydantic is None else of_pydantic(data)
    except Exception as error:  # noqa: BLE001  # cattrs raises groups of whatever the hooks raised
        message = f"the answer does not fit {getattr(kind, '__name__', kind)}: {'; '.join(misfits(error))}"
        raise OutputValidationError(message, partial=response) from None


def _data_in(texts: list[str], response: Response) -> Any:
    reason = ""
    for text in ("".join(texts), *texts[-1:]):  # some models talk before they answer
        try:
            return parse_json(text)
        except ValueError as error:
            reason = reason or str(error)
    for text in _candidates("".join(texts)):
        try:
            return parse_json(text)
        except ValueError:
            continue
    message = f"the answer is not JSON: {reason}"
    raise OutputValidationError(message, partial=response)


def _candidates(text: str) -> Iterator[str]:
    """Yield what may be the JSON in a text that holds more: after thoughts, in a fence, from a bracket on."""
    text = _THOUGHTS.sub("", text).strip()
    yield text
    yield from reversed(_FENCE.findall(text))
    decoder = json.JSONDecoder()
    for found, _ in zip(re.finditer(r"[\[{]", text), range(_BEGINNINGS), strict=False):
        try:
            _, end = decoder.raw_decode(text, found.start())
        except (ValueError, RecursionError):
            continue
        yield text[found.start() : end]
        return


def _is_wrapped(data: Any, kind: Any) -> bool:
    """Tell whether a value stands in a member of an object, as it is asked for where vendors demand an object."""
    if not isinstance(data, dict) or data.keys() != {WRAPPED}:
        return False
    return json_schema(kind).get("type") != "object"


@cache
def _converter() -> Converter:
    converter = strict_converter().copy()
    converter.register_structure_hook(int, _whole)
    converter.register_structure_hook_func(_is_union, lambda value, kind: _first_that_fits(converter, value, kind))
    converter.register_structure_hook_func(
        lambda kind: hasattr(kind, "model_validate"), lambda value, kind: kind.model_validate(value)
    )
    converter.register_structure_hook_func(_is_literal, _literal)
    converter.register_structure_hook_factory(_is_class, _class_reader)
    converter.register_structure_hook_factory(is_typeddict, _typed_dict_reader)
    converter.register_structure_hook_factory(_is_named_tuple, _named_tuple_reader)
    return converter


def _whole(value: Any, kind: Any) -> Any:
    """Read an integer, which JSON Schema also sees in ``5.0``."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        message = f"{shown(value)} is no int"
        raise TypeError(message)
    return kind(value) if isinstance(kind, type) and issubclass(kind, Enum) else value


def _is_union(kind: Any) -> bool:
    return get_origin(kind) in {Union, UnionType} and not is_scalar_union(kind)


def _first_that_fits(converter: Converter, value: Any, kind: Any) -> Any:
    """Read the first member of a union that the value fits; one of its own class comes before one that takes all."""
    members = get_args(kind)
    if value is None and type(None) in members:
        return None
    told: list[str] = []
    for member in sorted(members, key=lambda each: each is not type(value)):
        if member is type(None):
            continue
        try:
            return converter.structure(value, member)
        except Exception as error:  # noqa: BLE001  # cattrs raises groups of whatever the hooks raised
            told.append(f"{getattr(member, '__name__', member)}: {'; '.join(misfits(error))}")
    message = f"{shown(value)} fits none of the types ({' | '.join(told)})"
    raise TypeError(message)


def _is_literal(kind: Any) -> bool:
    origin: Any = get_origin(kind)
    return origin is Literal


def _literal(value: Any, kind: Any) -> Any:
    for choice in get_args(kind):
        plain: Any = choice.value if isinstance(choice, Enum) else choice
        if type(plain) is type(value) and plain == value:
            return choice
    message = f"{shown(value)} is not one of {', '.join(map(shown, get_args(kind)))}"
    raise ValueError(message)


def bare(kind: Any) -> Any:
    """Return a type without what ``Annotated`` says of it and its members, which may be of any kind."""
    if get_origin(kind) in {Annotated, Required, NotRequired}:
        return bare(get_args(kind)[0])
    origin, members = get_origin(kind), get_args(kind)
    if not members or origin is Literal:
        return kind
    plain: tuple[Any, ...] = tuple([member if isinstance(member, list) else bare(member) for member in members])
    if all(new is old for new, old in zip(plain, members, strict=True)):
        return kind
    if origin in {Union, UnionType}:
        return Union[plain]  # noqa: UP007  # made of what is known at run time alone
    return origin[plain]


def _is_class(kind: Any) -> bool:
    origin = get_origin(kind) or kind
    return isinstance(origin, type) and (attrs.has(origin) or dataclasses.is_dataclass(origin))


def _is_named_tuple(kind: Any) -> bool:
    made: Any = kind
    return isinstance(kind, type) and tuple in made.__mro__ and hasattr(made, "_fields")


def _hints(kind: Any) -> Mapping[str, Any]:
    try:
        return get_type_hints(get_origin(kind) or kind, include_extras=True)
    except (NameError, TypeError):  # what names itself in a function; cattrs resolves it, or says so
        return {}


def _class_reader(kind: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    """Read an attrs class or a dataclass; ``null`` for a member with a default that takes none is its default."""
    hints, defaulted = _hints(kind), _defaulted(get_origin(kind) or kind)
    annotated: dict[str, Any] = {
        name: override(struct_hook=_reader_of(converter, hint))
        for name, hint in hints.items()
        if bare(hint) is not hint
    }
    read = make_dict_structure_fn(
        kind, converter, _cattrs_forbid_extra_keys=True, _cattrs_prefer_attrib_converters=False, **annotated
    )
    dropped = {name for name in defaulted if name in hints and not _takes_null(bare(hints[name]))}

    def structure(value: Any, wanted: Any) -> Any:
        if isinstance(value, Mapping):
            data = cast("Mapping[str, Any]", value)
            value = {name: each for name, each in data.items() if each is not None or name not in dropped}
        return read(value, wanted)

    return structure


def _reader_of(converter: Converter, hint: Any) -> Callable[[Any, Any], Any]:
    plain = bare(hint)
    return lambda value, _: converter.structure(value, plain)


@cache
def _defaulted(kind: Any) -> frozenset[str]:
    """Return the members of a class that have a default."""
    if attrs.has(kind):
        return frozenset(each.name for each in attrs.fields(kind) if each.default is not attrs.NOTHING)
    missing = dataclasses.MISSING
    fields = [each for each in dataclasses.fields(kind) if each.init]
    return frozenset(each.name for each in fields if each.default is not missing or each.default_factory is not missing)


def _takes_null(hint: Any) -> bool:
    return hint in (Any, object, None, type(None)) or type(None) in get_args(hint)


def _typed_dict_reader(kind: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    """Read a ``TypedDict``, whose members are required or not by what their annotations say once they are resolved."""
    hints = _hints(kind)
    required = {name for name, hint in hints.items() if is_required(hint, usual=name in kind.__required_keys__)}

    def structure(value: Any, _: Any) -> Any:
        if not isinstance(value, Mapping):
            message = f"{shown(value)} is no object"
            raise TypeError(message)
        data = cast("Mapping[str, Any]", value)
        if extra := set(data) - set(hints):
            raise ForbiddenExtraKeysError("", kind, extra)
        if lacking := sorted(required - set(data)):
            raise KeyError(lacking[0])
        return {name: _member(converter, each, hints[name], name, kind) for name, each in data.items()}

    return structure


def _named_tuple_reader(kind: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    hints = _hints(kind)

    def structure(value: Any, _: Any) -> Any:
        if not isinstance(value, list | tuple) or len(cast("list[Any]", value)) != len(kind._fields):
            message = f"{shown(cast('object', value))} is no list of {len(kind._fields)} items"
            raise TypeError(message)
        pairs = zip(kind._fields, cast("list[Any]", value), strict=True)
        return kind(*[_member(converter, each, hints.get(name, Any), name, kind) for name, each in pairs])

    return structure


def _member(converter: Converter, value: Any, hint: Any, name: str, kind: type[Any]) -> Any:
    """Read one member; an error says where it stands."""
    try:
        return converter.structure(value, bare(hint))
    except Exception as error:  # noqa: BLE001  # cattrs raises groups of whatever the hooks raised
        make: Any = AttributeValidationNote
        note = make(f"Structuring {kind.__name__} @ attribute {name}", name, hint)
        error.add_note(note)
        message = f"while structuring {kind.__name__}"
        group: Any = ClassValidationError
        raise group(message, [error], kind) from None
