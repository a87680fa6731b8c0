"""What each family of models accepts on Bedrock, as data.

https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-supported-models-features.html and
https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html, read on 2026-11-28. Nothing is assumed of a
model that does not match.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from attrs import frozen

from dragoman import NO, YES, Cap, Capabilities, HistoryRules, SchemaRules, Support

Version = tuple[int, int]

BUDGETS: Mapping[str, int] = {"minimal": 1024, "low": 2048, "medium": 8192, "high": 16384, "xhigh": 32768, "max": 32768}
"""Thinking budgets by effort, in tokens, for Claude models without adaptive thinking."""

_CLAUDE = re.compile(r"claude-(?:[a-z]+-)?v?(?P<major>\d{1,2})(?:-(?P<minor>\d{1,2}))?(?!\d)")
_SCHEMAS = re.compile(
    r"qwen\.qwen3|zai\.glm|moonshot(ai)?\.kimi|minimax\.minimax-m2|google\.gemma-3-(12|27)b|nvidia\.nemotron-nano"
    r"|mistral\.(ministral-3|mistral-large-3|magistral-small|voxtral)"
)
_CHOOSING = re.compile(r"anthropic\.claude-(?!v|instant)|amazon\.nova|zai\.glm|moonshot(ai)?\.kimi|xai\.grok")
"""Models that can be told to call a tool."""
_WITHOUT_TOOLS = re.compile(r"amazon\.titan|anthropic\.claude-(v|instant)")

EFFORTS: tuple[tuple[re.Pattern[str], str, frozenset[str] | None], ...] = (
    (re.compile(r"openai\.gpt-oss"), "reasoning_effort", frozenset({"low", "medium", "high"})),
    (re.compile(r"openai\.gpt-"), "reasoning.effort", None),
    (re.compile(r"xai\.grok"), "reasoning.effort", frozenset({"low", "medium", "high", "xhigh"})),
    (re.compile(r"qwen\.qwen3"), "reasoning_config", None),
    (re.compile(r"deepseek\.v3|zai\.glm"), "reasoning_effort", None),
)
"""The member of the additional fields that takes the effort, and the words that it takes if they are known."""

STRICT_SCHEMA = SchemaRules(
    keywords={"default", "minItems", "pattern", "minLength", "maxLength"},
    formats={"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"},
    bare_references=True,
    recursion="never",
    object_root=False,
    min_items=1,
    optional=24,
    unions=16,
)
"""https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html."""

HISTORY = HistoryRules(
    call_id_letters="[a-zA-Z0-9_.:-]",
    call_id_length=64,
    tool_name_letters="[a-zA-Z0-9_-]",
    tool_name_length=64,
    tool_objects=True,
    blank_text=False,
    open_end=False,
    message_options=False,
    cache_marks="bedrock",
)
"""What Converse takes of a conversation."""

_UNSUPPORTED = Cap(support=Support.NO, note="Converse has no such setting")
_NO_SAMPLING = Cap(support=Support.NO, note="the model does not accept sampling parameters")
_SETTINGS: Mapping[str, Cap] = {
    **dict.fromkeys(
        ("seed", "presence_penalty", "frequency_penalty", "logprobs", "top_logprobs", "parallel_tool_calls"),
        _UNSUPPORTED,
    ),
    "temperature": Cap(maximum=1, note="Converse accepts 0 to 1"),
}
_NO_CACHE = Cap(support=Support.NO, note="the model has no marks of a cached prefix")
_WHILE_THINKING: Mapping[str, Cap] = {
    "temperature": Cap(only=1, note="with thinking, Claude accepts only the temperature 1"),
    "top_k": Cap(support=Support.NO, note="with thinking, Claude does not accept top_k"),
}


@frozen
class Family:
    """Identify what is known of a model.

    Args:
        id: the id of the model, without the parts of an ARN before it.
        claude: the version of a Claude model.

    """

    id: str
    claude: Version | None

    @property
    def thinks(self) -> bool:
        """Return whether it is a Claude model that thinks if asked to."""
        return self.claude is not None and self.claude >= (3, 7)

    @property
    def adapts(self) -> bool:
        """Return whether it is a Claude model that decides itself how much to think."""
        return self.claude is not None and self.claude >= (4, 6)

    @property
    def has_schemas(self) -> bool:
        """Return whether its answers can be held to a schema."""
        return self.claude >= (4, 5) if self.claude is not None else bool(_SCHEMAS.search(self.id))

    @property
    def is_nova(self) -> bool:
        """Return whether it is a Nova model."""
        return "amazon.nova" in self.id

    @property
    def chooses_tools(self) -> bool:
        """Return whether it can be told to call a tool."""
        return bool(_CHOOSING.search(self.id))

    @property
    def effort(self) -> tuple[str, frozenset[str] | None] | None:
        """Return where its effort is said, outside Claude, and the words for it."""
        return next(((where, words) for model, where, words in EFFORTS if model.search(self.id)), None)


def family(model: str, base_model: str | None = None) -> Family:
    """Return what is known of *model*; an ARN that does not name the model needs *base_model*."""
    name = base_model or model.rpartition("/")[2]
    found = _CLAUDE.search(name)
    return Family(name, (int(found["major"]), int(found["minor"] or 0)) if found else None)


def capabilities(model: str, base_model: str | None = None) -> Capabilities:
    """Return the capabilities of *model*."""
    known = family(model, base_model)
    tools = NO if _WITHOUT_TOOLS.search(known.id) else Cap()
    strict = STRICT_SCHEMA if known.has_schemas else None
    return Capabilities(
        settings=_settings(known),
        while_reasoning=_WHILE_THINKING if known.thinks else {},
        completion=NO,
        tools=tools,
        reasoning=Cap(support=Support.CONDITIONAL, note="the model thinks if asked to") if known.thinks else Cap(),
        json_schema=YES if known.has_schemas else NO,
        schema_fallback=() if known.has_schemas else ("tool", "text") if known.chooses_tools else ("text",),
        output_schema=strict,
        tool_schema=strict,
        history=HISTORY,
    )


def _cache(known: Family) -> Cap:
    """Return for how long a prefix can be cached: https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html."""
    if known.claude is not None and known.claude >= (3, 5):
        lifetimes = {"5m", "1h"} if known.claude >= (4, 5) else {"5m"}
        return Cap(values=frozenset(lifetimes), note="the model caches for 5 minutes alone")
    return Cap(values=frozenset({"5m"}), note="the model caches for 5 minutes alone") if known.is_nova else _NO_CACHE


def _settings(known: Family) -> dict[str, Cap]:
    settings = dict(_SETTINGS)
    if known.claude is None and not known.is_nova:
        settings["top_k"] = _UNSUPPORTED
    settings["cache"] = _cache(known)
    if known.claude is not None and known.claude >= (4, 7):
        settings |= dict.fromkeys(("temperature", "top_p", "top_k"), _NO_SAMPLING)
    if known.effort is not None:
        words = known.effort[1]
        if words is not None:
            settings["effort"] = Cap(values=words, note=f"the model accepts the efforts {', '.join(sorted(words))}")
    elif not known.thinks:
        settings["effort"] = Cap(support=Support.NO, note="no effort is known for the model; see additional_fields")
    return settings
