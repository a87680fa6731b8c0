"""What each family of Claude models accepts, as data.

A family is the tier and the version in a model name: ``claude-opus-4-1-20250805`` is ``opus`` 4.1. A name that
does not match gets no defaults, since its model may think; what else the API rejects for it is learned at run time. See
https://docs.anthropic.com/en/docs/about-claude/models/overview.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from attrs import frozen

from dragoman import NO, UNKNOWN, YES, Cap, Capabilities, HistoryRules, Support
from dragoman_anthropic.schema_rules import OUTPUT_SCHEMA, STRICT_SCHEMA

Version = tuple[int, int]
_NEVER: Version = (100, 0)

SINCE: Mapping[str, Mapping[str, Version]] = {
    "tools": {"": (3, 0)},
    "images": {"": (3, 0)},
    "thinking": {"": (3, 7)},
    "thinking unasked": {"": (5, 0)},
    "adaptive thinking": {"": (4, 6)},
    "structured outputs": {"opus": (4, 1), "": (4, 5)},
    "one of temperature and top_p": {"opus": (4, 1), "": (4, 5)},
    "fixed sampling": {"opus": (4, 7), "": (5, 0)},
    "effort": {"opus": (4, 5), "": (4, 6)},
    "effort xhigh": {"opus": (4, 7), "": (5, 0)},
    "effort max": {"": (4, 6)},
    "endless thinking": {"fable": (0, 0), "mythos": (0, 0), "opus": (5, 5), "": _NEVER},
    "thinking between tools": {"sonnet": (5, 5), "": _NEVER},
    "free tool choice": {"fable": (5, 1), "mythos": (5, 1), "opus": (5, 5), "sonnet": (5, 5), "": _NEVER},
    "later system": {"": (4, 8)},
    "no prefill": {"": (4, 6)},
    "long context": {"": (4, 6)},
}
"""The first version of each tier that has a trait; the tier ``""`` covers all tiers that are not listed.

A model with *endless thinking* cannot stop to think, one with *thinking between tools* only thinks there if told to
stop, one with a *free tool choice* cannot be made to call a tool, and one with *no prefill* refuses a conversation that
ends with the beginning of an answer. Read on 2026-11-28 from
https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking,
https://platform.claude.com/docs/en/agents-and-tools/tool-use/implement-tool-use and
https://platform.claude.com/docs/en/about-claude/models/whats-new-claude-4-6.
"""

OUTPUT_TOKENS: tuple[tuple[Version, Mapping[str, int]], ...] = (
    ((4, 6), {"": 128_000}),
    ((4, 5), {"": 64_000}),
    ((4, 0), {"opus": 32_000, "": 64_000}),
    ((3, 7), {"": 128_000}),
    ((3, 5), {"": 8_192}),
    ((0, 0), {"": 4_096}),
)
"""The maximum output tokens of each tier, by the first version that has this maximum."""

BETA_OUTPUT_TOKENS: Mapping[Version, int] = {(3, 7): 64_000}
"""The maximum output tokens without a beta header, for versions where a beta raises it.

https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking#extended-output-capabilities-beta
"""
SMALL_LIMIT = 4096
"""A limit that every model accepts, in tokens."""

_NAMES = (
    re.compile(r"(?:^|[^a-z0-9])claude-(?P<tier>[a-z]+)-v?(?P<major>\d{1,2})(?:[-.](?P<minor>\d{1,2}))?(?!\d)"),
    re.compile(r"(?:^|[^a-z0-9])claude-v?(?P<major>\d)(?:[-.](?P<minor>\d))?(?!\d)(?:-(?P<tier>[a-z]+))?"),
)
_INSTANT = re.compile(r"(?:^|[^a-z0-9])claude-instant(?=$|-)")
_NO_SCHEMA = Cap(support=Support.NO, note="the model is not known to have structured outputs")
_NO_JSON = Cap(support=Support.NO, note="Anthropic has no mode for JSON without a schema")
_NO_SETTING = Cap(support=Support.NO, note="Anthropic has no such setting")
_SETTINGS: Mapping[str, Cap] = {
    **dict.fromkeys(("seed", "presence_penalty", "frequency_penalty", "logprobs", "top_logprobs", "n"), _NO_SETTING),
    "stop": Cap(blank=False, note="Anthropic accepts no stop sequence of white space"),
}
"""What the API says of settings for every model."""


@frozen
class Family:
    """Identify a family of models.

    Args:
        tier: such as ``opus``; empty for the first models, which have none.
        version: the major and the minor version.

    """

    tier: str
    version: Version

    def has(self, trait: str) -> bool:
        """Return whether the family has a trait of :data:`SINCE`."""
        since = SINCE[trait]
        return self.version >= since.get(self.tier, since[""])

    @property
    def output_tokens(self) -> int:
        """Return the maximum output tokens."""
        limits = next(limits for since, limits in OUTPUT_TOKENS if self.version >= since)
        return limits.get(self.tier, limits[""])


@lru_cache(maxsize=256)
def family(model: str) -> Family | None:
    """Return the family of *model*, ``None`` if its name does not match."""
    if _INSTANT.search(model):
        return Family("instant", (1, 0))
    for pattern in _NAMES:
        if found := pattern.search(model):
            return Family(found["tier"] or "", (int(found["major"]), int(found["minor"] or 0)))
    return None


def has(model: str, trait: str, *, unknown: bool = False) -> bool:
    """Return whether *model* has a trait of :data:`SINCE`; *unknown* if its family is not known."""
    known = family(model)
    return unknown if known is None else known.has(trait)


def largest_limit(model: str, budget: int) -> int:
    """Return the greatest ``max_tokens`` that *model* is known to accept, with room for a thinking budget.

    Args:
        model: the model.
        budget: the thinking budget, in tokens; the limit has to be greater.

    """
    known = family(model)
    if known is None:
        return budget + SMALL_LIMIT
    plain = BETA_OUTPUT_TOKENS.get(known.version, known.output_tokens)
    return plain if budget < plain else known.output_tokens


HISTORY = HistoryRules(
    call_id_letters="[a-zA-Z0-9_-]",
    tool_name_letters="[a-zA-Z0-9_-]",
    tool_name_length=128,
    tool_objects=True,
    called_tools=True,
    speakers=False,
    member_letters="[a-zA-Z0-9_.-]",
    calls_last=True,
    blank_text=False,
    bare_errors=False,
    open_end=False,
    message_options=False,
    cache_marks="anthropic",
)
"""What the Messages API takes of a conversation.

https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/implement-tool-use and the messages of its errors: "text
content blocks must contain non-whitespace text", "content cannot be empty if `is_error` is true", "final assistant
content cannot end with trailing whitespace", "`tool_use` blocks can only be followed by `tool_use` blocks".
"""


def is_completion_model(model: str) -> bool:
    """Return whether *model* uses the Text Completions API: https://docs.anthropic.com/en/api/complete."""
    return not has(model, "tools", unknown=True)


def capabilities(model: str) -> Capabilities:
    """Return the capabilities of *model*."""
    known = family(model)
    if known is None:
        return Capabilities(  # it may think, as the newest models and those of other vendors do
            settings=_SETTINGS,
            completion=NO,
            input=_media(UNKNOWN),
            json_schema=_NO_SCHEMA,
            json_mode=_NO_JSON,
            history=HISTORY,
            reasoning=YES,
        )
    return Capabilities(
        settings={**_SETTINGS, **_settings(known)},
        input=_media(YES if known.has("images") else NO),
        completion=YES if is_completion_model(model) else NO,
        tools=YES if known.has("tools") else NO,
        tool_choice=_tool_choice(known),
        json_schema=YES if known.has("structured outputs") else _NO_SCHEMA,
        json_mode=_NO_JSON,
        prefill=NO if known.has("no prefill") else YES,
        reasoning=_reasoning(known),
        context_tokens=1_000_000 if known.has("long context") else 200_000 if known.version >= (2, 1) else 100_000,
        output_tokens=known.output_tokens,
        history=HISTORY,
        output_schema=OUTPUT_SCHEMA,
        tool_schema=STRICT_SCHEMA,
    )


def _tool_choice(known: Family) -> Cap:
    if known.has("free tool choice"):
        return Cap(support=Support.NO, note="the model cannot be made to call a tool")
    return YES if known.has("tools") else NO


def _settings(known: Family) -> dict[str, Cap]:
    settings = {"max_tokens": Cap(support=Support.YES, maximum=known.output_tokens, note="the limit of the model")}
    if known.has("fixed sampling"):
        unsupported = Cap(support=Support.NO, note="the model does not accept sampling parameters")
        settings |= {"temperature": unsupported, "top_p": unsupported, "top_k": unsupported}
    else:
        settings["temperature"] = Cap(support=Support.YES, maximum=1, note="Anthropic accepts 0 to 1")
    if not known.has("thinking"):
        settings["effort"] = Cap(support=Support.NO, note="the model has no extended thinking")
    return settings


def _reasoning(known: Family) -> Cap:
    """Return whether a model reasons; one that fixes its sampling is made for adaptive thinking, and counts as such."""
    if known.has("thinking unasked") or known.has("fixed sampling"):
        return YES
    return Cap(support=Support.CONDITIONAL, note="the model thinks if asked to") if known.has("thinking") else NO


def _media(images: Cap) -> dict[str, Cap]:
    return {"image/*": images, "application/pdf": images, "text/plain": images, "audio/*": NO, "video/*": NO}
