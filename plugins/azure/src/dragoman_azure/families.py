"""What the models behind deployments accept, as data, by whole words of ``base_model``.

https://learn.microsoft.com/azure/ai-services/openai/how-to/reasoning
"""

from __future__ import annotations

import re

from dragoman import Cap, Capabilities, Support
from dragoman.capabilities import NO, YES

_REASONING = re.compile(r"^(?:o\d+|gpt-(?:[5-9]|\d\d)(?:\.\d+)?|codex)(?=$|-)(?!-chat(?:$|-))")
_PROMPT = re.compile(r"^(?:gpt-35-turbo-instruct|gpt-3\.5-turbo-instruct|davinci-002|babbage-002)(?=$|-)")
_NO_TOP_K = Cap(support=Support.NO, note="Azure OpenAI has no top_k")
_FIXED = Cap(support=Support.NO, note="reasoning models choose their own sampling")
_SAMPLING = ("temperature", "top_p", "presence_penalty", "frequency_penalty", "logprobs", "top_logprobs", "stop")


def is_reasoning(base_model: str | None) -> bool:
    """Tell whether the model is known to reason before it answers."""
    return base_model is not None and bool(_REASONING.match(base_model))


def capabilities(base_model: str | None) -> Capabilities:
    """Return what is known of a deployment of *base_model*: nothing but Azure's own limits, if that is not given."""
    reasons = is_reasoning(base_model)
    return Capabilities(
        settings={"top_k": _NO_TOP_K, **(dict.fromkeys(_SAMPLING, _FIXED) if reasons else {})},
        completion=YES if base_model is not None and _PROMPT.match(base_model) else NO,
        reasoning=YES if reasons else Cap(),
    )
