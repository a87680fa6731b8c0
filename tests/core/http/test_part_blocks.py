"""Which parts become blocks in which message, and what is told of those that do not."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from hypothesis import given, strategies as st

from dragoman import (
    Bytes,
    Data,
    Extension,
    Media,
    Part,
    Reasoning,
    Refusal,
    Seal,
    Text,
    ToolCall,
    ToolResult,
    UnsupportedError,
)
from dragoman.http import Block, BlockEncoder

OURS, THEIRS = Seal(issuer="acme", payload="ours"), Seal(issuer="other", payload="theirs")
PNG = Media(source=Bytes(data=b"\x89PNG"), media_type="image/png")
RESULT = ToolResult(call_id="c", name="t", content="done")
CALL = ToolCall(call_id="c", name="t", arguments='{"a": 1}')
EXTENSION = Extension(kind="acme.block", value={"block": 1})


class Acme(BlockEncoder):
    issuer: ClassVar[str] = "acme"
    vendor: ClassVar[str] = "Acme"

    def text(self, part: Text) -> Block:
        return {"text": part.text, **part.options.get("acme", {})}

    def media(self, part: Media) -> Block:
        return {"media": part.media_type}

    def reasoning(self, part: Reasoning) -> Block:
        return {"thought": part.text}

    def tool_call(self, part: ToolCall) -> Block | None:
        return {"call": self.arguments(part)}

    def tool_result(self, part: ToolResult) -> Block:
        return {"result": [self.user_part(each) for each in part.content]}


def encoded(role: str, part: Part) -> tuple[Any, list[tuple[str, str]]]:
    encoder = Acme()
    block = getattr(encoder, f"{role}_part")(part)
    assert all(each.by == "acme" for each in encoder.adjustments)
    return block, [(each.kind, each.feature) for each in encoder.adjustments]


@pytest.mark.parametrize("role", ["system", "user", "assistant"])
@pytest.mark.parametrize(
    ("part", "block"),
    [
        (Text(text="hi"), {"text": "hi"}),
        (Text(text=""), None),
        (Text(text="hi", options={"acme": {"mark": 1}}), {"text": "hi", "mark": 1}),
        (Data(value={"a": 1}, options={"acme": {"mark": 1}}), {"text": '{"a":1}', "mark": 1}),
        (EXTENSION, {"block": 1}),
    ],
)
def test_texts_and_own_blocks_are_taken_everywhere(role: str, part: Part, block: Any) -> None:
    assert encoded(role, part) == (block, [])


@pytest.mark.parametrize(
    ("role", "part", "block"),
    [
        ("user", PNG, {"media": "image/png"}),
        ("user", RESULT, {"result": [{"text": "done"}]}),
        ("assistant", CALL, {"call": {"a": 1}}),
        ("assistant", Reasoning(text="Hm.", seal=OURS), {"thought": "Hm."}),
        ("assistant", Refusal(text="No."), {"text": "No."}),
        ("assistant", ToolCall(call_id="c", name="t", arguments="{}", server_side=True, seal=OURS), {"call": {}}),
    ],
)
def test_what_the_vendor_takes(role: str, part: Part, block: Any) -> None:
    assert encoded(role, part) == (block, [])


@pytest.mark.parametrize(
    ("role", "part", "feature"),
    [
        ("user", Reasoning(text="Hm.", seal=OURS), "reasoning"),
        ("user", Extension(kind="other.block", value={}), "extension"),
        ("user", Extension(kind="acme.block", value="no block"), "extension"),
        ("assistant", Reasoning(text="Hm."), "reasoning"),
        ("assistant", Reasoning(text="Hm.", seal=THEIRS), "reasoning"),
        ("assistant", Refusal(text=""), "refusal"),
        ("assistant", PNG, "media"),
        ("assistant", RESULT, "toolresult"),
        ("assistant", ToolCall(call_id="c", name="t", arguments="{}", server_side=True), "toolcall"),
    ],
)
def test_what_only_another_vendor_can_read_is_left_out(role: str, part: Part, feature: str) -> None:
    assert encoded(role, part) == (None, [("dropped", feature)])


def test_a_seal_of_another_vendor_is_left_out_and_its_part_is_sent() -> None:
    assert encoded("assistant", Text(text="hi", seal=THEIRS)) == ({"text": "hi"}, [("dropped", "seal")])
    call = ToolCall(call_id="c", name="t", arguments="{}", seal=THEIRS)
    assert encoded("assistant", call) == ({"call": {}}, [("dropped", "seal")])


@pytest.mark.parametrize(
    ("role", "part"), [("system", PNG), ("system", CALL), ("user", CALL), ("user", Refusal(text="No."))]
)
def test_what_cannot_be_in_a_message_is_refused(role: str, part: Part) -> None:
    with pytest.raises(UnsupportedError, match=f"Acme .*{type(part).__name__}"):
        encoded(role, part)


@given(st.text().filter(lambda text: not text.strip().startswith("{")))
def test_arguments_that_are_no_object_become_a_member_of_one(text: str) -> None:
    if not text.strip():
        return
    encoder = Acme()
    call = ToolCall(call_id="c", name="t", arguments=text)

    assert encoder.arguments(call) == {"invalid_json": text}
    assert [(each.asked, each.sent) for each in encoder.adjustments] == [(text, "invalid_json")]
