"""What a model wrote as arguments of a call is sent back as an object that JSON can represent."""

from __future__ import annotations

import pytest

from dragoman import ToolCall
from dragoman.http import dumps, object_arguments


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ('{"a": 1}', {"a": 1}),
        ("", {}),
        ("null", {}),
        ('{"a": ', {"invalid_json": '{"a": '}),
        ("[1]", {"invalid_json": "[1]"}),
        ('{"a": NaN}', {"invalid_json": '{"a": NaN}'}),
        ('{"a": [1e999]}', {"invalid_json": '{"a": [1e999]}'}),
        (r'{"a": "\ud800"}', {"invalid_json": r'{"a": "\ud800"}'}),
        ('{"a": "\ud800"}', {"invalid_json": r'{"a": "\ud800"}'}),
        ("[" * 600 + "]" * 600, {"invalid_json": "[" * 600 + "]" * 600}),
    ],
)
def test_whatever_a_model_wrote_is_sent_as_an_object(text: str, sent: object) -> None:
    found, notes = object_arguments(ToolCall(name="f", call_id="c", arguments=text), "Vendor", by="vendor")
    assert found == sent
    assert dumps(found)
    told = [(note.kind, note.feature, note.asked, note.sent, note.by) for note in notes]
    if "invalid_json" in found:
        assert told == [("coerced", "tool_call", found["invalid_json"], "invalid_json", "vendor")]
    else:
        assert told == []
