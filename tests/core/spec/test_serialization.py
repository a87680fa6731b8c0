from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any, Literal

import pytest
from attrs import field, frozen

from dragoman import (
    Bytes,
    ChatRequest,
    Extension,
    InvalidRequestError,
    Media,
    Message,
    Part,
    Response,
    Settings,
    Text,
    ToolResult,
)
from dragoman.spec.serialization import from_dict, part_from_dict, structure_options, to_dict


@frozen
class Named:
    by_name: dict[str, Settings]


@dataclass
class Place:
    town: int


@pytest.mark.parametrize(
    ("kind", "data", "problem"),
    [
        (Message, {"content": "x"}, "required field missing: 'role'"),
        (Message, {"role": "user", "content": "x", "colour": 1}, "unknown key 'colour'"),
        (Message, {"role": "user", "content": [{"type": "text"}]}, "required field missing: 'text'"),
        (Message, {"role": "user", "content": [{"type": "text", "text": 5}]}, r"expected str, not 5 @ .*\[0\]\.text"),
        (Message, {"role": "user", "content": [{"text": "no type"}]}, "'type' must be one of text, reasoning"),
        (Message, {"role": "user", "content": ["x"]}, "expected an object, not 'x'"),
        (Message, {"role": "user", "content": 5}, "the data does not fit Message"),
        (Message, "hello", "expected an object, not 'hello'"),
        (Settings, "hot", "expected an object, not 'hot' @ \\$$"),
        (ChatRequest, {"model": "m", "messages": [], "settings": 3}, r"expected an object, not 3 @ \$.settings"),
        (ChatRequest, {"model": "m", "messages": 3}, r"expected a list, not 3 @ \$.messages"),
        (Bytes, {"dta": "aGk="}, r"unknown key 'dta' \(did you mean 'data'\?\) @ \$"),
        (Named, {"by_name": [1]}, r"expected an object, not \[1\] @ \$.by_name"),
        (Named, {"by_name": {"a": "x"}}, r"expected an object, not 'x' @ \$.by_name\['a'\]"),
        (Place, {"town": 1, "twon": 2}, r"unknown key 'twon' @ \$"),
        (Place, ["town"], r"expected an object, not \['town'\] @ \$"),
        (Settings, {"temperature": "hot"}, "expected float or null, not 'hot' @ \\$.temperature"),
        (Settings, {"max_tokens": 5.0}, "expected int or null, not 5.0"),
        (Settings, {"max_tokens": 0}, "max_tokens must be at least 1"),
        (Bytes, {"data": "not base64!"}, "expected bytes in base64"),
        (Bytes, {"data": 5}, "expected bytes in base64"),
        (
            Media,
            {"source": {"type": "carrier pigeon"}, "media_type": "x"},
            "'type' must be one of bytes, url, file",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_its_path(kind: type[Any], data: Any, problem: str) -> None:
    with pytest.raises(InvalidRequestError, match=problem):
        from_dict(kind, data)


def test_bytes_stay_bytes() -> None:
    assert from_dict(Bytes, {"data": b"abc"}) == Bytes(data=b"abc")


def test_a_part_of_an_unknown_type_is_kept_and_leaves_unchanged() -> None:
    data = {"role": "assistant", "content": [{"type": "hologram", "lines": [1, 2]}]}
    message = Message.from_dict(data)
    assert message.parts == (Extension(kind="unknown.hologram", value={"type": "hologram", "lines": [1, 2]}),)
    assert message.to_dict() == data
    assert part_from_dict(data["content"][0]) == message.parts[0]  # a part


@pytest.mark.parametrize(
    "part",
    [
        Extension(kind="unknown.x", value="not how an unknown part is read"),
        Extension(kind="unknown.x", value={"type": "y"}),
        Extension(kind="unknown.text", value={"type": "text"}),
        Extension(kind="unknown.x", value={"type": "x"}, id="7"),
        Extension(kind="acme.canvas", value={"type": "canvas"}),
        Extension(kind="unknown.x", value={}),
    ],
)
def test_an_extension_that_only_looks_like_an_unknown_part_is_written_as_itself(part: Part) -> None:
    message = Message("user", [part])
    assert Message.from_dict(message.to_dict()) == message


def test_the_content_of_a_tool_result_may_be_unknown_too() -> None:
    data = {"call_id": "1", "name": "f", "content": [{"type": "text", "text": "a"}, {"type": "chart", "x": 1}]}
    result = from_dict(ToolResult, data)
    assert result.content == (Text(text="a"), Extension(kind="unknown.chart", value={"type": "chart", "x": 1}))
    assert to_dict(result) == data


def test_a_request_and_a_response_are_plain_data_too() -> None:
    request = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "settings": {"explicit": ["a", "b"]}}
    assert to_dict(from_dict(ChatRequest, request)) == request
    response = {"message": {"role": "assistant", "content": "Hi"}, "finish": {"reason": "stop"}}
    assert to_dict(from_dict(Response, response)) == response


@frozen(kw_only=True)
class Choices:
    api_version: str = "1"
    retries: int = 1
    since: date = date(2020, 1, 1)
    tags: tuple[str, ...] = ()
    limits: dict[str, dict[str, str]] | None = None


def test_options_are_structured_strictly() -> None:
    options = structure_options(
        Choices, {"api_version": "2", "tags": ["a"], "since": date(2021, 1, 1)}, provider="acme"
    )
    assert options == Choices(api_version="2", tags=("a",), since=date(2021, 1, 1))
    assert structure_options(Choices, {"since": "2021-01-01"}, provider="acme") == Choices(since=date(2021, 1, 1))


@frozen
class Level:
    level: Literal["low", "high", 3] | None = None


@pytest.mark.parametrize("wrong", ["hgih", 4, ["low"], {"low": 1}])
def test_a_wrong_choice_names_the_choices(wrong: object) -> None:
    words = re.escape(f"wrong option for acme: expected 'low' or 'high' or 3, not {wrong!r} @ $.level")
    with pytest.raises(InvalidRequestError, match=words):
        structure_options(Level, {"level": wrong}, provider="acme")
    assert structure_options(Level, {"level": "low"}, provider="acme") == Level("low")


class Hue(Enum):
    RED = "red"


@frozen
class Colored:
    hue: Literal[Hue.RED, "none"] = "none"


def test_a_choice_of_a_member_of_an_enum_is_read_by_its_value() -> None:
    assert structure_options(Colored, {"hue": "red"}, provider="acme").hue is Hue.RED
    assert structure_options(Colored, {"hue": "none"}, provider="acme").hue == "none"
    with pytest.raises(InvalidRequestError, match=r"@ \$\.hue"):
        structure_options(Colored, {"hue": "blue"}, provider="acme")


@pytest.mark.parametrize(
    ("options", "problem", "parameter"),
    [
        ({"api_versoin": "2"}, "acme has no option 'api_versoin'; did you mean 'api_version'?", "api_versoin"),
        ({"zzz": "2"}, "acme has no option 'zzz'; its options are: api_version, limits, retries, since, tags", "zzz"),
        ({"retries": "2"}, r"wrong option for acme: expected int, not '2' @ \$.retries", "retries"),
    ],
)
def test_a_wrong_option_is_refused_with_a_suggestion(options: Any, problem: str, parameter: str | None) -> None:
    with pytest.raises(InvalidRequestError, match=problem.replace("?", r"\?")) as caught:
        structure_options(Choices, options, provider="acme")
    assert (caught.value.provider, caught.value.parameter) == ("acme", parameter)


def test_a_provider_without_options_says_so() -> None:
    @frozen
    class Nothing:
        pass

    with pytest.raises(InvalidRequestError, match="its options are: none"):
        structure_options(Nothing, {"x": 1}, provider="acme")


def test_an_error_of_an_options_class_keeps_its_words() -> None:
    @frozen
    class Picky:
        settings: Settings

    with pytest.raises(InvalidRequestError, match="max_tokens must be at least 1"):
        structure_options(Picky, {"settings": {"max_tokens": 0}}, provider="acme")


@frozen(kw_only=True)
class Listed:
    names: list[str] = field(factory=list)
    numbers: tuple[int, ...] = ()


@pytest.mark.parametrize("wrong", [{"names": "abc"}, {"numbers": {"1": 2}}, {"names": b"abc"}])
def test_a_text_is_no_list(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidRequestError, match="expected a list"):
        structure_options(Listed, wrong, provider="acme")
    assert structure_options(Listed, {"names": ("a",), "numbers": [1]}, provider="acme") == Listed(
        names=["a"], numbers=(1,)
    )
