"""What the models of OpenAI accept: the families that other hosts serve too, and what only OpenAI has.

A model belongs to a family if its name is that of the family, or begins with it and a hyphen. A model of no known
family has no known limits: all settings are sent, and OpenAI decides. Of a model of another vendor, which a server
with the API of OpenAI may have, only what follows from its name is known.

https://platform.openai.com/docs/models and https://platform.openai.com/docs/guides/reasoning
"""

from __future__ import annotations

from functools import lru_cache

import attrs

from dragoman import NO, YES, Cap, Capabilities, Support
from dragoman_openai_compatible import (
    NamePattern,
    OpenAIProvider,
    facts_of_model,
    family_capabilities,
    family_of,
    openai_settings,
)

_END = "(?=$|-)"
_PROMPT = NamePattern(r"gpt-3\.5-turbo-instruct|davinci-002|babbage-002", _END)
_PRO = "|".join(rf"gpt-{generation}(?:\.\d+)?-(?:pro|codex)" for generation in range(5, 10))
_RESPONSES_ONLY = NamePattern(rf"o\d+-pro|{_PRO}|codex|computer-use|o\d+(?:-mini)?-deep-research", _END)
_NO_SYSTEM = NamePattern(r"o1-(?:mini|preview)", _END)


def base_model_name(model: str) -> str:
    """Return the base model of a fine-tuned model, and any other name unchanged."""
    return model.split(":")[1] if model.startswith("ft:") and model.count(":") else model


@lru_cache(maxsize=256)
def is_reasoning(model: str) -> bool:
    """Return whether *model* can reason before it answers."""
    family = family_of(base_model_name(model))
    return family is not None and family.reasons


@lru_cache(maxsize=256)
def is_completion_model(model: str) -> bool:
    """Return whether *model* only completes prompts."""
    return _PROMPT.matches(base_model_name(model))


@lru_cache(maxsize=256)
def requires_responses(model: str) -> bool:
    """Return whether only the Responses API serves *model*."""
    return _RESPONSES_ONLY.matches(base_model_name(model))


@lru_cache(maxsize=256)
def rejects_system_messages(model: str) -> bool:
    """Return whether *model* rejects system messages."""
    return _NO_SYSTEM.matches(base_model_name(model))


HISTORY = attrs.evolve(
    OpenAIProvider.history,
    argument_texts=True,
    call_id_length=64,
    continued_by=("previous_response_id", "conversation"),
)
"""The rules for conversations: an id of a tool call has at most 64 characters."""


def capabilities(model: str, api: str | None = None) -> Capabilities:
    """Return what is known about *model*.

    Args:
        model: the name of the model.
        api: the API of the request, ``chat`` or ``responses``; by default the one that serves the model.

    """
    name = base_model_name(model)
    api = api or ("responses" if requires_responses(model) else "chat")
    facts = facts_of_model(name, api=api)
    return Capabilities(
        history=HISTORY,
        output_schema=OpenAIProvider.strict_schema,
        tool_schema=OpenAIProvider.strict_schema,
        settings=openai_settings("OpenAI", facts["settings"], api=api),
        prefill=Cap(support=Support.CONDITIONAL),
        completion=YES if is_completion_model(model) else NO,
        completion_stream=YES if is_completion_model(model) else NO,
        **{"reasoning": facts["reasoning"], **family_capabilities(family_of(name))},
    )
