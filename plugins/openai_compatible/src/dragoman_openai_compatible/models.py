"""What models accept by their names, whichever host serves them.

A model is recognized by the last segment of its name: ``openai/o3``, ``eu.openai.o3`` and ``accounts/acme/models/o3``
are ``o3``. A name that belongs to a vendor but to no known model is taken for one of the newest. Nothing is assumed
about other names. The facts were read on 2026-11-28 from the pages of the vendors:

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
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import attrs

from dragoman import NO, YES, Cap, HistoryRules, Support
from dragoman_openai_compatible.families import family_capabilities, family_of, family_settings
from dragoman_openai_compatible.name_patterns import NamePattern

IF_ASKED = Cap(support=Support.CONDITIONAL, note="the model reasons if asked to")
_UNKNOWN = Cap()

REASONING: tuple[tuple[str, Cap], ...] = (
    (r".*-non-(reasoning|thinking)", _UNKNOWN),
    (r"gpt-5-chat", _UNKNOWN),
    (r"o\d+|gpt-([5-9]|\d\d)(\.\d+)?|codex|computer-use|gpt-oss", YES),
    (r".*:thinking", YES),
    (r"claude-([a-z]+-4[.-][7-9]|4[.-][7-9]-[a-z]+)", YES),
    (r"claude-([a-z]+-)?4|claude-3[.-]7", IF_ASKED),
    (r"claude-([a-z]+-)?v?[123]([.-]\d+)?|claude-instant", _UNKNOWN),
    (r"claude-[a-z0-9]+", YES),
    (r"gemini-2\.5(-[a-z0-9.]+)*-(image|tts)", _UNKNOWN),
    (r"gemini-([01]|2(?!\.)|2\.[0-4]|exp|embedding)|gemini-(pro|ultra)(-vision)?(-\d+)?$", _UNKNOWN),
    (r"gemini-[a-z0-9]+", YES),
    (r"deepseek-(r\d+|reasoner|v[4-9]|flash|pro)|mai-ds-r\d|r1-1776", YES),
    (r"deepseek-(v3\.[1-9]|chat-v3\.[1-9])", IF_ASKED),
    (r"grok-(3-mini|[4-9](\.\d+)?|code-fast)", YES),
    (r"qwen-?3(\.\d+)?(-[a-z0-9.]+)*-(instruct|coder)|qwen-?3(\.\d+)?-(coder|embedding)", _UNKNOWN),
    (r"qwen-?3|qwq|qvq", YES),
    (r"glm-(4\.[5-9]|z1|[5-9])", YES),
    (r"kimi-k(2\.[5-9]|[3-9])", YES),
    (r"minimax-m\d|ernie-x\d|hunyuan-t\d|seed-oss|smollm3|exaone-deep|nova-2", YES),
    (r"magistral|phi-4-(mini-)?reasoning|sonar-(reasoning|deep-research)|nemotron-3", YES),
    (r".*-thinking|.*-reasoner|.*-reasoning", YES),
)
"""Patterns of whole words at the beginning of names in lower case, and whether these models reason; the first match
decides."""

EFFORTS: tuple[tuple[str, frozenset[str]], ...] = (
    (r"gpt-oss", frozenset({"low", "medium", "high"})),
    (r"grok-(code-fast|4\.20)", frozenset()),
    (r"grok-3-mini", frozenset({"none", "low", "high"})),
    (r"grok-4\.3", frozenset({"none", "low", "medium", "high"})),
    (r"grok-4\.[56]", frozenset({"low", "medium", "high"})),
    (r"grok-4\.7", frozenset({"low", "medium", "high", "xhigh"})),
    (r"kimi-k3|glm-5\.3", frozenset({"low", "high", "max"})),
    (r"mistral-(small|medium)", frozenset({"none", "high"})),
)
"""The efforts that models of other vendors than OpenAI accept, none for one that refuses any: what is not listed is not
known. From the pages above, https://docs.x.ai/docs/models and recorded requests."""

_END = "(?=$|[^a-z0-9])"
_EFFORTS = tuple((NamePattern(pattern, _END), words) for pattern, words in EFFORTS)
_NO_EFFORT = Cap(support=Support.NO, note="the model does not accept an effort")
_PATTERNS = tuple((NamePattern(pattern, _END), cap) for pattern, cap in REASONING)
_VENDORS = ("databricks-", "zai-")
_PREFIXES = rf"^(?:[a-z-]+\.|{'|'.join(_VENDORS)})+"
"""What hosts write before the name of a model: regions and vendors."""
_FIXED_SAMPLING = NamePattern(
    r"claude-(?:[a-z]+-4[.-][7-9]|4[.-][7-9]-[a-z]|[a-z]+-(?:[5-9]|\d\d)|[5-9]-[a-z])", r"(?!\d)"
)
_NO_SAMPLING = Cap(support=Support.NO, note="the model does not accept sampling parameters")

_BEGINS_ANEW = Cap(support=Support.CONDITIONAL)
_ANEW = NamePattern(r"gpt-\d|chatgpt|o\d", "")
_REFUSES_PREFILL = NamePattern(
    r"claude-(?:[a-z]+-4[.-][6-9]|4[.-][6-9]-[a-z]|[a-z]+-(?:[5-9]|\d\d)|[5-9]-[a-z])"
    r"|gemini-3\.(?:[6-9]|\d\d)-flash|gemini-3\.5-flash-lite",
    r"(?!\d)",
)
"""The models that refuse the beginning of an answer at the end of a conversation, read on 2026-11-29 from
https://platform.claude.com/docs/en/about-claude/models/whats-new-claude-4-6 and the messages of errors."""

_CLOSED_END = NamePattern("claude", "")
"""The models that refuse white space at the end of the beginning of an answer, whichever host serves them:
https://platform.claude.com/docs/en/api/messages."""

_IN_TURNS = NamePattern("mistral-(large|medium|nemo)|open-mi|mixtral|ministral|magistral|devstral|pixtral", "")
"""The models that refuse a message of the user after the results of tools, whichever host serves them, in the words of
their errors: "Unexpected role 'user' after role 'tool'". A recorded request has mistral-small answer one."""


def short_name(model: str) -> str:
    """Return the name of a model without what hosts write before it, in lower case and with points in its version."""
    name = model.rpartition("/")[2].lower()
    if "." in name or name.startswith(_VENDORS):
        name = re.sub(_PREFIXES, "", name)
    # Fireworks writes the point of a version as `p`: https://docs.fireworks.ai/models/overview
    return re.sub(r"(?<=\d)p(?=\d)", ".", name)


@lru_cache(maxsize=256)
def reasoning_of_model(model: str) -> Cap:
    """Return whether *model* reasons before it answers, unknown for a name that no pattern matches."""
    name = short_name(model)
    return next((cap for pattern, cap in _PATTERNS if pattern.matches(name)), _UNKNOWN)


def facts_of_model(model: str, *, api: str = "chat") -> dict[str, Any]:
    """Return the fields of capabilities that follow from the name of a model, whichever host serves it.

    Args:
        model: the name, with or without the prefixes of a host.
        api: ``chat`` or ``responses``, which take different words for the effort.

    """
    name = short_name(model)
    family = family_of(name.partition(":")[0])
    facts = {name: each for name, each in family_capabilities(family).items() if name in _ANYWHERE}
    settings: Mapping[str, Cap] = family_settings(family, api=api) if family else _effort_of(name)
    if _FIXED_SAMPLING.matches(name):
        settings = dict.fromkeys(("temperature", "top_p", "top_k"), _NO_SAMPLING)
    prefill = NO if _REFUSES_PREFILL.matches(name) else _BEGINS_ANEW if _ANEW.matches(name) else _UNKNOWN
    return {**facts, "settings": settings, "reasoning": reasoning_of_model(model), "prefill": prefill}


def history_of_model(model: str, rules: HistoryRules) -> HistoryRules:
    """Return the rules for conversations of *model* at a host.

    Args:
        model: the name, with or without the prefixes of a host.
        rules: those of the host, for any model.

    """
    name = short_name(model)
    rules = attrs.evolve(rules, input_after_results=False) if _IN_TURNS.matches(name) else rules
    return attrs.evolve(rules, open_end=False) if _CLOSED_END.matches(name) else rules


def _effort_of(name: str) -> dict[str, Cap]:
    words = next((words for pattern, words in _EFFORTS if pattern.matches(name)), None)
    if words is None:
        return {}
    note = f"the model accepts the efforts {', '.join(sorted(words))}"
    return {"effort": Cap(values=words, note=note) if words else _NO_EFFORT}


_ANYWHERE = frozenset({"default_effort", "while_reasoning"})
"""What a model accepts at any host; whether it can be held to a schema depends on the host."""
