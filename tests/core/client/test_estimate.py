"""An estimate of tokens is near what providers count, and says that it is one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from dragoman import (
    Data,
    Estimate,
    Extension,
    FileRef,
    InlineText,
    InvalidRequestError,
    Media,
    Message,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
    estimate_tokens,
)

ENGLISH = (
    "The quick brown fox jumps over the lazy dog. A language model reads text as tokens, which are words, parts of "
    "words or single characters. How many there are depends on the vocabulary of the model and on the language."
)
"""45 tokens in the vocabulary o200k_base."""


def test_a_prompt_is_estimated_by_its_characters() -> None:
    assert estimate_tokens("a" * 40) == Estimate(14, "characters")
    assert 30 <= estimate_tokens(ENGLISH).tokens - 4 <= 60


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("word", 1), ("слово!", 2.75), ("日本語", 3), ("日本 ok", 2 + 0.75)]
)
def test_other_scripts_have_fewer_characters_for_a_token(text: str, tokens: float) -> None:
    assert estimate_tokens([Message("user", [Text(text=text), Text(text="x" * 100)])]).tokens == -(
        -(4 + tokens + 25) // 1
    )


def test_every_part_counts() -> None:
    call = ToolCall(name="f" * 8, call_id="1", arguments='{"a": 12}123')
    parts = [
        (Text(text="x" * 8), 2),
        (Reasoning(text="x" * 8), 2),
        (Refusal(text="x" * 8), 2),
        (call, 2 + 3),
        (ToolResult(call_id="1", name="f", content=(Text(text="x" * 8), Text(text="x" * 4))), 3),
        (Data(value={"a": "x"}), 10 / 4),
        (Extension(kind="acme.x", value="x" * 6), 2),
        (Media(source=InlineText(text="x" * 8), media_type="text/plain"), 2),
        (Media(source=FileRef(file_id="f"), media_type="image/png"), 1_000),
    ]
    for part, tokens in parts:
        assert estimate_tokens([Message("assistant", [part])]).tokens == -(-(4 + tokens) // 1)


def test_what_is_no_conversation_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="must not be empty"):
        estimate_tokens("")


@given(st.lists(st.text(min_size=1), min_size=1), st.text(min_size=1))
def test_more_text_is_no_fewer_tokens(texts: list[str], more: str) -> None:
    messages = [Message("user", text) for text in texts]
    assert estimate_tokens([*messages, Message("user", more)]).tokens > estimate_tokens(messages).tokens


def test_what_is_no_message_is_refused() -> None:
    words: Any = ["Hi"]
    with pytest.raises(InvalidRequestError, match=r"messages\[0\] must be a Message, not str; give Message"):
        estimate_tokens(words)
