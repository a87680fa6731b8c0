"""Describe Python types as JSON Schema, and typed functions as tools.

The schemas use a small subset of `JSON Schema 2020-12 <https://json-schema.org/draft/2020-12>`_, the same for every
provider; a dialect rewrites what its API does not accept. Each class is defined once under ``$defs`` and referred to,
so classes may be recursive. The outermost class is written in place, since providers require an object there.
"""

from __future__ import annotations

import copy
import inspect
import itertools
import json
import re
import textwrap
import typing
from collections import abc, deque
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, Flag
from types import NoneType, UnionType
from typing import Annotated, Any, NoReturn, TypeAlias, TypeVar, cast, get_args, get_origin
from uuid import UUID

import attrs
from attrs import NOTHING, field, frozen

from dragoman.spec.annotation_keywords import description_in, keywords_in
from dragoman.spec.argument_checks import is_hashable, shown
from dragoman.spec.errors import InvalidRequestError
from dragoman.spec.part_fields import JSON
from dragoman.spec.request import Tool
from dragoman.spec.type_members import QUALIFIERS, Member, fill, is_structured, members_of, resolved_hints

_Schema: TypeAlias = dict[str, JSON]

WRAPPED = "value"
"""The name of the member that holds a value which is not an object, where an API requires an object."""
_REF = "#/$defs/"
_SECTION = re.compile(r"^(?:(Args|Arguments|Parameters|Attributes)|Returns|Yields|Raises):[ \t]*$", re.MULTILINE)
_ENTRY = re.compile(r"^(\w+)(?: *\(.*?\))?:", re.MULTILINE)
_INSTEAD: dict[object, str] = {
    complex: "use a class with two floats",
    timedelta: "use a float, in seconds",
    typing.Self: "name the class itself",  # pyright: ignore[reportUnknownMemberType]
    **dict.fromkeys((abc.Iterable, abc.Iterator, abc.Generator), "use list"),
}
_SCALARS: dict[type, _Schema] = {
    NoneType: {"type": "null"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
    bytes: {"type": "string", "contentEncoding": "base64"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    time: {"type": "string", "format": "time"},
    UUID: {"type": "string", "format": "uuid"},
    Decimal: {"type": "string", "format": "decimal"},
}


def json_schema(kind: object) -> dict[str, JSON]:
    """Return the JSON Schema of a type, a new dictionary each time.

    Args:
        kind: an attrs class, dataclass, ``TypedDict``, ``NamedTuple``, ``Enum``, ``Literal``, union, container or
            built-in type; also ``Annotated``, where a string is a description, a dictionary is merged into the schema,
            and bounds and descriptions of ``annotated-types``, ``pydantic.Field`` and ``typing_extensions.Doc`` become
            keywords of it; and any class with pydantic's ``model_json_schema``.

    Raises:
        InvalidRequestError: for a type that JSON cannot represent; the message names its path and an alternative.

    """
    writer = _Writer()
    return writer.finish(writer.write(kind, _label(kind)))


def read_schema(kind: object) -> dict[str, JSON]:
    """Return the JSON Schema by which plain data is read as a type: an item may be there twice where a set is made.

    Raises:
        InvalidRequestError: for a type that JSON cannot represent.

    """
    writer = _Writer(repeats=True)
    return writer.finish(writer.write(kind, _label(kind)))


def wrap_schema(schema: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return the schema of an object that holds a value of *schema*, or *schema* itself if it describes an object."""
    inner = dict(schema)
    if inner.get("type") == "object":
        return inner
    definitions = inner.pop("$defs", None)
    outer: dict[str, JSON] = {
        "type": "object",
        "properties": {WRAPPED: inner},
        "required": [WRAPPED],
        "additionalProperties": False,
    }
    return outer if definitions is None else {**outer, "$defs": definitions}


def tool(
    function: Callable[..., object],
    *,
    name: str | None = None,
    description: str | None = None,
    strict: bool | None = None,
) -> Tool:
    """Describe a typed function as a tool.

    Args:
        function: a function or method whose parameters are all annotated and can be given by name. Its docstring
            becomes the description of the tool; an ``Args:`` section in it describes the arguments.
        name: the name of the tool, if it is not that of the function.
        description: the description of the tool, if it is not the docstring.
        strict: whether the arguments must conform to the schema exactly.

    Raises:
        InvalidRequestError: for a parameter that cannot be given by name, or whose type JSON cannot represent.

    """
    if not (inspect.isfunction(function) or inspect.ismethod(function)):
        _refuse(shown(function), "this is not a Python function", "wrap it in a function that is defined with def")
    name = name or function.__name__
    if name == "<lambda>":
        _refuse(name, "a tool needs a name", "give name=")
    doc = inspect.getdoc(function) or ""
    writer = _Writer()
    schema = writer.finish(writer.object_of(parameters_of(function, name), doc, name))
    description = description or _SECTION.split(doc)[0].strip() or None
    return Tool(name=name, description=description, schema=schema, strict=strict)


@frozen
class _Writer:
    """Write one schema and the definitions that it refers to.

    Args:
        repeats: whether the items of a set may be there twice.

    """

    repeats: bool = False
    defs: dict[str, _Schema] = field(init=False, factory=dict[str, _Schema])
    names: list[tuple[object, str]] = field(init=False, factory=list[tuple[object, str]])

    def write(self, kind: object, path: str) -> _Schema:
        origin: Any = get_origin(kind) or kind
        if not is_hashable(origin):
            _refuse_value(origin, path)
        if (form := _FORMS.get(origin)) is not None:
            return form(self, kind, path)
        if isinstance(origin, typing.NewType):
            return self.write(origin.__supertype__, path)
        if isinstance(origin, TypeVar):
            return self.any_of(origin.__constraints__ or (origin.__bound__ or Any,), path)
        if isinstance(origin, type):
            return self.of_class(kind, origin, path)
        if hasattr(origin, "__value__"):  # `type X = ...`; typing.TypeAliasType exists only since Python 3.12
            return self.define(kind, lambda _: self.write(fill(origin.__value__, kind), path))
        return _unsupported(origin, path)

    def of_class(self, kind: object, origin: type[Any], path: str) -> _Schema:
        if issubclass(origin, Enum) and not issubclass(origin, Flag) and len(origin):
            return _choice(origin, path) | _description(_doc(origin).partition("\n")[0])
        if is_structured(origin):
            return self.define(kind, lambda name: self.structure(kind, origin, name, path))
        scalar = next((base for base in origin.__mro__ if base in _SCALARS), None)
        return dict(_SCALARS[scalar]) if scalar else _unsupported(origin, path)

    def define(self, kind: object, body: Callable[[str], _Schema]) -> _Schema:
        name = next((known for other, known in self.names if other == kind), None)
        if name is None:
            names = (_label(kind) + (f"_{number}" if number > 1 else "") for number in itertools.count(1))
            name = next(free for free in names if free not in self.defs)
            self.names.append((kind, name))
            self.defs[name] = {}  # reserves the name while the body is written, in which the class may occur again
            self.defs[name] = body(name)
        return {"$ref": _REF + name}

    def structure(self, kind: object, origin: type[Any], name: str, path: str) -> _Schema:
        if hasattr(origin, "model_json_schema"):
            return self.foreign(origin, name, path)
        members = [attrs.evolve(member, hint=fill(member.hint, kind)) for member in members_of(origin, path)]
        if issubclass(origin, tuple):
            least = len(members) - len(getattr(kind, "_field_defaults", ()))
            return _row([self.member(m, path, None) | {"title": m.name} for m in members], least)
        doc = _doc(origin)
        return self.object_of(members, doc, path) | _description(doc.partition("\n")[0])

    def foreign(self, origin: Any, name: str, path: str) -> _Schema:
        try:  # two underscores cannot occur in a label, so these names are free
            schema: _Schema = origin.model_json_schema(ref_template=f"{_REF}{name}__{{model}}")
        except (RuntimeError, NameError) as error:  # the base classes of pydantic's errors
            raise InvalidRequestError(f"{path}: {error}") from error
        inner = cast("dict[str, _Schema]", schema.pop("$defs", {}))
        self.defs.update({f"{name}__{model}": body for model, body in inner.items()})
        if self.repeats:  # the class says itself what it takes
            _allow_repeats([schema, self.defs])
        return schema

    def object_of(self, members: list[Member], doc: str, path: str) -> _Schema:
        notes = argument_notes(doc)
        return {
            "type": "object",
            "properties": {member.name: self.member(member, path, notes.get(member.name)) for member in members},
            "required": [member.name for member in members if member.default is NOTHING],
            "additionalProperties": False,
        }

    def member(self, member: Member, path: str, note: str | None) -> _Schema:
        path = f"{path}.{member.name}"
        if member.hint is None:
            _refuse(path, "this has no annotation", f"write its type, as in `{member.name}: str`")
        text = member.note or _text(member.hint) or note
        return self.write(member.hint, path) | _description(text) | _default(member.default)

    def annotated(self, kind: Any, path: str) -> _Schema:
        schema = self.write(kind.__origin__, path)
        return schema | keywords_in(kind.__metadata__, schema) | _description(_text(kind))

    def union(self, kind: object, path: str) -> _Schema:
        members = get_args(kind)
        anything = {bool, int, float, str, NoneType} <= set(members) and "ForwardRef('list[JSON]'" in repr(kind)
        return {} if anything else self.any_of(members, path)

    def any_of(self, kinds: Iterable[object], path: str) -> _Schema:
        return _one_of([self.write(kind, path) for kind in kinds])

    def array(self, kind: object, path: str) -> _Schema:
        return {"type": "array", "items": self.write((*get_args(kind), Any)[0], f"{path}[]")}

    def unique(self, kind: object, path: str) -> _Schema:
        return {**self.array(kind, path), **({} if self.repeats else {"uniqueItems": True})}

    def tuple_of(self, kind: object, path: str) -> _Schema:
        kinds = get_args(kind)
        if kinds[-1:] == (...,) or (not kinds and kind != tuple[()]):
            return self.array(kind, path)
        return _row([self.write(item, f"{path}[{index}]") for index, item in enumerate(kinds)])

    def mapping(self, kind: object, path: str) -> _Schema:
        key, value = get_args(kind) or (str, Any)
        names = self.write(key, f"{path}.keys()")
        if names.get("type") != "string":
            _refuse(f"{path}.keys()", "the keys of a JSON object are strings", "use dict[str, ...]")
        schema: _Schema = {"type": "object", "additionalProperties": self.write(value, f"{path}.*")}
        return schema if names == _SCALARS[str] else {**schema, "propertyNames": names}

    def finish(self, schema: _Schema) -> _Schema:
        for _ in self.defs:  # a definition may only refer to another one; cycles end with the loop
            body = self.defs.get(str(schema.get("$ref", "")).removeprefix(_REF), schema)
            schema = {**copy.deepcopy(body), **{key: schema[key] for key in schema if key != "$ref"}}
        written = json.dumps([schema, self.defs], default=str)
        used: _Schema = {name: body for name, body in self.defs.items() if f'"$ref": "{_REF}{name}"' in written}
        return {**schema, "$defs": used} if used else schema


_FORMS: dict[object, Callable[[_Writer, Any, str], _Schema]] = {
    None: lambda _, __, ___: {"type": "null"},
    tuple: _Writer.tuple_of,
    typing.Literal: lambda _, kind, path: _choice(get_args(kind), path),
    Annotated: _Writer.annotated,
    **dict.fromkeys((Any, object), lambda _, __, ___: {}),
    **dict.fromkeys((list, deque, abc.Sequence, abc.MutableSequence), _Writer.array),
    **dict.fromkeys((set, frozenset, abc.Set, abc.MutableSet), _Writer.unique),
    **dict.fromkeys((dict, abc.Mapping, abc.MutableMapping), _Writer.mapping),
    **dict.fromkeys((typing.Union, UnionType), _Writer.union),
    **dict.fromkeys(QUALIFIERS, lambda writer, kind, path: writer.write(get_args(kind)[0], path)),
}


_OF_TYPES = ("typing", "typing_extensions", "types")
"""Modules whose instances stand for types."""


def _refuse(path: str, what: str, instead: str) -> NoReturn:
    raise InvalidRequestError(f"{path}: {what}; {instead}")


def _refuse_value(value: object, path: str) -> NoReturn:
    """Refuse a value in the place of a type; one that is the whole of what was given needs no path."""
    own = type(value)
    advice = "give a type, such as list[int]" if own.__module__ == "builtins" else f"give its class {own.__qualname__}"
    what = f"{shown(value)} is not a type"
    if path == _label(value):
        raise InvalidRequestError(f"{what}; {advice}")
    _refuse(path, what, advice)


def _unsupported(kind: object, path: str) -> NoReturn:
    if isinstance(kind, str | typing.ForwardRef):
        _refuse(path, f"{kind!r} only names a type", "give the type itself, or use it in an annotation of a class")
    if not isinstance(kind, type) and type(kind).__module__ not in _OF_TYPES:
        _refuse_value(kind, path)
    advice = "use an attrs class, a dataclass or a built-in type that JSON can represent"
    name = getattr(kind, "__qualname__", None) or shown(kind)
    _refuse(path, f"JSON cannot represent {name}", _INSTEAD.get(kind, advice))


def _choice(values: Iterable[object], path: str) -> _Schema:
    groups: dict[str, list[JSON]] = {}
    for value in values:
        plain: Any = value.value if isinstance(value, Enum) else value
        name = next((_SCALARS[kind]["type"] for kind in (bool, int, str, NoneType) if isinstance(plain, kind)), None)
        if name is None:
            _refuse(path, f"{shown(plain)} cannot be a value of an enumeration", "use strings and whole numbers")
        groups.setdefault(str(name), []).append(plain)
    if not groups:
        _refuse(path, "this has no values to choose from", "give it at least one")
    return _one_of([{"type": name} if name == "null" else {"type": name, "enum": groups[name]} for name in groups])


def _one_of(schemas: list[_Schema]) -> _Schema:
    found: list[JSON] = []
    for schema in schemas:
        inner = cast("list[JSON]", schema["anyOf"] if schema.keys() == {"anyOf"} else [schema])
        found += [one for one in inner if one not in found]
    if {} in found:
        return {}
    return cast("_Schema", found[0]) if len(found) == 1 else {"anyOf": found}


def _allow_repeats(value: list[Any] | dict[str, Any]) -> None:
    """Take away what says in a schema that no item may be there twice."""
    if isinstance(value, dict) and value.get("uniqueItems") is True:
        del value["uniqueItems"]
    for each in value if isinstance(value, list) else value.values():
        if isinstance(each, list | dict):
            _allow_repeats(cast("list[Any] | dict[str, Any]", each))


def _row(items: list[_Schema], least: int | None = None) -> _Schema:
    prefix: _Schema = {"prefixItems": [*items]} if items else {}  # JSON Schema requires it to be non-empty
    return {"type": "array", **prefix, "minItems": len(items) if least is None else least, "maxItems": len(items)}


def _description(text: str | None) -> _Schema:
    return {"description": text} if text else {}


def _default(value: object) -> _Schema:
    plain = value.value if isinstance(value, Enum) and value is not NOTHING else value
    try:
        return {"default": json.loads(json.dumps(plain, allow_nan=False))}
    except (TypeError, ValueError):
        return {}


def _label(kind: object) -> str:
    origin = get_origin(kind) or kind
    words = [str(getattr(origin, "__name__", None) or shown(origin)), *map(_label, get_args(kind))]
    return re.sub(r"[^A-Za-z0-9]+", "_", " ".join(words)).strip("_") or "Type"


def parameters_of(function: Callable[..., object], name: str) -> list[Member]:
    """Return the parameters of a function as members; a model gives each of them by name.

    Raises:
        InvalidRequestError: for one that cannot be given by name, or whose annotation cannot be resolved.

    """
    hints = resolved_hints(function, name)
    members: list[Member] = []
    for p in inspect.signature(function).parameters.values():
        if p.kind not in {p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY}:
            _refuse(f"{name}({p})", "a model gives arguments by name", "make it an ordinary parameter")
        if callable(getattr(p.default, "is_required", None)) and hasattr(p.default, "annotation"):
            advice = f"write `{p.name}: Annotated[..., Field(...)]`, and the default, if there is one, after it"
            _refuse(f"{name}.{p.name}", "Field(...) is no default outside of a model", advice)
        members.append(Member(p.name, hints.get(p.name), NOTHING if p.default is p.empty else p.default))
    return members


def _text(hint: object) -> str | None:
    inner = get_args(hint)[0] if get_origin(hint) in QUALIFIERS else hint
    return description_in(getattr(inner, "__metadata__", ()))


def _doc(kind: type[Any]) -> str:
    doc = vars(kind).get("__doc__") or ""  # not inherited; dataclass() generates one, which is left out
    return "" if doc.startswith(f"{kind.__name__}(") else inspect.cleandoc(doc)


def argument_notes(doc: str) -> dict[str, str]:
    """Return the description of each argument in the ``Args:`` section of a docstring."""
    notes: dict[str, str] = {}
    parts = _SECTION.split(doc)
    for is_arguments, text in zip(parts[1::2], parts[2::2], strict=True):
        lines = itertools.takewhile(lambda line: not line[:1].strip(), text.splitlines() if is_arguments else ())
        entries = _ENTRY.split(textwrap.dedent("\n".join(lines)))
        notes |= {name: " ".join(note.split()) for name, note in zip(entries[1::2], entries[2::2], strict=True)}
    return notes
