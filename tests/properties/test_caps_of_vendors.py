"""Lists of an answer that are longer than any model makes are refused before their items become objects of ours."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from dragoman import ResponseTooLargeError
from dragoman.http import HttpReply
from dragoman.http.json import MAX_ITEMS
from fuzz.dialects import DIALECTS

EMPTY = [dict[str, Any]()] * (MAX_ITEMS + 1)


def candidate(**facts: Any) -> dict[str, Any]:
    return {"candidates": [{"content": {"parts": [{"text": "abc"}]}, "finishReason": "STOP", **facts}]}


def grounding(**facts: Any) -> dict[str, Any]:
    return candidate(groundingMetadata=facts)


CITING = [{"groundingChunkIndices": [0] * (MAX_ITEMS // 2)}] * 3
LONG: dict[str, tuple[str, Callable[[], dict[str, Any]]]] = {
    "blocks": ("anthropic.messages", lambda: {"content": EMPTY}),
    "citations": ("anthropic.messages", lambda: {"content": [{"type": "text", "text": "a", "citations": EMPTY}]}),
    "candidates": ("google.generate", lambda: {"candidates": EMPTY}),
    "parts": ("google.generate", lambda: {"candidates": [{"content": {"parts": EMPTY}}]}),
    "chunks": ("google.generate", lambda: grounding(groundingChunks=EMPTY)),
    "supports": ("google.generate", lambda: grounding(groundingSupports=EMPTY)),
    "sources": ("google.generate", lambda: candidate(citationMetadata={"citationSources": EMPTY})),
    "citing": ("google.generate", lambda: grounding(groundingChunks=[{}], groundingSupports=CITING)),
}


@pytest.mark.parametrize("name", LONG)
def test_a_list_that_is_too_long(name: str) -> None:
    api, make = LONG[name]
    with pytest.raises(ResponseTooLargeError):
        DIALECTS[api].make().decode(HttpReply(status=200, body=json.dumps(make()).encode()))


def test_many_candidates_that_come_one_by_one() -> None:
    chunks = [{"candidates": [{"index": number + 1}]} for number in range(MAX_ITEMS + 1)]
    with pytest.raises(ResponseTooLargeError):
        DIALECTS["google.generate"].make().decode(HttpReply(status=200, body=json.dumps(chunks).encode()))


def test_an_error_with_a_long_list_is_still_the_error_of_the_vendor() -> None:
    body = json.dumps({"error": {"code": 429, "message": "slow down", "details": EMPTY}}).encode()
    error = DIALECTS["google.generate"].make().error(HttpReply(status=429, body=body))
    assert error.status == 429
