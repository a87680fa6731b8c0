"""What a stream of the Responses API says only as a whole is read, also where its last event repeats no items."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dragoman import FinishReason, Response, ServerError, StreamEnd
from dragoman.testing.faults import RESPONSES
from fuzz.dialects import DIALECTS, DialectCase
from fuzz.outcome import Outcome, decoded, streamed

Json = dict[str, Any]
SPEAKERS = {name: each for name, each in DIALECTS.items() if each.server_dialect is RESPONSES}
every_speaker = pytest.mark.parametrize("dialect", SPEAKERS.values(), ids=SPEAKERS)
PLACE = {"output_index": 0, "content_index": 0, "summary_index": 0, "item_id": "i"}
CITED = {"type": "url_citation", "url": "https://a.test", "start_index": 0, "end_index": 2}


def told(kind: str, **members: Any) -> Json:
    return {"type": f"response.{kind}", **PLACE, **members}


def item(kind: str, **members: Any) -> Json:
    return {"type": kind, "id": "i", **members}


def content(kind: str, text: str, **members: Any) -> Json:
    return {"type": kind, "refusal" if kind == "refusal" else "text": text, **members}


def message(*contents: Json) -> Json:
    return item("message", role="assistant", content=[*contents])


ADDED = told("output_item.added", item=message())
CALL = item("function_call", call_id="c", name="f", arguments="")
CUSTOM = item("custom_tool_call", call_id="c", name="f", input="")
THOUGHT = item("reasoning", summary=[])
HELLO = content("output_text", "hello")
NO = content("refusal", "no")
CASES: dict[str, tuple[list[Json], Json]] = {
    "a text": ([ADDED, told("output_text.done", text="hello")], message(HELLO)),
    "a text of an item that was never announced": ([told("output_text.done", text="hello")], message(HELLO)),
    "a text that has begun": (
        [ADDED, told("content_part.added", part=content("output_text", "")), told("output_text.done", text="hello")],
        message(HELLO),
    ),
    "more than the deltas": (
        [told("output_text.delta", delta="hel"), told("output_text.done", text="hello")],
        message(HELLO),
    ),
    "no more than the deltas": (
        [told("output_text.delta", delta="hello"), told("output_text.done", text="")],
        message(HELLO),
    ),
    "a part": ([ADDED, told("content_part.done", part=HELLO)], message(HELLO)),
    "a part that is refused": ([ADDED, told("content_part.done", part=NO)], message(NO)),
    "a refusal": ([ADDED, told("refusal.done", refusal="no")], message(NO)),
    "a thought": (
        [told("output_item.added", item=THOUGHT), told("reasoning_summary_text.done", text="hm")],
        {**THOUGHT, "summary": [{"type": "summary_text", "text": "hm"}]},
    ),
    "arguments": (
        [told("output_item.added", item=CALL), told("function_call_arguments.done", arguments="{}")],
        {**CALL, "arguments": "{}"},
    ),
    "arguments that are an object": (
        [told("output_item.added", item=CALL), told("function_call_arguments.done", arguments={"a": 1})],
        {**CALL, "arguments": {"a": 1}},
    ),
    "a call that was never announced": (
        [told("function_call_arguments.done", name="f", arguments='{"a": 1}')],
        item("function_call", name="f", arguments='{"a": 1}'),
    ),
    "the input of a tool": (
        [told("output_item.added", item=CUSTOM), told("custom_tool_call_input.done", input="ls")],
        {**CUSTOM, "input": "ls"},
    ),
    "citations": (
        [
            told("output_text.delta", delta="hello"),
            told("output_text.annotation.added", annotation=CITED),
            told("output_text.done", text="hello"),
        ],
        message({**HELLO, "annotations": [CITED]}),
    ),
    "citations that the whole item lacks": (
        [
            told("output_text.delta", delta="hello"),
            told("output_text.annotation.added", annotation=CITED),
            told("output_item.done", item=message(HELLO)),
        ],
        message({**HELLO, "annotations": [CITED]}),
    ),
    "what is unknown": ([told("novelty.done", text="?"), told("content_part.done", part={"type": "novelty"})], {}),
}


def outcome(dialect: DialectCase, events: list[Json], status: str = "completed", **members: Any) -> Outcome:
    last = {"type": f"response.{status}", "response": {"id": "r", "status": "completed", "output": [], **members}}
    return streamed(dialect, [b"data: " + json.dumps(event).encode() + b"\n\n" for event in [*events, last]])


def read(dialect: DialectCase, events: list[Json], **members: Any) -> Response:
    found = outcome(dialect, events, **members)
    assert found.error is None, found.error
    end = found.events[-1]
    assert isinstance(end, StreamEnd)
    return end.response


def said(response: Response) -> list[Any]:
    parts: Any = response.message.parts
    names = ("text", "name", "arguments", "citations")
    return [(type(part), *(getattr(part, name, None) for name in names)) for part in parts]


@every_speaker
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@pytest.mark.parametrize("repeats", [False, True])
def test_it_is_as_in_a_whole_answer(dialect: DialectCase, case: tuple[list[Json], Json], *, repeats: bool) -> None:
    events, whole_item = case
    output = [whole_item] if whole_item else []
    whole = decoded(dialect, json.dumps({"id": "r", "status": "completed", "output": output}).encode())
    assert isinstance(whole, Response)
    response = read(dialect, events, **({"output": output} if repeats else {}))
    assert said(response) == said(whole)
    assert response.finish == whole.finish


@every_speaker
def test_an_error_in_the_last_event_is_raised(dialect: DialectCase) -> None:
    failed = {"error": {"code": "server_error", "message": "boom"}}
    body = {"id": "r", "status": "completed", "output": [message(HELLO)], **failed}
    whole = decoded(dialect, json.dumps(body).encode())
    for error in (whole, outcome(dialect, [told("output_text.delta", delta="hello")], **failed).error):
        assert isinstance(error, ServerError)
        assert "boom" in str(error)


@every_speaker
def test_an_event_that_says_incomplete_is_no_normal_end(dialect: DialectCase) -> None:
    found = outcome(dialect, [told("output_text.delta", delta="hello")], "incomplete").events[-1]
    assert isinstance(found, StreamEnd)
    assert found.response.finish.reason == FinishReason.INTERRUPTED
