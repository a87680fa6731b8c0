"""What the model families at Groq accept, as data.

A family is recognized by whole words of the model name. For other names only the limits of Groq itself are known.
See https://console.groq.com/docs/openai#currently-unsupported-openai-features,
https://console.groq.com/docs/reasoning and https://console.groq.com/docs/deprecations.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from dragoman import NO, Cap, Capabilities, Support
from dragoman_openai_compatible import OpenAIProvider, reasoning_of_model

EFFORTS: Mapping[re.Pattern[str], frozenset[str]] = {
    re.compile(r"^(?:openai/)?gpt-oss(?=$|-)"): frozenset({"low", "medium", "high"}),
    re.compile(r"^(?:qwen/)?qwen-?3\.8-27b(?=$|-)"): frozenset({"none", "default", "low", "medium", "high"}),
    re.compile(r"^(?:qwen/)?qwen-?3(?=$|[-.])"): frozenset({"none", "default"}),
    re.compile(r"^(?:meta-llama/)?llama|^(?:moonshotai/)?kimi-k2-instruct|^allam|^gemma"): frozenset(),
}
"""The efforts that each family accepts, none for one that does not reason, read on 2026-11-28 from
https://console.groq.com/docs/reasoning."""

SUCCESSORS: Mapping[re.Pattern[str], str] = {
    re.compile(r"^(?:llama2-70b|llama3-70b|llama-3\.1-70b|mixtral-8x7b|deepseek-r1-distill-llama-70b)(?=$|-)"): (
        "llama-3.3-70b-versatile"
    ),
    re.compile(r"^(?:llama3-8b|gemma-7b|gemma2-9b)(?=$|-)"): "llama-3.1-8b-instant",
    re.compile(r"^(?:qwen-qwq-32b|qwen-2\.5-32b|mistral-saba-24b)(?=$|-)"): "qwen/qwen3-32b",
}
"""The replacements that Groq recommends for families that it has switched off."""

_STRICT = re.compile(r"^(?:openai/)?gpt-oss(?=$|-)")
"""The models that can be held to a schema: https://console.groq.com/docs/structured-outputs."""
SCHEMAS = re.compile(
    r"^(?:openai/gpt-oss|gpt-oss|moonshotai/kimi-k2-instruct|meta-llama/llama-4-(?:scout|maverick))(?=$|-)"
)
"""The models that take a schema, strict or not, read on 2026-11-28 from the same page; all have a mode for JSON."""

_NO_SCHEMA = Cap(support=Support.NO, note="Groq has schemas for other models only")
_UNSUPPORTED = Cap(support=Support.NO, note="Groq does not support it")
_ONE_ANSWER = Cap(support=Support.NO, note="Groq gives one answer to a request")
_SETTINGS: Mapping[str, Cap] = {
    "n": _ONE_ANSWER,
    **dict.fromkeys(("top_k", "logprobs", "top_logprobs", "presence_penalty", "frequency_penalty"), _UNSUPPORTED),
    "temperature": Cap(maximum=2),
    "stop": Cap(most=4, note="Groq takes 4 stop sequences"),
}


def successor(model: str) -> str | None:
    """Return the replacement for *model* if its family is known to be switched off, else ``None``."""
    return next((new for family, new in SUCCESSORS.items() if family.match(model)), None)


def capabilities(model: str) -> Capabilities:
    """Return what is known about *model*."""
    efforts = next((words for family, words in EFFORTS.items() if family.match(model)), None)
    settings = _SETTINGS if efforts is None else {**_SETTINGS, "effort": _efforts(efforts)}
    strict = OpenAIProvider.strict_schema if _STRICT.match(model) else None
    return Capabilities(
        settings=settings,
        completion=NO,
        reasoning=reasoning_of_model(model),
        output_schema=strict,
        tool_schema=strict,
        json_schema=Cap() if SCHEMAS.match(model) else _NO_SCHEMA,
    )


def _efforts(words: frozenset[str]) -> Cap:
    if not words:
        return Cap(support=Support.NO, note="the model does not accept an effort")
    return Cap(values=words, note=f"the model accepts the efforts {', '.join(sorted(words))}")
