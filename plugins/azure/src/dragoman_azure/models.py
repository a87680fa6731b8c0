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
    reasoning_of_model,
)

_RESPONSES_ONLY = re.compile(
    r"^(?:o\d+-pro|gpt-[5-9](?:\.\d+)?-(?:pro|codex)|codex|computer-use|o\d+(?:-mini)?-deep-research)(?=$|-)"
)
_PROMPT = re.compile(r"^(?:gpt-35-turbo-instruct|gpt-3\.5-turbo-instruct|davinci-002|babbage-002)(?=$|-)")
_ROUTER = re.compile(r"^model-router(?=$|-)")
"""https://learn.microsoft.com/azure/foundry/openai/concepts/model-router: it may choose a model that reasons."""
_SETTINGS = {
    "top_k": Cap(support=Support.NO, note="Azure OpenAI has no top_k"),
    "n": Cap(support=Support.YES, minimum=1, maximum=128, note="Azure OpenAI gives 1 to 128 answers"),
    "stop": Cap(most=4, note="Azure OpenAI takes 4 stop sequences"),
    "temperature": Cap(maximum=2, note="Azure OpenAI accepts 0 to 2"),
    "top_logprobs": Cap(maximum=20, note="Azure OpenAI gives 20 at most"),
}
"""https://learn.microsoft.com/azure/ai-services/openai/reference#chat-completions and, for ``n``,
https://platform.openai.com/docs/api-reference/chat/create#chat-create-n."""
_CHAT_ONLY = Cap(support=Support.NO, note="only chat completions support it")
_CHAT_SETTINGS = ("stop", "seed", "presence_penalty", "frequency_penalty", "n")


def is_reasoning(base_model: str | None) -> bool:
    """Return whether the model is known to reason before it answers."""
    family = family_of(base_model) if base_model is not None else None
    return family is not None and family.reasons


def speaks_only_responses(base_model: str | None) -> bool:
    """Return whether the model is known to be served only by the Responses API."""
    return base_model is not None and bool(_RESPONSES_ONLY.match(base_model))


HISTORY = attrs.evolve(OpenAIProvider.history, call_id_length=64, continued_by=("previous_response_id", "conversation"))
"""The longest id of a call that the API accepts in a conversation, in characters."""


def capabilities(base_model: str | None, api: str = "chat", deployment: str = "") -> Capabilities:
    """Return what is known about a deployment of *base_model*.

    Args:
        base_model: the model behind the deployment; without it only the limits of Azure itself are known.
        api: the API of the request, ``chat`` or ``responses``.
        deployment: the name of the deployment.

    """
    family = family_of(base_model) if base_model is not None else None
    lacking = dict.fromkeys(_CHAT_SETTINGS, _CHAT_ONLY) if api == "responses" else {}
    completion = YES if base_model is not None and _PROMPT.match(base_model) else NO
    return Capabilities(
        history=HISTORY,
        output_schema=OpenAIProvider.strict_schema,
        tool_schema=OpenAIProvider.strict_schema,
        settings={**_SETTINGS, **family_settings(family, api=api), **lacking},
        prefill=Cap() if family is None else Cap(support=Support.CONDITIONAL),
        completion=completion,
        completion_stream=completion,
        **{"reasoning": _reasoning(base_model or deployment), **family_capabilities(family)},
    )


def _reasoning(model: str) -> Cap:
    return YES if _ROUTER.match(model) else reasoning_of_model(model)
