"""What the models of Mistral accept, as data.

https://docs.mistral.ai/getting-started/models and https://docs.mistral.ai/capabilities/reasoning, read on 2026-11-29.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import attrs

from dragoman import NO, YES, Cap, Capabilities, Support
from dragoman.http import count, fields
from dragoman_openai_compatible import OpenAIProvider, facts_of_model

HISTORY = attrs.evolve(
    OpenAIProvider.history,
    call_forms=(),
    call_id_letters="[a-zA-Z0-9]",
    call_id_length=9,
    call_id_exact=True,
    speakers=False,
)
"""What the API takes of a conversation; it refuses other ids with "must be a-z, A-Z, 0-9, with a length of 9"."""

_FILLS_IN = re.compile(r"(?:open-)?codestral(?=$|-)")
"""The models that continue code or fill it in: https://docs.mistral.ai/capabilities/code_generation."""
_MEDIA: Mapping[str, str] = {"vision": "image/*", "audio": "audio/*"}
"""The media that a model takes, by the abilities that the API names."""
_NO_EFFORT = Cap(support=Support.NO, note="the model does not think")
_IF_ASKED = Cap(support=Support.CONDITIONAL, note="the model thinks at the effort high")


def capabilities(model: str) -> Capabilities:
    """Return what is known about *model*."""
    return Capabilities(history=HISTORY, **_prompts(model), **{**_facts(model), "prefill": YES})


def learned(model: str, told: Mapping[str, Any]) -> Capabilities:
    """Return what is known about *model* after the API told of it; an ability that it does not mention is not known.

    https://docs.mistral.ai/api/endpoint/models
    """
    known = capabilities(model)
    said = fields(told.get("capabilities"))
    able = {name: YES if said[name] else NO for name in said if isinstance(said[name], bool)}
    media = {family: able[name] for name, family in _MEDIA.items() if name in able}
    fills_in = able.get("completion_fim", known.completion)
    thinks = known.reasoning if able.get("reasoning") is not NO else NO
    return attrs.evolve(
        known,
        context_tokens=count(told, "max_context_length"),
        input={**known.input, **media},
        tools=able.get("function_calling", known.tools),
        completion=fills_in,
        completion_stream=fills_in,
        reasoning=thinks,
        settings={**known.settings, "effort": _NO_EFFORT} if thinks is NO else known.settings,
    )


def _prompts(model: str) -> dict[str, Any]:
    fills_in = YES if _FILLS_IN.match(model) else NO
    return {"completion": fills_in, "completion_stream": fills_in}


def _facts(model: str) -> dict[str, Any]:
    """Return what follows from a name; a model that takes an effort thinks only if it is asked to."""
    facts = facts_of_model(model)
    known = {**facts, "settings": {"n": YES, **facts["settings"]}}
    if "effort" not in facts["settings"]:
        return known
    return {**known, "reasoning": _IF_ASKED, "default_effort": "none"}
