"""What the families of Claude models accept, as data.

A family is the tier and the version in a model's name, whole words only: ``claude-opus-4-1-20250805`` is ``opus`` 4.1.
What a name does not tell is not known, and what Anthropic then refuses is learnt at run time. See
https://docs.anthropic.com/en/docs/about-claude/models/overview.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from attrs import frozen

from dragoman import NO, UNKNOWN, YES, Cap, Capabilities, Support

Version = tuple[int, int]

SINCE: Mapping[str, Mapping[str, Version]] = {
    "tools": {"": (3, 0)},
    "images": {"": (3, 0)},
    "thinking": {"": (3, 7)},
    "adaptive thinking": {"": (4, 6)},
    "native output": {"opus": (4, 1), "": (4, 5)},
    "one of temperature and top_p": {"opus": (4, 1), "": (4, 5)},
    "own sampling": {"opus": (4, 7), "": (5, 0)},
    "effort": {"opus": (4, 5), "": (4, 6)},
    "effort xhigh": {"opus": (4, 7), "": (5, 0)},
    "effort max": {"": (4, 6)},
    "later system": {"": (4, 8)},
    "long context": {"": (4, 6)},
}
"""The version of a tier from which on a trait holds; the tier ``""`` stands for all that are not named."""

OUTPUT_TOKENS: tuple[tuple[Version, Mapping[str, int]], ...] = (
    ((4, 6), {"": 128_000}),
    ((4, 5), {"": 64_000}),
    ((4, 0), {"opus": 32_000, "": 64_000}),
    ((3, 7), {"": 128_000}),
    ((3, 5), {"": 8_192}),
    ((0, 0), {"": 4_096}),
)
"""The most tokens an answer may have, from a version on."""

_NAMES = (
    re.compile(r"(?:^|[^a-z0-9])claude-(?P<tier>[a-z]+)-v?(?P<major>\d{1,2})(?:[-.](?P<minor>\d{1,2}))?(?!\d)"),
    re.compile(r"(?:^|[^a-z0-9])claude-v?(?P<major>\d)(?:[-.](?P<minor>\d))?(?!\d)(?:-(?P<tier>[a-z]+))?"),
)
_INSTANT = re.compile(r"(?:^|[^a-z0-9])claude-instant(?=$|-)")
_NO_PLACE = ("seed", "presence_penalty", "frequency_penalty", "logprobs", "top_logprobs")


@frozen
class Family:
    """Name a family of models.

    Args:
        tier: such as ``opus``; empty for the first models, which had none.
        version: major and minor.

    """

    tier: str
    version: Version

    def has(self, trait: str) -> bool:
        """Tell whether a trait of :data:`SINCE` holds."""
        since = SINCE[trait]
        return self.version >= since.get(self.tier, since[""])

    @property
    def output_tokens(self) -> int:
        """Return the most tokens an answer may have."""
        limits = next(limits for since, limits in OUTPUT_TOKENS if self.version >= since)
        return limits.get(self.tier, limits[""])


@lru_cache(maxsize=256)
def family(model: str) -> Family | None:
    """Return the family of *model*, ``None`` if its name does not tell."""
    if _INSTANT.search(model):
        return Family("instant", (1, 0))
    for pattern in _NAMES:
        if found := pattern.search(model):
            return Family(found["tier"] or "", (int(found["major"]), int(found["minor"] or 0)))
    return None


def has(model: str, trait: str, *, unknown: bool = False) -> bool:
    """Tell whether *model* has a trait of :data:`SINCE`; *unknown* if its name does not tell."""
    known = family(model)
    return unknown if known is None else known.has(trait)


def is_prompt_model(model: str) -> bool:
    """Tell whether *model* goes on from prompts: https://docs.anthropic.com/en/api/complete."""
    return not has(model, "tools", unknown=True)


def capabilities(model: str) -> Capabilities:
    """Return what is known of *model*."""
    settings: dict[str, Cap] = dict.fromkeys(_NO_PLACE, Cap(support=Support.NO, note="Anthropic has no such setting"))
    known = family(model)
    if known is None:
        return Capabilities(settings=settings, completion=NO, input=_media(UNKNOWN))
    settings |= _settings(known)
    return Capabilities(
        settings=settings,
        input=_media(YES if known.has("images") else NO),
        completion=YES if is_prompt_model(model) else NO,
        tools=YES if known.has("tools") else NO,
        tool_choice=YES if known.has("tools") else NO,
        json_schema=_json_schema(known),
        reasoning=YES if known.has("thinking") else NO,
        context_tokens=1_000_000 if known.has("long context") else 200_000 if known.version >= (2, 1) else 100_000,
        output_tokens=known.output_tokens,
    )


def _settings(known: Family) -> dict[str, Cap]:
    settings = {"max_tokens": Cap(support=Support.YES, maximum=known.output_tokens, note="it writes no more at once")}
    if known.has("own sampling"):
        fixed = Cap(support=Support.NO, note="it chooses its own sampling")
        settings |= {"temperature": fixed, "top_p": fixed, "top_k": fixed}
    else:
        settings["temperature"] = Cap(support=Support.YES, maximum=1, note="Anthropic takes 0 to 1")
    if not known.has("thinking"):
        settings["effort"] = Cap(support=Support.NO, note="it does not think before it answers")
    return settings


def _json_schema(known: Family) -> Cap:
    if known.has("native output"):
        return YES
    return Cap(support=Support.CONDITIONAL, note="by a forced tool") if known.has("tools") else NO


def _media(images: Cap) -> dict[str, Cap]:
    return {"image/*": images, "application/pdf": images, "text/plain": images, "audio/*": NO, "video/*": NO}
