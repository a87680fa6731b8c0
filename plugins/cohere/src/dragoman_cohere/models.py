"""What the models of Cohere accept, as data.

https://docs.cohere.com/reference/chat, https://docs.cohere.com/docs/reasoning and
https://docs.cohere.com/docs/structured-outputs, read on 2026-11-29.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import attrs

from dragoman import NO, UNKNOWN, YES, Cap, Capabilities, HistoryRules, SchemaRules, Support
from dragoman.http import count, items_of

HISTORY = HistoryRules(
    argument_texts=False,
    document_names=False,
    tool_name_letters="[a-zA-Z0-9_-]",
    tool_name_length=64,
    speakers=False,
    outcomes=False,
    tool_objects=True,
    boolean_schemas=False,
    tool_properties=True,
)
"""What the API takes of a conversation."""

SCHEMA = SchemaRules(
    keywords={"additionalProperties"},
    formats={"date-time", "uuid", "date", "time"},
    silent={"$anchor", "default"},
    closed=False,
    best_effort=True,
)
"""What the API takes of a schema; of regular expressions it takes none with ``^`` and ``$``, as most have them."""

_THINKS = re.compile(r"command-[a-z0-9-]*reasoning(?=$|-)")
_PLAIN = re.compile(r"command(?:-(?:r|r-plus|r7b|light|nightly|a-03-2025|a-vision|a-translate))?(?=$|-\d)|c4ai-")
"""The models that think unless they are told not to, and those that do not think."""
_SEES = re.compile(r"command-[a-z0-9-]*vision(?=$|-)|c4ai-aya-vision(?=$|-)")
"""The models that are known to take images."""

_TOOL_FEATURES = frozenset({"tools", "strict_tools", "tool_choice"})
"""What the API says of a model that calls tools."""

_NO_SETTING = Cap(support=Support.NO, note="Cohere has no such setting")
_NO_MEDIUM = Cap(support=Support.NO, note="Cohere takes images, as bytes and by their address")
_NO_THINKING = Cap(support=Support.NO, note="the model does not think")
_SWITCH = Cap(values=frozenset({"none", "high"}), note="the model thinks or it does not")
_SETTINGS: Mapping[str, Cap] = {
    "n": Cap(support=Support.NO, note="Cohere gives one answer to a request"),
    **dict.fromkeys(("parallel_tool_calls", "top_logprobs", "service_tier"), _NO_SETTING),
    **dict.fromkeys(("presence_penalty", "frequency_penalty"), Cap(minimum=0, maximum=1)),
    "top_k": Cap(minimum=0, maximum=500),
    "stop": Cap(most=5, note="Cohere takes 5 stop sequences"),
}


_NO_JSON_BESIDE_TOOLS = Cap(support=Support.NO, note="Cohere takes tools or an output format, not both")


def capabilities(model: str) -> Capabilities:
    """Return what is known about *model*."""
    thinks, plain = _THINKS.match(model), _PLAIN.match(model)
    return Capabilities(
        settings={**_SETTINGS, "effort": _NO_THINKING if plain else _SWITCH},
        input={
            **dict.fromkeys(("application/pdf", "audio/*", "video/*"), _NO_MEDIUM),
            **({"image/*": YES} if _SEES.match(model) else {}),
        },
        completion=NO,
        tools=UNKNOWN,
        json_schema=YES,
        json_beside_tools=_NO_JSON_BESIDE_TOOLS,
        prefill=Cap(support=Support.CONDITIONAL),
        reasoning=YES if thinks else NO if plain else UNKNOWN,
        history=HISTORY,
        output_schema=SCHEMA,
        tool_schema=SCHEMA,
    )


def learned(model: str, told: Mapping[str, Any]) -> Capabilities:
    """Return what is known about *model* after the API told of it; a feature that it does not name is not known.

    https://docs.cohere.com/reference/get-model
    """
    known = capabilities(model)
    features = {str(each) for each in items_of(told.get("features"))}
    thinks = "reasoning" in features
    return attrs.evolve(
        known,
        context_tokens=count(told, "context_length") or known.context_tokens,
        input={**known.input, "image/*": YES} if "vision" in features else known.input,
        tools=YES if features & _TOOL_FEATURES else known.tools,
        reasoning=YES if thinks else known.reasoning,
        settings={**known.settings, "effort": _SWITCH} if thinks else known.settings,
    )
