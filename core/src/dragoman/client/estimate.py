"""About how many tokens a conversation has, without a tokenizer and without asking anybody."""

from __future__ import annotations

import json
import math
from typing import Literal, TypeAlias

from dragoman.client.conversation import Conversation, read_conversation
from dragoman.spec._value import value
from dragoman.spec.media import InlineText
from dragoman.spec.parts import Data, Extension, Part, Reasoning, Refusal, Text, ToolCall, ToolResult

EstimateMethod: TypeAlias = Literal["characters"]
"""How a number of tokens is estimated: by the characters of the texts."""

_PER_MESSAGE = 4
"""The tokens around a message."""
_PER_MEDIUM = 1_000
"""The tokens of an image or another medium, whose true number depends on its size and on the vendor."""
_ASCII_PER_TOKEN = 4
"""The characters of a token in English and in code."""
_OTHER_PER_TOKEN = 2
"""The characters of a token in other alphabets."""
_WIDE = "\u2e80"
"""The first of the characters that stand for syllables or words, most of which are a token each."""


@value
class Estimate:
    """Hold an estimate of a number of tokens.

    Args:
        tokens: about how many tokens there are; the true number may be a third more or less.
        method: how the number was estimated.

    """

    tokens: int
    method: EstimateMethod = "characters"


def estimate_tokens(messages: Conversation) -> Estimate:
    """Return about how many tokens a conversation has, offline; :meth:`LLM.count_tokens` asks the provider.

    Tools and the answer are not included. A medium other than a text counts as 1,000 tokens.

    Args:
        messages: a prompt, a message or a conversation.

    Raises:
        InvalidRequestError: if it is none of these.

    """
    read = read_conversation(messages)
    return Estimate(math.ceil(sum(_PER_MESSAGE + sum(map(_of_part, message.parts)) for message in read)))


def _of_part(part: Part) -> float:
    if isinstance(part, Text | Reasoning | Refusal):
        return _of_text(part.text)
    if isinstance(part, ToolCall):
        return _of_text(part.name) + _of_text(part.arguments)
    if isinstance(part, ToolResult):
        return sum(map(_of_part, part.content))
    if isinstance(part, Data | Extension):
        return _of_text(json.dumps(part.value, ensure_ascii=False, default=str))
    return _of_text(part.source.text) if isinstance(part.source, InlineText) else _PER_MEDIUM


def _of_text(text: str) -> float:
    if text.isascii():
        return len(text) / _ASCII_PER_TOKEN
    ascii_only = sum(each < "\x80" for each in text)
    wide = sum(each >= _WIDE for each in text)
    return ascii_only / _ASCII_PER_TOKEN + wide + (len(text) - ascii_only - wide) / _OTHER_PER_TOKEN
