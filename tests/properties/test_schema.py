"""A value of a type fits the schema of the type; what lacks a field or has one too many does not."""

from __future__ import annotations

import base64
import dataclasses
import json
import typing
from functools import reduce
from operator import or_
from typing import Any, Literal

import attrs
import jsonschema
import pytest
from cattrs import Converter
from hypothesis import given, strategies as st

from dragoman.spec.schema import json_schema

CONVERTER = Converter()
CONVERTER.register_unstructure_hook(bytes, lambda data: base64.b64encode(data).decode("ascii"))

Sample = tuple[Any, "st.SearchStrategy[Any]"]
"""A type, and the values it has."""

NAMES = st.from_regex(r"[a-z]{1,6}", fullmatch=True).map(lambda name: f"f_{name}")
LITERALS = st.lists(st.text(max_size=3) | st.integers() | st.booleans() | st.none(), min_size=1, max_size=4)
SCALARS: st.SearchStrategy[Sample] = st.sampled_from(
    [
        (str, st.text()),
        (int, st.integers()),
        (float, st.floats(allow_nan=False, allow_infinity=False)),
        (bool, st.booleans()),
        (type(None), st.none()),
        (bytes, st.binary()),
    ]
)


def literal(values: list[Any]) -> Sample:
    return Literal[tuple(values)], st.sampled_from(values)


def union(samples: list[Sample]) -> Sample:
    return reduce(or_, (kind for kind, _ in samples)), st.one_of([values for _, values in samples])


def row(samples: list[Sample]) -> Sample:
    return tuple.__class_getitem__(tuple(kind for kind, _ in samples)), st.tuples(*(values for _, values in samples))


def containers(sample: Sample) -> st.SearchStrategy[Sample]:
    kind, values = sample
    few = st.lists(values, max_size=3)
    return st.sampled_from(
        [
            (list[kind], few),
            (tuple[kind, ...], few.map(tuple)),
            (dict[str, kind], st.dictionaries(st.text(max_size=3), values, max_size=3)),
            (kind | None, values | st.none()),
        ]
    )


def attrs_class(fields: dict[str, Sample]) -> Sample:
    kind = attrs.make_class("Attrs", {name: attrs.field(type=kind) for name, (kind, _) in fields.items()}, frozen=True)
    return kind, st.builds(kind, **{name: values for name, (_, values) in fields.items()})


def data_class(fields: dict[str, Sample]) -> Sample:
    kind = dataclasses.make_dataclass("Data", [(name, kind) for name, (kind, _) in fields.items()])
    return kind, st.builds(kind, **{name: values for name, (_, values) in fields.items()})


def typed_dict(fields: dict[str, Sample]) -> Sample:
    kind = typing.TypedDict("Typed", {name: kind for name, (kind, _) in fields.items()})
    return kind, st.fixed_dictionaries({name: values for name, (_, values) in fields.items()})


def objects(samples: st.SearchStrategy[Sample]) -> st.SearchStrategy[Sample]:
    fields = st.dictionaries(NAMES, samples, min_size=1, max_size=3)
    return st.builds(
        lambda make, members: make(members), st.sampled_from([attrs_class, data_class, typed_dict]), fields
    )


def composed(samples: st.SearchStrategy[Sample]) -> st.SearchStrategy[Sample]:
    several = st.lists(samples, min_size=1, max_size=3)
    return samples.flatmap(containers) | several.map(union) | several.map(row) | objects(samples)


SAMPLES = st.recursive(SCALARS | LITERALS.map(literal), composed, max_leaves=6)


def plain(value: object) -> Any:
    return json.loads(json.dumps(CONVERTER.unstructure(value)))


@given(SAMPLES, st.data())
def test_a_value_fits_the_schema_of_its_type(sample: Sample, data: st.DataObject) -> None:
    kind, values = sample
    schema = json_schema(kind)

    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(plain(data.draw(values)), schema, jsonschema.Draft202012Validator)


@given(objects(SAMPLES), st.data())
def test_an_object_with_a_field_less_or_more_does_not_fit(sample: Sample, data: st.DataObject) -> None:
    kind, values = sample
    schema = json_schema(kind)
    value = plain(data.draw(values))
    less = {name: value[name] for name in list(value)[1:]}

    for misfit in (less, {**value, "other": 1}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(misfit, schema, jsonschema.Draft202012Validator)


@given(SAMPLES)
def test_a_schema_is_the_same_each_time_and_speaks_json(sample: Sample) -> None:
    kind, _ = sample
    schema = json_schema(kind)

    assert json.dumps(json_schema(kind)) == json.dumps(schema)
    assert json.loads(json.dumps(schema)) == schema
