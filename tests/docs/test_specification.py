"""The specification is what the code does: its pages are made of it, and what they say of events and data holds."""

from __future__ import annotations

import importlib
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import jsonschema
import pytest
from hypothesis import given, settings

from dragoman import (
    ArgumentsDelta,
    Bytes,
    Data,
    DragomanError,
    Event,
    Extension,
    Finish,
    InvalidRequestError,
    Media,
    MediaDelta,
    Message,
    Part,
    PartEnd,
    PartStart,
    PartStop,
    PartUpdate,
    ProtocolError,
    Reasoning,
    ReasoningDelta,
    Refusal,
    Response,
    ResponseSnapshot,
    Seal,
    SealUpdate,
    StreamEnd,
    StreamInterruptedError,
    StreamStart,
    Text,
    TextDelta,
    ToolCall,
    ToolResult,
)
from dragoman.plugins.checks import HOOKS
from dragoman.spec.assembly import Assembler
from dragoman.spec.serialization import from_dict, to_dict
from properties import strategies

if TYPE_CHECKING:
    from types import ModuleType

DOCS = Path(__file__).parents[2] / "docs"
HOOK_PAGES = DOCS / "reference/hooks"
EXAMPLES: dict[type[Any], Part] = {
    Text: Text(text=""),
    Refusal: Refusal(text=""),
    Reasoning: Reasoning(),
    ToolCall: ToolCall(name="f", call_id="1"),
    Media: Media(source=Bytes(data=b""), media_type="image/png"),
    ToolResult: ToolResult(call_id="1", name="f"),
    Data: Data(value=1),
    Extension: Extension(kind="acme.thing"),
}
DELTAS: tuple[Event, ...] = (TextDelta(0, "x"), ReasoningDelta(0, "x"), ArgumentsDelta(0, "x"), MediaDelta(0, b"x"))


@pytest.fixture(scope="module")
def made() -> ModuleType:
    """Return the module that makes the pages."""
    sys.path.insert(0, str(DOCS / "_ext"))
    try:
        return importlib.import_module("specification")
    finally:
        sys.path.remove(str(DOCS / "_ext"))


@pytest.fixture(scope="module")
def vocabulary() -> dict[str, Any]:
    return json.loads((DOCS / "reference/schemas/vocabulary.json").read_text("utf-8"))


def test_the_pages_are_those_that_the_code_makes(made: ModuleType) -> None:
    for path, text in made.pages().items():
        assert path.read_text("utf-8") == text, f"run: python docs/_ext/specification.py ({path.name} is out of date)"


def test_every_event_is_told_of(made: ModuleType) -> None:
    assert set(made.EVENTS) == {kind.__name__ for kind in get_args(Event)}
    named = set(re.findall(r"[A-Z]\w+", made.GRAMMAR)) - {"StreamInterruptedError"}
    assert named | {"PartEnd"} == set(made.EVENTS)


def test_the_parts_of_the_examples_are_all_there_are() -> None:
    assert set(EXAMPLES) == set(get_args(Part))


@pytest.mark.parametrize("delta", DELTAS, ids=lambda delta: type(delta).__name__)
@pytest.mark.parametrize("kind", EXAMPLES, ids=lambda kind: kind.__name__)
def test_a_part_takes_the_deltas_that_the_table_says(made: ModuleType, kind: type[Any], delta: Event) -> None:
    when = made.EVENTS[type(delta).__name__][0]
    assembler = Assembler(StreamStart())
    assembler.feed(PartStart(0, EXAMPLES[kind]))
    if f"`{kind.__name__}`" in when:
        assert assembler.feed(delta) is delta
    else:
        with pytest.raises(ProtocolError):
            assembler.feed(delta)


@pytest.mark.parametrize("event", [*DELTAS, SealUpdate(0, Seal(issuer="a")), PartUpdate(0, Text(text="")), PartStop(0)])
def test_a_part_has_to_be_open(made: ModuleType, event: Event) -> None:
    assert "open" in made.EVENTS[type(event).__name__][0]
    assembler = Assembler(StreamStart())
    with pytest.raises(ProtocolError):
        assembler.feed(event)
    assembler.feed(PartStart(0, Text(text="")))
    assembler.feed(PartStop(0))
    with pytest.raises(ProtocolError):
        assembler.feed(event)


def test_the_core_alone_gives_ends(made: ModuleType) -> None:
    response = Response(message=Message("assistant", ""), finish=Finish(reason="stop"))
    for event in (PartEnd(0, Text(text="")), StreamEnd(response)):
        assert made.EVENTS[type(event).__name__][1] == "the core alone"
        assembler = Assembler(StreamStart())
        assembler.feed(PartStart(0, Text(text="")))
        with pytest.raises(ProtocolError):
            assembler.feed(event)


def test_indices_have_no_holes_and_an_end_needs_a_finish() -> None:
    assembler = Assembler(StreamStart())
    with pytest.raises(ProtocolError):
        assembler.feed(PartStart(1, Text(text="")))
    assembler.feed(PartStart(0, Text(text="")))
    with pytest.raises(StreamInterruptedError):
        assembler.end()
    assembler.feed(ResponseSnapshot(finish=Finish(reason="stop")))
    assert [type(event) for event in assembler.end()] == [PartEnd, StreamEnd]


def check(vocabulary: dict[str, Any], value: Any) -> None:
    """Judge what the converter writes by the schema of its class."""
    schema = {**vocabulary, "$ref": f"#/$defs/{type(value).__name__}"}
    jsonschema.Draft202012Validator(schema).validate(json.loads(json.dumps(to_dict(value))))


def test_the_schema_is_one(vocabulary: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(vocabulary)
    names = set(vocabulary["$defs"])
    assert {"Message", "ChatRequest", "CompletionRequest", "Response", "Settings", "Usage"} < names
    assert {kind.__name__ for kind in (*get_args(Event), *get_args(Part))} < names


@given(strategies.requests)
@settings(max_examples=40)
def test_a_request_fits_its_schema(request_of_any_kind: Any) -> None:
    check(_vocabulary(), request_of_any_kind)


@given(strategies.responses)
@settings(max_examples=40)
def test_a_response_fits_its_schema(response: Response) -> None:
    check(_vocabulary(), response)


@given(strategies.parts.map(lambda part: PartStart(0, part)))
@settings(max_examples=40)
def test_an_event_fits_its_schema(event: Event) -> None:
    check(_vocabulary(), event)


def _vocabulary() -> dict[str, Any]:
    return json.loads((DOCS / "reference/schemas/vocabulary.json").read_text("utf-8"))


@pytest.mark.parametrize(
    "data",
    [
        {"role": "user"},
        {"content": "Hello"},
        {"role": "user", "content": 5},
        {"role": "user", "content": "Hello", "colour": "red"},
        {"role": "user", "content": [{"type": "text"}]},
        {"role": "user", "content": [{"type": "text", "text": "Hello", "colour": "red"}]},
        {"role": "user", "content": [{"text": "Hello"}]},
        {"role": "tool", "content": [{"type": "tool_result", "call_id": 1, "name": "f"}]},
    ],
)
def test_what_the_schema_refuses_the_converter_refuses_too(vocabulary: dict[str, Any], data: dict[str, Any]) -> None:
    assert not jsonschema.Draft202012Validator({**vocabulary, "$ref": "#/$defs/Message"}).is_valid(data)
    if "content" in data:  # a message may leave it out, but none is written so
        with pytest.raises(InvalidRequestError):
            from_dict(Message, data)


def test_every_error_is_told_of(made: ModuleType) -> None:
    page = (DOCS / "reference/specification.md").read_text("utf-8")
    kinds = [DragomanError]
    for kind in kinds:
        if kind.__module__ == "dragoman.spec.errors":
            kinds.extend(kind.__subclasses__())
            assert f"`{kind.__name__}`" in page


def test_every_hook_has_a_page() -> None:
    assert {path.stem for path in HOOK_PAGES.glob("*.md")} == set(HOOKS)
    for name in HOOKS:
        page = (HOOK_PAGES / f"{name}.md").read_text("utf-8")
        assert page.startswith(f"# {name}\n")
        assert f".. autofunction:: dragoman.spec.hookspecs.{name}\n" in page
        for heading in ("## When it is asked", "## Example", "## Pitfalls"):
            assert f"\n{heading}\n" in page
