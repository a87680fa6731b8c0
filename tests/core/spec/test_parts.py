from __future__ import annotations

from typing import Any

import pytest

from dragoman import (
    Bytes,
    Data,
    Extension,
    FileRef,
    InvalidRequestError,
    Media,
    OutputError,
    Text,
    ToolCall,
    ToolResult,
)
from dragoman.spec.parts import Outcome


def test_bytes_are_shown_by_their_number_and_read_in_base64() -> None:
    source = Bytes(data=b"abc")
    assert repr(source) == "Bytes(data=<3 bytes>)"
    assert source.base64 == "YWJj"


@pytest.mark.parametrize(("text", "value"), [("", {}), (" \n", {}), ("null", {}), ('{"a": [1]}', {"a": [1]})])
def test_arguments_are_read_as_an_object(text: str, value: object) -> None:
    assert ToolCall(name="f", call_id="1", arguments=text).parse() == value


@pytest.mark.parametrize(
    ("text", "problem"),
    [('{"a": ', "are not JSON"), ("[1]", "are list, not an object"), ("[" * 100_000, "are not JSON")],
)
def test_arguments_that_are_no_object_are_an_output_error(text: str, problem: str) -> None:
    with pytest.raises(OutputError, match=problem):
        ToolCall(name="f", call_id="1", arguments=text).parse()


def test_a_result_may_be_given_as_text_or_parts() -> None:
    assert ToolResult(call_id="1", name="f", content="sunny").content == (Text(text="sunny"),)
    assert ToolResult(call_id="1", name="f", content="").content == ()
    picture = Media(source=FileRef(file_id="f-1"), media_type="image/png")
    result = ToolResult(
        call_id="1", name="f", content=[Text(text="see "), Data(value={"ü": 1}), picture], outcome="error"
    )
    assert result.text == 'see {"ü": 1}'
    assert result.outcome == Outcome.ERROR


def test_an_extension_knows_its_issuer() -> None:
    assert Extension(kind="acme.canvas", value={}).issuer == "acme"


def test_a_text_is_a_text() -> None:
    wrong: Any = 5
    with pytest.raises(InvalidRequestError, match="text of Text must be a string, not 5"):
        Text(text=wrong)


def test_a_text_of_another_class_becomes_plain() -> None:
    class Loud(str):
        __slots__ = ()

    text = Text(text=Loud("hello"))
    assert type(text.text) is str
    assert text == Text(text="hello")


def test_parts_of_one_kind_are_on_lines_of_their_own() -> None:
    texts = [Text(text=each) for each in ("Oslo", "", "Rome\n", "Bern")]
    assert ToolResult(call_id="1", name="f", content=texts).text == "Oslo\nRome\nBern"
    values = [Data(value=1), Media(source=Bytes(data=b"\x00"), media_type="image/png"), Data(value=2)]
    assert ToolResult(call_id="1", name="f", content=values).text == "1\n2"
    assert ToolResult(call_id="1", name="f", content=[texts[0], values[0]]).text == "Oslo1"
