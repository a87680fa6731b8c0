"""What the families of Google's models accept, as data.

A family is known by whole words of the model's name, never by a part of a word. A name without a number, such as
``gemini-flash-latest``, is read as the present generation. See https://ai.google.dev/gemini-api/docs/models.
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from dragoman import NO, Cap, Capabilities, Support

Thinking: TypeAlias = Literal["budget", "level", "none"]
"""How a model is told how much to reason: in tokens, by a word, or not at all."""

_PREFIX = re.compile(r"^(?:publishers/google/models/|models/|google/)")
_NUMBER = re.compile(r"^gemini-(\d+)(?:\.(\d+))?(?=$|-)")
_FIRST = re.compile(r"^gemini-(?:pro|ultra)(?:-vision)?(?:-\d+)?$")
_GEMMA = re.compile(r"^gemma-(\d+)n?(?=$|-)")
_EMBEDDING = re.compile(r"(?:^|-)embedding(?=$|-)")
_THOUGHTLESS = re.compile(r"-(?:image|tts)(?=$|-)")

_CURRENT = (3, 0)
_NO_PENALTY = Cap(support=Support.NO, note="Gemini 3 and later take no penalties")
_NO_THINKING = Cap(support=Support.NO, note="the model does not reason before it answers")
_NO_PARALLEL = Cap(support=Support.NO, note="Google has no such setting")
_NO_TOOLS = Cap(support=Support.NO, note="Gemma up to version 3 takes no tools")
_NO_SCHEMA = Cap(support=Support.NO, note="Gemma up to version 3 answers in plain text")


def plain_name(model: str) -> str:
    """Return the name of a model without the collection it stands in."""
    return _PREFIX.sub("", model)


def is_old_gemma(model: str) -> bool:
    """Tell whether *model* is a Gemma that takes neither instructions nor tools nor schemas."""
    found = _GEMMA.match(plain_name(model))
    return found is not None and int(found[1]) <= 3  # noqa: PLR2004  # Gemma 4 takes all three


def generation(model: str) -> tuple[int, int]:
    """Return the generation of a model as major and minor number."""
    name = plain_name(model)
    if found := _NUMBER.match(name):
        return int(found[1]), int(found[2] or 0)
    if _FIRST.match(name) or _GEMMA.match(name):
        return 1, 0
    return _CURRENT


def is_third(model: str) -> bool:
    """Tell whether *model* is of the third generation or later."""
    return generation(model) >= _CURRENT


def is_pro(model: str) -> bool:
    """Tell whether *model* is of the largest size, which always reasons."""
    return "pro" in plain_name(model).split("-")


def takes_json_schema(model: str) -> bool:
    """Tell whether *model* takes JSON Schema as it is, beside the older subset of OpenAPI."""
    return generation(model) >= (2, 0)


def thinking(model: str) -> Thinking:
    """Return how *model* is told how much to reason: https://ai.google.dev/gemini-api/docs/thinking."""
    if is_third(model):
        return "level"
    return "budget" if generation(model) >= (2, 5) and not _THOUGHTLESS.search(plain_name(model)) else "none"


def capabilities(model: str) -> Capabilities:
    """Return what is known of *model*."""
    old_gemma = is_old_gemma(model)
    settings = {"temperature": Cap(maximum=2), "top_logprobs": Cap(maximum=20), "parallel_tool_calls": _NO_PARALLEL}
    if is_third(model):
        settings |= {"presence_penalty": _NO_PENALTY, "frequency_penalty": _NO_PENALTY}
    if thinking(model) == "none":
        settings |= {"effort": _NO_THINKING}
    return Capabilities(
        settings=settings,
        completion=NO,
        tools=_NO_TOOLS if old_gemma or _EMBEDDING.search(plain_name(model)) else Cap(),
        json_schema=_NO_SCHEMA if old_gemma else Cap(),
        reasoning=NO if thinking(model) == "none" else Cap(support=Support.YES),
    )
