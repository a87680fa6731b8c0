"""A schema is lowered to what a vendor takes, what is taken away is said in words, and values still mean the same.

The checker below is written from the vendor's published rules, and knows nothing of the code that lowers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, TypedDict
from urllib.parse import quote
from uuid import UUID

import attrs
import jsonschema
import pytest
from attrs import field, frozen

from dragoman import LLM, InvalidRequestError, LLMConfig, SchemaRules, Tool, UnsupportedError
from dragoman.spec.answers import read_answer
from dragoman.spec.response import Finish, build_response
from dragoman.spec.schema import json_schema, wrap_schema
from dragoman.spec.schema_lowering import lower_schema
from dragoman.spec.tool_schemas import tool_schema
from dragoman_anthropic.schema_rules import STRICT_SCHEMA as ANTHROPIC
from dragoman_cohere.models import SCHEMA as COHERE
from dragoman_google.schema_rules import ANSWER as GEMINI, SUBSET as GEMINI_SUBSET
from dragoman_openai_compatible import OpenAIProvider

RULES = OpenAIProvider.strict_schema
FORMATS = {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}
ALLOWED = {
    *("type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf", "$ref", "$defs"),
    *("title", "description", "pattern", "format", "multipleOf", "minimum", "maximum", "exclusiveMinimum"),
    *("exclusiveMaximum", "minItems", "maxItems"),
}


def breaches(node: Any, path: str = "$", *, root: bool = True) -> Iterator[str]:  # noqa: C901  # a list of rules
    if root and (node.get("type") != "object" or "anyOf" in node):
        yield f"{path}: the root is not an object"
    yield from (f"{path}: {name}" for name in node.keys() - ALLOWED)
    if "$ref" in node:
        if len(node) > 1:
            yield f"{path}: something next to a reference"
        return
    if node.get("format", "date") not in FORMATS:
        yield f"{path}: format {node['format']}"
    if not node.keys() & {"type", "anyOf", "enum", "const"}:
        yield f"{path}: no type"
    if node.get("type") == "object":
        if node.get("additionalProperties") is not False:
            yield f"{path}: open"
        if set(node["required"]) != set(node["properties"]):
            yield f"{path}: not all are required"
    for name, inner in (node.get("properties") or {}).items():
        yield from breaches(inner, f"{path}.{name}", root=False)
    for name, inner in (node.get("$defs") or {}).items():
        yield from breaches(inner, f"{path}.$defs.{name}", root=False)
    for inner in node.get("anyOf") or ():
        yield from breaches(inner, f"{path}|", root=False)
    if "items" in node:
        yield from breaches(node["items"], f"{path}[]", root=False)


class Color(Enum):
    RED = "red"
    BLUE = "blue"


@frozen
class Place:
    city: str
    size: int = 3


@frozen
class Trip:
    to: Annotated[Place, "where to"]
    by: Place | None = None
    stops: list[Place] = field(factory=list[Place])
    note: Annotated[str, {"minLength": 2}] = "none"


@frozen
class Tree:
    name: str
    children: list[Tree] = field(factory=list["Tree"])


class Movie(TypedDict):
    title: str


@frozen
class Everything:
    when: datetime
    day: date
    number: Decimal
    key: UUID
    color: Color
    kind: Literal["a", 1]
    either: Place | str
    rate: Annotated[float, {"minimum": 0, "maximum": 1}] = 0.5


KINDS: list[tuple[Any, Any, Any]] = [
    (Place, {"city": "Bern", "size": None}, Place("Bern")),
    (
        Trip,
        {"to": {"city": "Bern", "size": 1}, "by": None, "stops": [{"city": "Thun", "size": 2}], "note": None},
        Trip(Place("Bern", 1), None, [Place("Thun", 2)]),
    ),
    (Tree, {"name": "a", "children": [{"name": "b", "children": None}]}, Tree("a", [Tree("b")])),
    (list[int], {"value": [1, 2]}, [1, 2]),
    (int, {"value": 3}, 3),
    (Color, {"value": "red"}, Color.RED),
    (Movie, {"title": "Alien"}, {"title": "Alien"}),
    (list[Place] | None, {"value": None}, None),
    (
        Everything,
        {
            "when": "2026-01-02T03:04:05",
            "day": "2026-01-02",
            "number": "1.5",
            "color": "blue",
            "kind": 1,
            "key": "12345678-1234-5678-1234-567812345678",
            "either": {"city": "x", "size": 1},
            "rate": None,
        },
        Everything(
            when=datetime(2026, 1, 2, 3, 4, 5),  # noqa: DTZ001  # as it is written
            day=date(2026, 1, 2),
            number=Decimal("1.5"),
            key=UUID("12345678-1234-5678-1234-567812345678"),
            color=Color.BLUE,
            kind=1,
            either=Place("x", 1),
        ),
    ),
]


@pytest.mark.parametrize(("kind", "value", "expected"), KINDS)
def test_what_is_sent_keeps_the_vendor_s_rules_and_comes_back_as_the_type(kind: Any, value: Any, expected: Any) -> None:
    lowered = lower_schema(wrap_schema(json_schema(kind)), RULES)
    assert lowered.strict, lowered.notes
    assert [*breaches(lowered.schema)] == []
    jsonschema.validate(value, lowered.schema)
    response = build_response([_text(json.dumps(value))], Finish(reason="stop"))
    assert read_answer(response, kind) == expected


def _text(text: str) -> Any:
    from dragoman import Text  # noqa: PLC0415  # the one place where it is made

    return Text(text=text)


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ({"type": "object", "additionalProperties": {"type": "string"}}, "members of any name"),
        ({"type": "object", "properties": {"a": {}}}, "anything is allowed"),
        ({"type": "object", "properties": {"a": {"type": "array"}}}, "no one type"),
        ({"type": "array", "items": {"type": "string"}}, "outermost"),
        ({"type": "object", "properties": {"a": {"$ref": "#/$defs/B"}}}, "leads nowhere"),
        ({"type": "object", "properties": {"a": {"allOf": [{"type": "string"}, {"type": "number"}]}}}, "allOf"),
        ({"type": "object", "properties": {"a": {"description": "?"}}}, "no type"),
        ({"anyOf": [{"type": "object", "properties": {}}]}, "outermost"),
    ],
)
def test_what_cannot_be_held_to_the_letter_is_sent_as_it_is_and_said(schema: Any, why: str) -> None:
    lowered = lower_schema(schema, RULES)
    assert not lowered.strict
    assert lowered.schema == schema
    assert any(why in note for note in lowered.notes)
    llm = LLM(LLMConfig("gpt-4o", provider="openai", api_key="k"))
    if why == "outermost":
        with pytest.raises(InvalidRequestError, match="schema of an object"):
            llm.build_request("q", output=schema)
        return
    response = llm.build_request("q", output=schema).body
    assert response["response_format"]["json_schema"]["strict"] is False


def test_too_many_levels_members_and_endless_references_are_not_held_to_the_letter() -> None:
    deep: Any = {"type": "string"}
    for _ in range(12):
        deep = {"type": "object", "properties": {"a": deep}}
    assert not lower_schema(deep, RULES).strict
    wide = {"type": "object", "properties": {str(number): {"type": "string"} for number in range(5001)}}
    assert not lower_schema(wide, RULES).strict
    many = {"type": "object", "properties": {"a": {"type": "integer", "enum": [*range(1001)]}}}
    assert not lower_schema(many, RULES).strict


def test_what_is_taken_away_is_said_in_the_description() -> None:
    schema = {
        "type": "object",
        "properties": {
            "a": {"type": "string", "minLength": 2, "description": "a word"},
            "b": {"type": "string", "format": "decimal", "default": "1"},
            "c": {"oneOf": [{"type": "string"}, {"type": "null"}]},
            "d": {"allOf": [{"type": "integer"}]},
            "e": {"properties": {}, "examples": [{}]},
        },
        "required": ["a"],
    }
    lowered = lower_schema(schema, RULES)
    assert lowered.strict, lowered.notes
    assert [*breaches(lowered.schema)] == []
    members: Any = lowered.schema["properties"]
    assert members["a"] == {"type": "string", "description": "a word (minLength: 2)"}
    assert 'format: "decimal"' in members["b"]["description"]
    assert len(lowered.notes) >= 3


def test_a_request_says_what_became_of_its_schema() -> None:
    llm = LLM(LLMConfig("gpt-4o", provider="openai", api_key="k"))
    sent = llm.build_request("q", output=Trip).body["response_format"]["json_schema"]
    assert sent["strict"] is True
    assert [*breaches(sent["schema"])] == []
    loose = {"type": "object", "additionalProperties": True}
    from dragoman import OutputFormat  # noqa: PLC0415  # used here alone

    with pytest.raises(UnsupportedError, match="cannot be held to this schema"):
        llm.build_request("q", output=OutputFormat("json_schema", schema=loose, strict=True))
    kept = llm.build_request("q", output=OutputFormat("json_schema", schema=loose, strict=False)).body
    assert kept["response_format"]["json_schema"]["schema"] == loose


@pytest.mark.parametrize("schema", [{"type": "object"}, {}])
def test_the_arguments_of_a_tool_have_properties(schema: Any) -> None:
    assert tool_schema(schema, "f", lists_members=True)[0] == {"type": "object", "properties": {}}
    whole = {"type": "object", "properties": {"a": {"type": "string"}}}
    assert tool_schema(whole, "f", lists_members=True)[0] is whole
    body = LLM(LLMConfig("gpt-4o", provider="openai", api_key="k")).build_request(
        "q", tools=[Tool(name="f", schema=schema)]
    )
    assert body.body["tools"][0]["function"]["parameters"]["properties"] == {}


def test_an_open_object_and_an_endless_reference_under_other_rules() -> None:
    open_object = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": True}
    assert lower_schema(open_object, SchemaRules(keywords=["additionalProperties"], closed=False)).strict
    described = {"$ref": "#/$defs/A", "description": "again"}
    definition = {"type": "object", "properties": {"a": described}}
    endless = {"type": "object", "properties": {"a": described}, "$defs": {"A": definition}}
    lowered: Any = lower_schema(endless, SchemaRules(bare_references=True)).schema
    assert lowered["properties"]["a"] == {"anyOf": [{"$ref": "#/$defs/A"}], "description": "again"}


def test_the_same_obstacle_is_said_once_and_null_is_not_added_twice() -> None:
    twice = {"type": "object", "properties": {"a": {"$ref": "#/$defs/B"}}, "$defs": {"B": {"type": "array"}}}
    loose = lower_schema({**twice, "properties": {"a": {"$ref": "#/$defs/B"}, "b": {"$ref": "#/$defs/B"}}}, RULES)
    assert len(loose.notes) == len({*loose.notes})
    nullable = {
        "type": "object",
        "properties": {
            "a": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "b": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
            "c": {"type": ["string", "null"]},
            "d": {"type": "null"},
        },
    }
    members: Any = lower_schema(nullable, RULES).schema["properties"]
    assert members["a"] == nullable["properties"]["a"]  # type: ignore[index]
    assert members["b"]["anyOf"][-1] == {"type": "null"}
    assert members["c"] == {"type": ["string", "null"]}
    assert members["d"] == {"type": "null"}


LAX = SchemaRules(
    closed=False, best_effort=True, object_root=False, constants=False, enumerations=["string"], blank_choices=False
)


@pytest.mark.parametrize(
    ("given", "sent", "words"),
    [
        ({"type": ["string", "null"], "enum": ["a", None]}, [{"type": "string", "enum": ["a"]}, {"type": "null"}], ""),
        ({"enum": [None]}, {"type": "null"}, ""),
        ({"const": "a"}, {"type": "string", "enum": ["a"]}, ""),
        ({"const": 1}, {"type": "integer", "description": "one of [1]"}, "one of"),
        (
            {"type": "object", "patternProperties": {}},
            {"type": "object", "description": "patternProperties: {}"},
            "pat",
        ),
        ({"type": "object", "additionalProperties": False}, {"type": "object"}, ""),
        ({"type": "STRING"}, {"type": "string"}, ""),
        ({"type": "array"}, {"type": "array"}, ""),
        (
            {"type": "array", "prefixItems": [{"type": "string"}, {"type": "string"}]},
            {
                "type": "array",
                "items": {"type": "string"},
                "description": 'prefixItems: [{"type": "string"}, {"type": "string"}]',
            },
            "prefixItems",
        ),
        ({"enum": ["", "a"]}, {"type": "string", "enum": ["a"], "description": 'may be ""'}, 'may be ""'),
        ({"description": "what it is"}, {"description": "what it is"}, ""),
    ],
)
def test_a_vendor_without_a_strict_mode_gets_what_it_takes(given: Any, sent: Any, words: str) -> None:
    lowered = lower_schema(given, LAX)
    assert lowered.strict
    assert not lowered.is_broken
    assert lowered.schema == ({"anyOf": sent} if isinstance(sent, list) else sent)
    assert [words in note for note in lowered.notes] == ([True] if words else [])


def test_what_follows_the_positions_of_a_row_is_said_with_them() -> None:
    lowered = lower_schema({"type": "array", "prefixItems": [{"type": "string"}], "items": {"type": "integer"}}, LAX)
    assert lowered.schema == {
        "type": "array",
        "items": {"type": "string"},
        "description": 'items: {"type": "integer"} (prefixItems: [{"type": "string"}])',
    }
    assert len(lowered.notes) == 2


def test_enumerations_of_two_kinds_and_null() -> None:
    rules = attrs.evolve(LAX, enumerations=["string", "integer"])
    lowered = lower_schema({"enum": ["a", 1, None]}, rules).schema
    assert lowered == {"anyOf": [{"type": ["string", "integer"], "enum": ["a", 1]}, {"type": "null"}]}
    assert lower_schema({"enum": ["a", 1]}, rules).schema == {"type": ["string", "integer"], "enum": ["a", 1]}


def test_what_all_of_says_is_said_in_one_schema_if_it_agrees() -> None:
    named = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    aged = {"properties": {"age": {"type": "integer"}}, "required": ["age"]}
    both = lower_schema({"allOf": [named, aged]}, RULES)
    assert both.strict
    assert [*breaches(both.schema)] == []
    assert both.schema["required"] == ["name", "age"]
    other = {"properties": {"name": {"type": "integer"}}}
    assert not lower_schema({"type": "object", "allOf": [named, other]}, RULES).strict


def test_a_schema_that_is_taken_as_it_stands_is_told_from_one_that_is_changed() -> None:
    closed = {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "required": ["a"],
        "additionalProperties": False,
    }
    assert lower_schema({**closed, "$schema": "https://json-schema.org/draft/2020-12/schema"}, RULES).is_same
    opened = {name: each for name, each in closed.items() if name != "additionalProperties"}
    described: Any = {**closed, "properties": {"a": {"$ref": "#/$defs/A", "title": "A"}}, "$defs": {"A": closed}}
    untyped: Any = {**closed, "properties": {"a": {"enum": ["a"]}}}
    noted: Any = {**closed, "properties": {"a": {"type": "string", "minLength": 1}}}
    for schema in (opened, described, untyped, noted):
        lowered = lower_schema(schema, RULES)
        assert lowered.strict
        assert not lowered.is_same


@pytest.mark.parametrize(
    "properties",
    [
        {"a": {"$ref": "https://example.com/schema.json"}},
        {"a": {"$ref": "#/$defs/B/properties/b"}},
    ],
)
def test_a_reference_that_leads_nowhere_has_no_form(properties: Any) -> None:
    lowered = lower_schema({"type": "object", "properties": properties, "$defs": {"B": {"type": "object"}}}, LAX)
    assert (lowered.is_broken, lowered.strict) == (True, False)
    assert "leads nowhere" in lowered.notes[0]


def test_a_root_that_refers_to_a_definition_is_written_out() -> None:
    tree = {"type": "object", "properties": {"next": {"$ref": "#/$defs/T"}}, "required": []}
    lowered = lower_schema({"$ref": "#/$defs/T", "$defs": {"T": tree}}, SchemaRules(closed=False))
    assert lowered.schema == {**tree, "$defs": {"T": tree}}
    assert lower_schema({"$ref": "#/$defs/X"}, LAX).is_broken


NODE: dict[str, Any] = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}
LEAF: dict[str, Any] = {"type": "object", "properties": {"x": {"type": "string"}}, "required": ["x"]}


@pytest.mark.parametrize(
    "rules",
    [RULES, ANTHROPIC, GEMINI, GEMINI_SUBSET, COHERE],
    ids=["openai", "anthropic", "gemini", "gemini subset", "cohere"],
)
@pytest.mark.parametrize("name", ["Node", "Leaf"])
@pytest.mark.parametrize("beside", [{}, {"description": "It."}, {"default": None, "title": "A"}])
def test_a_reference_in_an_all_of_of_its_own_is_that_reference(name: str, beside: Any, rules: SchemaRules) -> None:
    reference, known = {"$ref": f"#/$defs/{name}"}, {"$defs": {"Node": NODE, "Leaf": LEAF}}
    wrapped, bare = {"allOf": [reference], **beside}, {**reference, **beside}
    member: dict[str, Any] = {"type": "object", "required": ["a"], **known}
    for one, other in [
        ({**wrapped, **known}, {**bare, **known}),
        ({**member, "properties": {"a": wrapped}}, {**member, "properties": {"a": bare}}),
    ]:
        sent, expected = lower_schema(one, rules), lower_schema(other, rules)
        assert (sent.strict, sent.is_broken) == (expected.strict, expected.is_broken)
        assert sent.strict is False or sent.schema == expected.schema


@pytest.mark.parametrize("model", ["openai/gpt-4o", "openai/gpt-5.1", "groq/openai/gpt-oss-20b"])
@pytest.mark.parametrize("root", [{"$ref": "#/$defs/Open"}, {"allOf": [{"$ref": "#/$defs/Open"}]}])
def test_an_object_that_the_root_refers_to_is_an_object_also_where_it_is_no_strict_one(root: Any, model: str) -> None:
    found = {"type": "object", "additionalProperties": {"type": "string"}}
    body: Any = LLM(model, api_key="k").build_request("q", output={**root, "$defs": {"Open": found}}).body
    sent = (body.get("response_format") or {"json_schema": body.get("text", {}).get("format")})["json_schema"]
    assert not sent["strict"]
    assert {name: each for name, each in sent["schema"].items() if name != "$defs"} == found


def test_references_are_written_out_where_there_are_none() -> None:
    rules = attrs.evolve(LAX, references=False)
    part = {"type": "object", "properties": {"n": {"type": "number"}}}
    lowered = lower_schema({"type": "array", "items": {"$ref": "#/definitions/P"}, "definitions": {"P": part}}, rules)
    assert lowered.schema == {"type": "array", "items": part}
    endless = {"$ref": "#/$defs/P", "$defs": {"P": {"type": "array", "items": {"$ref": "#/$defs/P"}}}}
    assert "refers to itself" in lower_schema(endless, rules).notes[0]
    level: dict[str, Any] = {"D0": {"type": "string"}}
    for number in range(10):  # each level writes out the one below twice
        inner = {"$ref": f"#/$defs/D{number}"}
        level[f"D{number + 1}"] = {"type": "object", "properties": {"a": inner, "b": inner}}
    lowered = lower_schema({"$ref": "#/$defs/D10", "$defs": level}, rules)
    assert lowered.is_broken
    assert "too often" in lowered.notes[0]


def test_a_reference_to_a_part_of_the_schema_is_written_out() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"$ref": "#/properties/a"}}}
    members: Any = lower_schema(schema, SchemaRules()).schema["properties"]
    assert members["b"] == {"type": "string"}
    whole = {"type": "object", "properties": {"a": {"$ref": "#", "title": "again", "minProperties": 1}}}
    beside: Any = lower_schema(whole, SchemaRules()).schema["properties"]
    assert beside["a"] == {"$ref": "#", "title": "again", "description": "minProperties: 1"}
    assert lower_schema({**whole, "properties": {"a": {"$ref": "#"}}}, SchemaRules()).strict
    sibling = lower_schema(whole, SchemaRules(bare_references=True)).schema
    assert sibling["properties"] == {  # type: ignore[comparison-overlap]
        "a": {"anyOf": [{"$ref": "#"}], "title": "again", "description": "minProperties: 1"}
    }
    structural = {"type": "object", "properties": {"a": {"$ref": "#", "properties": {}}}}
    assert not lower_schema(structural, SchemaRules(bare_references=True)).strict


def test_members_of_a_cycle_are_not_required_where_it_must_be_broken() -> None:
    tree = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "next": {"$ref": "#"}},
        "required": ["name", "next"],
    }
    lowered = lower_schema(tree, attrs.evolve(LAX, recursion="optional"))
    assert lowered.schema["required"] == ["name"]
    assert "not required" in lowered.notes[0]
    assert not lower_schema(tree, SchemaRules(recursion="never")).strict


def test_counts_of_members_that_are_optional_or_of_several_types() -> None:
    optional = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": ["string", "null"]}}}
    assert lower_schema(optional, SchemaRules(optional=2, unions=1)).strict
    assert "need not be there" in lower_schema(optional, SchemaRules(optional=1)).notes[0]
    assert "several types" in lower_schema(optional, SchemaRules(unions=0)).notes[0]


def test_what_stands_beside_alternatives_is_written_into_each() -> None:
    members = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}}
    either = [{"required": ["a"]}, {"required": ["b"]}]
    inner: Any = {"type": "object", "properties": {"x": {**members, "title": "X", "anyOf": [*either, False]}}}
    for rules in (LAX, GEMINI_SUBSET):
        lowered: Any = lower_schema(inner, rules).schema
        assert lowered["properties"]["x"]["anyOf"] == [{**each, **members} for each in either]
    assert lower_schema(inner, RULES).strict
    assert lower_schema(inner, ANTHROPIC).strict
    ranges: Any = {"type": "integer", "minimum": 2, "anyOf": [{"maximum": 4}, {"multipleOf": 7}]}
    assert lower_schema({"type": "object", "properties": {"n": ranges}}, RULES).strict


@pytest.mark.parametrize(
    "node",
    [
        {"type": "string", "anyOf": [{"type": "integer"}, {"type": "string"}]},
        {
            "type": "object",
            "properties": {"a": {"type": "string"}},
            "additionalProperties": False,
            "anyOf": [{"properties": {"b": {"type": "string"}}}],
        },
    ],
)
def test_what_contradicts_an_alternative_beside_it_is_said_where_nothing_may_stand_there(node: Any) -> None:
    lowered: Any = lower_schema({"type": "object", "properties": {"x": node}}, GEMINI_SUBSET)
    beside = {*node} - {"anyOf"}
    assert lowered.schema["properties"]["x"].keys() == {"anyOf", "description"}
    assert all(any(f"said in the description: {name}" in note for note in lowered.notes) for name in beside)


def test_alternatives_beside_each_other_are_written_out_a_limited_number_of_times() -> None:
    node: Any = {"type": "string"}
    for _ in range(20):
        branches = [{"required": ["a"]}, {"required": ["b"]}]
        node = {"type": "object", "properties": {"a": node, "b": {"type": "string"}}, "anyOf": branches}
    assert len(json.dumps(lower_schema(node, LAX).schema)) < 1_000_000


def test_other_members_that_are_not_evaluated_are_additional_ones() -> None:
    closed: Any = {"type": "object", "properties": {"a": {"type": "string"}}, "unevaluatedProperties": False}
    assert lower_schema(closed, COHERE).schema["additionalProperties"] is False
    assert lower_schema({**closed, "additionalProperties": True}, COHERE).schema["additionalProperties"] is True


def test_values_of_another_type_are_no_choice() -> None:
    def lowered(node: Any, rules: SchemaRules) -> Any:
        return lower_schema({"type": "object", "properties": {"a": node}, "required": ["a"]}, rules)

    for rules in (RULES, ANTHROPIC, GEMINI, GEMINI_SUBSET, COHERE):
        some = lowered({"type": "string", "enum": ["x", None, 1]}, rules)
        assert some.schema["properties"]["a"] == {"type": "string", "enum": ["x"]}
        assert "values of other types than string are left out" in some.notes[0]
        assert some.strict
        none = lowered({"type": "string", "enum": [1, 2]}, rules)
        assert none.strict is rules.best_effort
        if none.strict:
            assert none.schema["properties"]["a"] == {"type": "string", "description": "enum: [1, 2]"}


def test_a_list_of_anything_is_one_of_texts_where_items_must_have_a_type() -> None:
    for node in ({"type": "array"}, {"type": "array", "items": {}}):
        lowered = lower_schema({"type": "object", "properties": {"a": node}}, GEMINI_SUBSET)
        assert lowered.schema["properties"] == {"a": {"type": "array", "items": {"type": "string"}}}
        assert lowered.notes == ("$.a[]: asked for as text, because it must have a type",)


def test_a_list_without_a_type_is_a_list() -> None:
    for rules in (RULES, ANTHROPIC, GEMINI, GEMINI_SUBSET, COHERE):
        node: Any = {"type": "object", "properties": {"a": {"items": {"type": "string"}}}, "required": ["a"]}
        assert lower_schema(node, rules).schema["properties"] == {"a": {"type": "array", "items": {"type": "string"}}}


def test_definitions_are_found_in_either_place() -> None:
    schema: Any = {
        "type": "object",
        "properties": {"a": {"$ref": "#/definitions/A"}, "b": {"$ref": "#/$defs/B"}},
        "definitions": {"A": {"type": "string"}},
        "$defs": {"B": {"type": "integer"}},
    }
    sent: Any = lower_schema(schema, RULES)
    assert sent.strict
    assert sent.schema["$defs"] == schema["definitions"] | schema["$defs"]


def test_alternatives_of_two_kinds_are_not_held_to_the_letter() -> None:
    assert not lower_schema({"oneOf": [{"type": "object"}], "anyOf": [{"type": "object"}]}, RULES).strict


def test_nonsense_in_a_schema_is_no_crash() -> None:
    for nonsense in (
        {"properties": []},
        {"anyOf": "a"},
        {"enum": 5},
        {"required": 5, "type": "object"},
        {"allOf": [5]},
    ):
        assert not lower_schema(nonsense, LAX).is_broken


def test_a_cycle_without_a_member_on_the_way_is_broken_where_it_must_be() -> None:
    rules = attrs.evolve(LAX, keywords=["additionalProperties"], recursion="optional")
    lists = {"type": "array", "items": {"$ref": "#/$defs/L", "title": "inner", "minLength": 1}}
    maps = {"type": "object", "additionalProperties": {"type": "array", "items": {"$ref": "#/$defs/M"}}}
    member = {"type": "object", "properties": {"next": {"$ref": "#/$defs/O"}}}
    schema = {
        "type": "object",
        "properties": {name: {"$ref": f"#/$defs/{name}"} for name in "LMO"},
        "$defs": {"L": lists, "M": maps, "O": member},
    }
    definitions: Any = lower_schema(schema, rules).schema["$defs"]
    assert definitions["L"]["items"] == {"title": "inner", "description": "minLength: 1 (#/$defs/L again)"}
    assert definitions["M"]["additionalProperties"]["items"] == {"description": "#/$defs/M again"}
    assert definitions["O"] == member


def test_branches_in_branches_and_branches_that_do_not_agree() -> None:
    titled = {"title": "T", "allOf": [{"title": "U", "type": "string"}, {"oneOf": [{"const": "a"}, {"const": "b"}]}]}
    assert lower_schema(titled, LAX).schema == {
        "title": "T",
        "anyOf": [{"type": "string", "enum": ["a"]}, {"type": "string", "enum": ["b"]}],
    }
    contrary: Any = {"allOf": [{"type": "string"}, {"type": "number"}]}
    words = f"allOf: {json.dumps(contrary['allOf'])}"
    assert lower_schema(contrary, LAX).schema == {"description": words}
    endless: Any = {"$ref": "#/$defs/A", "$defs": {"A": {"allOf": [{"$ref": "#/$defs/A"}, {"type": "object"}]}}}
    assert not lower_schema(endless, RULES).strict


def test_a_required_member_keeps_its_default_where_that_is_taken() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", "default": "x"}}, "required": ["a"]}
    rules = SchemaRules(all_required=True)

    kept = lower_schema(schema, attrs.evolve(rules, required_defaults=True))
    said = lower_schema(schema, rules)

    assert kept.schema["properties"] == {"a": {"type": "string", "default": "x"}}
    assert said.schema["properties"] == {"a": {"type": "string", "description": 'default: "x"'}}
    optional = lower_schema({**schema, "required": []}, attrs.evolve(rules, required_defaults=True))
    assert "default" not in optional.schema["properties"]["a"]


def test_what_says_nothing_is_left_out_and_the_schema_counts_as_changed() -> None:
    members = {
        "a": {"type": "array", "items": {"type": "string"}, "uniqueItems": False},
        "b": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
    }
    lowered = lower_schema({**dict.fromkeys(["properties"], members), "type": "object", "required": [*members]}, RULES)
    assert lowered.strict
    assert not lowered.is_same
    assert lowered.notes == ()
    assert "description" not in json.dumps(lowered.schema)


def test_a_list_without_items_is_said() -> None:
    lowered = lower_schema({"type": "array", "items": False}, LAX)
    assert lowered.schema == {"type": "array", "description": "items: false"}


@pytest.mark.parametrize("rules", [RULES, ANTHROPIC, GEMINI, COHERE])
@pytest.mark.parametrize("name", ["x/y", "a b", "Page[int]", "50%", "ü~", "plain"])
def test_a_reference_leads_to_its_definition_whatever_its_name(name: str, rules: SchemaRules) -> None:
    pointer = name.replace("~", "~0").replace("/", "~1")
    for spelling in (pointer, quote(pointer, safe="~")):
        member = {"$ref": f"#/$defs/{spelling}"}
        schema: Any = {"type": "object", "properties": {"a": member}, "required": ["a"], "$defs": {name: LEAF}}
        sent = lower_schema(schema, rules).schema
        jsonschema.validate({"a": {"x": "y"}}, sent)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({"a": {"x": 1}}, sent)


@pytest.mark.parametrize("rules", [RULES, ANTHROPIC, GEMINI, COHERE])
def test_what_must_be_there_is_a_member(rules: SchemaRules) -> None:
    schema: Any = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["b", "a", "b", 1]}
    lowered = lower_schema(schema, rules)
    if lowered.strict:
        assert lowered.schema["properties"] == {"a": {"type": "string"}, "b": {}}
        assert lowered.schema["required"] == ["b", "a"]
    else:
        assert lowered.notes == ("$.b: anything is allowed there",)


@pytest.mark.parametrize("rules", [RULES, ANTHROPIC, GEMINI, COHERE])
def test_a_choice_of_nothing_gets_no_type(rules: SchemaRules) -> None:
    lowered = lower_schema({"type": "object", "properties": {"a": {"enum": []}}, "required": ["a"]}, rules)
    assert lowered.schema["properties"] == {"a": {"description": "enum: []"} if rules.best_effort else {"enum": []}}
    assert lowered.strict == rules.best_effort


def test_a_least_number_of_items_that_is_too_great_is_said() -> None:
    node: Any = {"type": "array", "items": {"type": "string"}, "minItems": 2}
    lowered = lower_schema({"type": "object", "properties": {"a": node}}, ANTHROPIC)
    assert lowered.schema["properties"] == {
        "a": {"type": "array", "items": {"type": "string"}, "description": "minItems: 2"}
    }
