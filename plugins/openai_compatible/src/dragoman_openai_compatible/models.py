"""Which models reason, by name, whichever host serves them.

A model is recognized by the last segment of its name: ``openai/o3``, ``eu.openai.o3`` and ``accounts/acme/models/o3``
are ``o3``. Nothing is assumed about other names. The facts were read on 2026-11-28 from the pages of the vendors:

- https://platform.openai.com/docs/guides/reasoning
- https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking
- https://ai.google.dev/gemini-api/docs/thinking
- https://api-docs.deepseek.com/guides/thinking_mode
- https://docs.x.ai/docs/guides/reasoning
- https://qwenlm.github.io/blog/qwen3/
- https://docs.mistral.ai/capabilities/reasoning/
- https://docs.z.ai/guides/capabilities/thinking-mode
- https://platform.moonshot.ai/docs/guide/use-kimi-k2-thinking-model
"""

from __future__ import annotations

import re
from functools import lru_cache

from dragoman import YES, Cap, Support

IF_ASKED = Cap(support=Support.CONDITIONAL, note="the model reasons if asked to")
_UNKNOWN = Cap()

REASONING: tuple[tuple[str, Cap], ...] = (
    (r".*-non-(reasoning|thinking)", _UNKNOWN),
    (r"gpt-5-chat", _UNKNOWN),
    (r"o\d+|gpt-([5-9]|\d\d)(\.\d+)?|codex|computer-use|gpt-oss", YES),
    (r".*:thinking", YES),
    (r"claude-[a-z]+-([5-9]|\d\d)(?!\d)", YES),
    (r"claude-[a-z]+-4|claude-4|claude-3[.-]7", IF_ASKED),
    (r"gemini-2\.5(-[a-z0-9.]+)*-(image|tts)", _UNKNOWN),
    (r"gemini-(2\.5|[3-9](\.\d+)?)|gemini-(pro|flash|flash-lite)-latest", YES),
    (r"deepseek-(r\d+|reasoner|v4|flash)", YES),
    (r"deepseek-(v3\.[1-9]|chat-v3\.[1-9])", IF_ASKED),
    (r"grok-(3-mini|[4-9](\.\d+)?|code-fast)", YES),
    (r"qwen-?3(\.\d+)?(-[a-z0-9.]+)*-(instruct|coder)|qwen-?3(\.\d+)?-(coder|embedding)", _UNKNOWN),
    (r"qwen-?3|qwq|qvq", YES),
    (r"glm-(4\.[5-9]|z1|[5-9])", YES),
    (r"kimi-k(2\.[5-9]|[3-9])", YES),
    (r"minimax-m\d", YES),
    (r"magistral|phi-4-(mini-)?reasoning|sonar-(reasoning|deep-research)|nemotron-3", YES),
    (r".*-(thinking|reasoner|reasoning)", YES),
)
"""Patterns of whole words at the beginning of names in lower case, and whether these models reason; the first match
decides."""

_PATTERNS = tuple((re.compile(rf"(?:[a-z]+\.)*(?:{pattern})(?=$|[^a-z0-9])"), cap) for pattern, cap in REASONING)


@lru_cache(maxsize=256)
def reasoning_of_model(model: str) -> Cap:
    """Return whether *model* reasons before it answers, unknown for a name that no pattern matches."""
    name = model.rpartition("/")[2].lower()
    return next((cap for pattern, cap in _PATTERNS if pattern.match(name)), _UNKNOWN)
