"""What the models behind deployments accept, as data.

A model is recognized by whole words of ``base_model``. The name of a deployment says nothing for certain; one that is
that of a model which reasons gets no defaults, since they could hurt.

https://learn.microsoft.com/azure/ai-services/openai/how-to/reasoning
"""

from __future__ import annotations

import re

import attrs

from dragoman import NO, YES, Cap, Capabilities, Support
from dragoman_openai_compatible import (
    OpenAIProvider,
    family_capabilities,
    family_of,
    family_settings,
    openai_settings,
    reasoning_of_model,
)

_RESPONSES_ONLY = re.compile(
    r"^(?:o\d+-pro|gpt-[5-9](?:\.\d+)?-(?:pro|codex)|codex|computer-use|o\d+(?:-mini)?-deep-research)(?=$|-)"
)
_PROMPT = re.compile(r"^(?:gpt-35-turbo-instruct|gpt-3\.5-turbo-instruct|davinci-002|babbage-002)(?=$|-)")
_ROUTER = re.compile(r"^model-router(?=$|-)")
"""https://learn.microsoft.com/azure/foundry/openai/concepts/model-router: it may choose a model that reasons."""


def is_reasoning(base_model: str | None) -> bool:
    """Return whether the model is known to reason before it answers."""
    family = family_of(base_model) if base_model is not None else None
    return family is not None and family.reasons


def speaks_only_responses(base_model: str | None) -> bool:
    """Return whether the model is known to be served only by the Responses API."""
    return base_model is not None and bool(_RESPONSES_ONLY.match(base_model))


HISTORY = attrs.evolve(
    OpenAIProvider.history,
    argument_texts=True,
    call_id_length=64,
    continued_by=("previous_response_id", "conversation"),
)
"""The longest id of a call that the API accepts in a conversation, in characters."""


def capabilities(base_model: str | None, api: str = "chat", deployment: str = "") -> Capabilities:
    """Return what is known about a deployment of *base_model*.

    Args:
        base_model: the model behind the deployment; without it only the limits of Azure itself are known.
        api: the API of the request, ``chat`` or ``responses``.
        deployment: the name of the deployment.

    """
    family = family_of(base_model) if base_model is not None else None
    completion = YES if base_model is not None and _PROMPT.match(base_model) else NO
    return Capabilities(
        history=HISTORY,
        output_schema=OpenAIProvider.strict_schema,
        tool_schema=OpenAIProvider.strict_schema,
        settings=openai_settings("Azure OpenAI", family_settings(family, api=api), api=api),
        prefill=Cap() if family is None else Cap(support=Support.CONDITIONAL),
        completion=completion,
        completion_stream=completion,
        **{"reasoning": _reasoning(base_model or deployment), **family_capabilities(family)},
    )


def _reasoning(model: str) -> Cap:
    return YES if _ROUTER.match(model) else reasoning_of_model(model)
