"""What models accept, as data.

Anybody may give a model any name, and a server tells by ``/api/show`` what a model can do. Only the limits of the API
itself are known here, and the family that thinks in levels. See https://docs.ollama.com/capabilities/thinking.
"""

from __future__ import annotations

import re

from dragoman import UNKNOWN, YES, Cap, Capabilities, HistoryRules, Support

LEVELS = frozenset({"low", "medium", "high"})
"""The efforts of models that always think, read on 2026-11-28."""
EFFORTS = frozenset({"none", *LEVELS, "max"})
"""The efforts that the API takes, read on 2026-11-28; a model that only has a switch thinks at each but ``none``."""
MOST_LOGPROBS = 20

_ALWAYS_THINKS = re.compile(r"(?:^|/)gpt-oss(?:$|[:-])")

_NO_SETTING = Cap(support=Support.NO, note="Ollama has no such setting")
_NO_CHOICE = Cap(support=Support.NO, note="Ollama cannot require a tool call")
_NO_MEDIUM = Cap(support=Support.NO, note="Ollama takes images, as bytes")

HISTORY = HistoryRules(outcomes=False, tool_objects=True, calls_last=True, message_options=False)
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
            "top_logprobs": Cap(maximum=MOST_LOGPROBS, note=f"Ollama gives {MOST_LOGPROBS} at most"),
            "effort": Cap(values=efforts, note=f"the model accepts the efforts {words}"),
        },
        input={"application/pdf": _NO_MEDIUM, "audio/*": _NO_MEDIUM, "video/*": _NO_MEDIUM},
        completion=YES,
        tool_choice=_NO_CHOICE,
        json_schema=YES,
        reasoning=YES if always_thinks(model) else UNKNOWN,
        history=HISTORY,
    )
