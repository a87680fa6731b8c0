"""What each family of Google's models accepts, as data.

A family is recognized by whole words of the model name. A name without a number, such as ``gemini-flash-latest``, is
treated as the current generation. See https://ai.google.dev/gemini-api/docs/models.
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from dragoman import NO, Cap, Capabilities, HistoryRules, Support

Thinking: TypeAlias = Literal["budget", "level", "none"]
"""How the thinking of a model is controlled: by a budget in tokens, by a level, or not at all."""

_PREFIX = re.compile(r"^(?:publishers/google/models/|models/|google/)")
_CLAUDE = re.compile(r"^(?:publishers/anthropic/models/|anthropic/)?(?=claude-)")
_NUMBER = re.compile(r"^gemini-(\d+)(?:\.(\d+))?(?=$|-)")
_FIRST = re.compile(r"^gemini-(?:pro|ultra)(?:-vision)?(?:-\d+)?$")
_GEMMA = re.compile(r"^gemma-(\d+)n?(?=$|-)")
_EMBEDDING = re.compile(r"(?:^|-)embedding(?=$|-)")
_NO_THINKING_NAME = re.compile(r"-(?:image|tts)(?=$|-)")

LEVELS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (re.compile(r"gemini-3\.1-flash-lite-image(?=$|-)"), ("minimal", "high")),
    (re.compile(r"gemini-3-pro(?=$|-)(?!-image)"), ("low", "high")),
    (re.compile(r"gemini-(?:3\.[78]-flash|4-argon|4-carbon)(?=$|-)"), ("low", "medium", "high")),
)
"""The thinking levels of the models that do not have all of them, read on 2026-11-28."""

_CURRENT = (3, 0)
_NO_PENALTY = Cap(support=Support.NO, note="Gemini 3 and later do not accept penalties")
_NO_THINKING = Cap(support=Support.NO, note="the model has no thinking")
_CANDIDATES = Cap(
    support=Support.CONDITIONAL, minimum=1, maximum=8, note="Google gives at most 8 answers, some models 1"
)
"""https://ai.google.dev/api/generate-content#generationconfig and https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference"""
_NO_PARALLEL = Cap(support=Support.NO, note="Google has no such setting")
_NO_TOOLS = Cap(support=Support.NO, note="Gemma up to version 3 does not accept tools")
_NO_SCHEMA = Cap(support=Support.NO, note="Gemma up to version 3 does not accept schemas")
_NO_JSON_BESIDE_TOOLS = Cap(support=Support.NO, note="only Gemini 3 and later take tools and an output format")
_NO_JSON = Cap(support=Support.NO, note="Gemma up to version 3 has no mode for JSON")

_HISTORY = HistoryRules(
    document_names=False,
    tool_name_letters="[a-zA-Z0-9_.:-]",
    tool_name_length=64,
    tool_name_first="[a-zA-Z_]",
    results_in_order=True,
    speakers=False,
    tool_objects=True,
    tool_properties=True,
    message_options=False,
)
"""What the API takes of a conversation: https://ai.google.dev/gemini-api/docs/function-calling."""


def short_name(model: str) -> str:
    """Return the name of a model without the prefix of its collection."""
    return _PREFIX.sub("", model)


def is_claude(model: str) -> bool:
    """Return whether *model* is one of Anthropic, which Vertex AI serves by another API."""
    return _CLAUDE.match(model) is not None


def claude_name(model: str) -> str:
    """Return the name of a model of Anthropic without its publisher."""
    return _CLAUDE.sub("", model)


def is_old_gemma(model: str) -> bool:
    """Return whether *model* is a Gemma that accepts neither system instructions nor tools nor schemas."""
    found = _GEMMA.match(short_name(model))
    return found is not None and int(found[1]) <= 3  # noqa: PLR2004  # Gemma 4 accepts all three


def generation(model: str) -> tuple[int, int]:
    """Return the generation of a model as its major and minor number."""
    name = short_name(model)
    if found := _NUMBER.match(name):
        return int(found[1]), int(found[2] or 0)
    if _FIRST.match(name) or _GEMMA.match(name):
        return 1, 0
    return _CURRENT


def is_gemini_3(model: str) -> bool:
    """Return whether *model* is Gemini 3 or later."""
    return generation(model) >= _CURRENT


def is_pro(model: str) -> bool:
    """Return whether *model* is of the size ``pro``, whose thinking cannot be disabled."""
    return "pro" in short_name(model).split("-")


def is_lite(model: str) -> bool:
    """Return whether *model* is of the size ``lite``, which thinks for 512 tokens at least."""
    return "lite" in short_name(model).split("-")


def thinking_levels(model: str) -> tuple[str, ...]:
    """Return the thinking levels of a model: https://ai.google.dev/gemini-api/docs/thinking#thinking-levels."""
    name = short_name(model)
    known = next((levels for pattern, levels in LEVELS if pattern.match(name)), ("minimal", "low", "medium", "high"))
    return known[1:] if is_pro(model) and known[0] == "minimal" else known


def accepts_json_schema(model: str) -> bool:
    """Return whether *model* accepts JSON Schema, in addition to the older subset of OpenAPI."""
    return generation(model) >= (2, 0)


def thinking(model: str) -> Thinking:
    """Return how the thinking of *model* is controlled: https://ai.google.dev/gemini-api/docs/thinking."""
    if is_gemini_3(model):
        return "level"
    return "budget" if generation(model) >= (2, 5) and not _NO_THINKING_NAME.search(short_name(model)) else "none"


_STOPS = Cap(most=5, note="Gemini takes 5 stop sequences")
_REFUSES_PREFILL = re.compile(r"gemini-3\.(?:(?:[6-9]|\d\d)-flash|5-flash-lite)")
"""The models that refuse the beginning of an answer at the end of a conversation, read on 2026-11-29 from the message
of the error: "Requests ending with a model turn are not supported"."""


def capabilities(model: str) -> Capabilities:
    """Return the capabilities of *model*."""
    old_gemma = is_old_gemma(model)
    settings = {"temperature": Cap(maximum=2), "top_logprobs": Cap(maximum=20), "stop": _STOPS}
    settings |= {"parallel_tool_calls": _NO_PARALLEL, "n": _CANDIDATES}
    if is_gemini_3(model):
        settings |= {"presence_penalty": _NO_PENALTY, "frequency_penalty": _NO_PENALTY}
    if thinking(model) == "none":
        settings |= {"effort": _NO_THINKING}
    return Capabilities(
        history=_HISTORY,
        settings=settings,
        completion=NO,
        tools=_NO_TOOLS if old_gemma or _EMBEDDING.search(short_name(model)) else Cap(),
        json_schema=_NO_SCHEMA if old_gemma else Cap(),
        json_mode=_NO_JSON if old_gemma else Cap(),
        json_beside_tools=Cap() if is_gemini_3(model) else _NO_JSON_BESIDE_TOOLS,
        prefill=NO if _REFUSES_PREFILL.match(short_name(model)) else Cap(),
        reasoning=NO if thinking(model) == "none" else Cap(support=Support.YES),
    )
