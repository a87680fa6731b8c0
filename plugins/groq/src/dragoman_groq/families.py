"""What the families of models at Groq accept, as data.

A family is known by whole words of the model's name; a name that fits none has no known limits beyond the host's own.
See https://console.groq.com/docs/openai#currently-unsupported-openai-features,
https://console.groq.com/docs/reasoning and https://console.groq.com/docs/deprecations.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from dragoman import NO, YES, Cap, Capabilities, Support

EFFORTS: Mapping[re.Pattern[str], frozenset[str]] = {
    re.compile(r"^(?:openai/)?gpt-oss(?=$|-)"): frozenset({"low", "medium", "high"}),
    re.compile(r"^(?:qwen/)?qwen-?3(?=$|[-.])"): frozenset({"none", "default"}),
}
"""How much the reasoning families can be asked to reason."""

SUCCESSORS: Mapping[re.Pattern[str], str] = {
    re.compile(r"^(?:llama2-70b|llama3-70b|llama-3\.1-70b|mixtral-8x7b|deepseek-r1-distill-llama-70b)(?=$|-)"): (
        "llama-3.3-70b-versatile"
    ),
    re.compile(r"^(?:llama3-8b|gemma-7b|gemma2-9b)(?=$|-)"): "llama-3.1-8b-instant",
    re.compile(r"^(?:qwen-qwq-32b|qwen-2\.5-32b|mistral-saba-24b)(?=$|-)"): "qwen/qwen3-32b",
}
"""What Groq recommends in place of families that it switched off."""

_NOT_HERE = Cap(support=Support.NO, note="Groq does not support it")
_SETTINGS: Mapping[str, Cap] = {
    **dict.fromkeys(("top_k", "logprobs", "top_logprobs", "presence_penalty", "frequency_penalty"), _NOT_HERE),
    "temperature": Cap(maximum=2),
}


def successor(model: str) -> str | None:
    """Return what replaces a model of a family that is known to be switched off."""
    return next((new for family, new in SUCCESSORS.items() if family.match(model)), None)


def capabilities(model: str) -> Capabilities:
    """Return what is known of *model*."""
    efforts = next((words for family, words in EFFORTS.items() if family.match(model)), None)
    settings = _SETTINGS if efforts is None else {**_SETTINGS, "effort": Cap(values=efforts)}
    return Capabilities(settings=settings, completion=NO, reasoning=Cap() if efforts is None else YES)
