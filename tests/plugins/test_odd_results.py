"""What a tool returned arrives at each vendor as the same values and media in the same order, or is refused."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from dragoman import (
    LLM,
    Data,
    InvalidRequestError,
    LLMConfig,
    Media,
    Message,
    Text,
    ToolCall,
    ToolResult,
    UnsupportedError,
)
from plugins.vendors import ASKED, KEY, OVER_HTTP, VENDORS, WEATHER

CALL = ToolCall(name="weather", call_id="call_1", arguments="{}")
PNG, OTHER = (b"\x89PNG\r\n\x1a\n" + end for end in (b"one", b"two"))
BASES = {"azure": "https://x.openai.azure.com", "openai_compatible": "http://a.test/v1"}
TEXT_ONLY = {"openai", "azure", "groq", "mistral", "cohere"}
"""Vendors that take no image in the result of a tool."""


@dataclass
class Spot:
    """A class within a class, as tools return it."""

    name: str
    seen: date | None = None


@dataclass
class Trip:
    """A class that holds others."""

    first: Spot
    more: list[Spot]


class Sky(StrEnum):
    """A word of a tool's own."""

    CLEAR = "clear"


VALUES: dict[str, tuple[Any, list[Any]]] = {
    "None": (None, [None]),
    "no text": ("", []),
    "a list of nothing": ([], [[]]),
    "an object of nothing": ({}, [{}]),
    "false": (False, [False]),
    "zero": (0, [0]),
    "a nested class": (
        Trip(Spot("Oslo", date(2026, 1, 2)), [Spot("Rome")]),
        [{"first": {"name": "Oslo", "seen": "2026-01-02"}, "more": [{"name": "Rome", "seen": None}]}],
    ),
    "a long text": ("x" * 300_000, ["x" * 300_000]),
    "other scripts": ("Zürich 🌧\u2028雨\x00", ["Zürich 🌧\u2028雨\x00"]),
    "a great integer": (10**30 + 1, [10**30 + 1]),
    "a decimal": (Decimal("1.10"), ["1.10"]),
    "a time": (datetime(2026, 1, 2, 3, tzinfo=UTC), ["2026-01-02T03:00:00+00:00"]),
    "an enum": (Sky.CLEAR, ["clear"]),
    "a UUID": (UUID(int=5), ["00000000-0000-0000-0000-000000000005"]),
    "a path": (Path("/a"), ["/a"]),
    "bytes within a value": ({"a": b"abc"}, [{"a": "YWJj"}]),
    "a set": ({7}, [[7]]),
    "numbers in a range": (range(3), [[0, 1, 2]]),
    "members of an object": ({"a": 1}.values(), [[1]]),
    "names of an object": ({"a": 1}.keys(), [["a"]]),
    "keys that are no text": ({1: 2, False: 3, None: 4, 0.5: 5}, [{"1": 2, "false": 3, "null": 4, "0.5": 5}]),
    "a reference": ({"$ref": "x"}, [{"$ref": "x"}]),
    "several values": ([Data(value=1), Data(value=2), Data(value={"a": [3]})], [1, 2, {"a": [3]}]),
    "several texts": ([Text(text="Oslo"), Text(text="Rome")], ["Oslo", "Rome"]),
    "an image": (Media.of(PNG), [PNG]),
    "images between texts": (
        [Media.of(PNG), Text(text="before"), Media.of(OTHER), Text(text="after")],
        [PNG, "before", OTHER, "after"],
    ),
}
APART = {"google", "ollama"}
"""Vendors that take the images of a result beside its texts."""
REFUSED: dict[str, Any] = {
    "bytes": b"abc",
    "keys that are written alike": {1: 1, "1": 2},
    "an image within a value": {"chart": Media.of(PNG)},
    "a message": Message("assistant", "Hi"),
    "not a number": float("nan"),
    "endless": [float("inf")],
    "half a character": "\ud800",
    "half a character in a key": {"\ud800": 1},
    "an object of no form": object(),
}


def nodes(body: Any) -> Iterator[dict[str, Any]]:
    """Yield the results in a body, in the form of its vendor."""
    if isinstance(body, dict):
        inner = body.get("toolResult") or body.get("functionResponse")
        if inner or body.get("role") == "tool" or body.get("type") in {"tool_result", "function_call_output"}:
            yield inner or body
        else:
            for each in body.values():
                yield from nodes(each)
    elif isinstance(body, list):
        for each in body:
            yield from nodes(each)


def read(text: str) -> list[Any]:
    """Return the values in a text, of which each is JSON, or a text on a line of its own."""
    lines = [text] if is_json(text) else filter(None, text.split("\n"))
    return [json.loads(line) if is_json(line) else line for line in lines]


def is_json(text: str) -> bool:
    with suppress(ValueError):
        json.loads(text)
        return True
    return False


def content(block: Any) -> list[Any]:
    """Return the values and the media of a block of content."""
    if isinstance(block, str):
        return read(block)
    if isinstance(block, list):
        return [value for each in block for value in content(each)]
    if "json" in block or "document" in block:
        return [block["json"] if "json" in block else block["document"]["data"]]
    if "text" in block:
        return read(block["text"])
    url = block.get("image_url", {})
    source = block.get("source") or block.get("image", {}).get("source") or block.get("inlineData") or {}
    data = (url if isinstance(url, str) else url["url"]).rpartition(",")[2] if url else ""
    return [base64.b64decode(data or source.get("data") or source["bytes"])]


def told(node: dict[str, Any]) -> list[Any]:
    """Return what a result tells, whatever the form of its vendor."""
    if "response" not in node:
        images = [base64.b64decode(each) for each in node.get("images", ())]
        return images + content(node.get("content") or node.get("output") or [])
    response, parts = node["response"], node.get("parts", [])
    if not response and parts:
        return content(parts)
    value = response.get("result", response)
    is_text = isinstance(value, str) and ("\n" in value or "{" in value or not value)
    return content(parts) + (read(value) if is_text else [value])


def sent(vendor: str, result: ToolResult) -> dict[str, Any]:
    """Return the only result of a request to a vendor."""
    known = VENDORS[vendor]
    address = {"api_base": BASES.get(vendor, "http://a.test")} if vendor in {*BASES, "litellm_proxy"} else {}
    given = {"api_key": KEY, "allow_insecure": True, **address, **known.options}
    llm = LLM(LLMConfig(model=known.model, provider=known.provider, **given))
    history = [ASKED, Message("assistant", [CALL]), Message("tool", [result])]
    [node] = nodes(llm.build_request(history, tools=[WEATHER]).body)
    return node


@pytest.mark.parametrize("vendor", OVER_HTTP)
@pytest.mark.parametrize("name", VALUES)
def test_arrives_as_it_was_returned(name: str, vendor: str) -> None:
    returned, expected = VALUES[name]
    result = ToolResult.of(CALL, returned)
    images = [each for each in expected if isinstance(each, bytes)]
    if images and vendor in TEXT_ONLY:
        with pytest.raises(UnsupportedError, match="result of a tool"):
            sent(vendor, result)
        return
    if vendor in APART:
        expected = images + [each for each in expected if not isinstance(each, bytes)]
    if vendor == "bedrock" and not expected:
        expected = ["(no content)"]
    found = told(sent(vendor, result))
    if name == "no text" and vendor == "google":
        assert found == []
        return
    assert found == expected
    assert [type(each) for each in found] == [type(each) for each in expected]


@pytest.mark.parametrize("vendor", OVER_HTTP)
@pytest.mark.parametrize(("error", "words"), [(ValueError("boom"), "ValueError: boom"), (KeyError(), "KeyError")])
def test_what_a_tool_raised_is_told_as_an_error(vendor: str, error: Exception, words: str) -> None:
    node = sent(vendor, ToolResult.of(CALL, error))
    assert words in json.dumps(node)
    marks = ("The tool failed.", '"is_error": true', '"status": "error"', '"error":')
    assert any(mark in json.dumps(node) for mark in marks)


@pytest.mark.parametrize("vendor", ["google", "ollama"])
def test_a_result_has_the_name_of_its_call(vendor: str) -> None:
    node = sent(vendor, ToolResult(call_id="call_1", name="another", content="fine"))
    assert node.get("name", node.get("tool_name")) == "weather"


@pytest.mark.parametrize("name", REFUSED)
def test_what_json_cannot_represent_is_refused_before_anything_is_sent(name: str) -> None:
    with pytest.raises(InvalidRequestError, match="ToolResult"):
        ToolResult.of(CALL, REFUSED[name])
