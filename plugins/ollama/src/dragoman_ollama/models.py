"""What models accept, as data.

Anybody may give a model any name, and a server tells by ``/api/show`` what a model can do. Only the limits of the API
itself are known here, and the family that thinks in levels. See https://docs.ollama.com/capabilities/thinking.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import attrs

from dragoman import NO, UNKNOWN, YES, Cap, Capabilities, HistoryRules, Support
from dragoman.http import count, fields, items_of, words

LEVELS = frozenset({"low", "medium", "high"})
"""The efforts of models that always think, read on 2026-11-28."""
EFFORTS = frozenset({"none", *LEVELS, "max"})
"""The efforts that the API takes, read on 2026-11-28; a model that only has a switch thinks at each but ``none``."""
MOST_LOGPROBS = 20

_ALWAYS_THINKS = re.compile(r"(?:^|/)gpt-oss(?:$|[:-])")

_NO_SETTING = Cap(support=Support.NO, note="Ollama has no such setting")
_NO_CHOICE = Cap(support=Support.NO, note="Ollama cannot require a tool call")
_NO_THINKING = Cap(support=Support.NO, note="the model does not think")
_NO_MEDIUM = Cap(support=Support.NO, note="Ollama takes images, as bytes")

HISTORY = HistoryRules(
    document_names=False,
    outcomes=False,
    tool_objects=True,
    boolean_schemas=False,
    calls_last=True,
    speakers=False,
    message_options=False,
)
"""What the API takes of a conversation: https://docs.ollama.com/api/chat."""


def always_thinks(model: str) -> bool:
    """Return whether *model* thinks in levels, and cannot be told not to."""
    return _ALWAYS_THINKS.search(model) is not None


def capabilities(model: str) -> Capabilities:
    """Return what is known about *model*."""
    efforts = LEVELS if always_thinks(model) else EFFORTS
    words = ", ".join(sorted(efforts))
    return Capabilities(
        settings={
            "service_tier": _NO_SETTING,
            "parallel_tool_calls": _NO_SETTING,
            "n": Cap(support=Support.NO, note="Ollama gives one answer to a request"),
            "top_logprobs": Cap(maximum=MOST_LOGPROBS, note=f"Ollama gives {MOST_LOGPROBS} at most"),
            "effort": Cap(values=efforts, note=f"the model accepts the efforts {words}"),
        },
        input={"application/pdf": _NO_MEDIUM, "audio/*": _NO_MEDIUM, "video/*": _NO_MEDIUM},
        completion=YES,
        completion_stream=YES,
        tool_choice=_NO_CHOICE,
        json_schema=YES,
        reasoning=YES if always_thinks(model) else UNKNOWN,
        history=HISTORY,
    )


def learned(model: str, told: Mapping[str, Any]) -> Capabilities:
    """Return what is known about *model* after its server told of it; servers before 2025-05 do not name abilities.

    https://docs.ollama.com/api-reference/show-model-details
    """
    known = capabilities(model)
    facts = fields(told.get("model_info"))
    size = count(facts, f"{words(facts.get('general.architecture'))}.context_length")
    known = attrs.evolve(known, context_tokens=size)
    abilities = {words(each) for each in items_of(told.get("capabilities"))}
    if not abilities:
        return known
    thinks = "thinking" in abilities
    return attrs.evolve(
        known,
        settings=known.settings if thinks else {**known.settings, "effort": _NO_THINKING},
        input={**known.input, "image/*": _support("vision" in abilities)},
        tools=_support("tools" in abilities),
        reasoning=_support(thinks),
    )


def _support(able: bool) -> Cap:  # noqa: FBT001  # the word of the server
    return YES if able else NO
