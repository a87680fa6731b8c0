"""What the families of OpenAI models accept, as data.

A family is known by whole words of the model's name, never by a part of a word; a name that fits none has no known
limits, and what OpenAI then refuses is learnt at run time. See https://platform.openai.com/docs/models and
https://platform.openai.com/docs/guides/reasoning.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

import attrs

from dragoman import NO, YES, Cap, Capabilities, Support
from dragoman_openai_compatible import OpenAIProvider

_REASONING = re.compile(r"^(?:o\d+|gpt-(?:[5-9]|\d\d)(?:\.\d+)?|codex|computer-use)(?=$|-)")
_SAMPLING = re.compile(r"^gpt-[5-9](?:\.\d+)?-chat(?=$|-)")
_PROMPT = re.compile(r"^(?:gpt-3\.5-turbo-instruct|davinci-002|babbage-002)(?=$|-)")
_RESPONSES_ONLY = re.compile(
    r"^(?:o\d+-pro|gpt-[5-9](?:\.\d+)?-(?:pro|codex)|codex|computer-use|o\d+(?:-mini)?-deep-research)(?=$|-)"
)
_NO_SYSTEM = re.compile(r"^o1-(?:mini|preview)(?=$|-)")
_NO_SCHEMA = re.compile(r"^(?:gpt-4(?:-0613|-0314|-32k)?|gpt-4-32k-\d+|gpt-3\.5-turbo-16k)$")

_FIXED = Cap(support=Support.NO, note="reasoning models choose their own sampling")
_SAMPLING_SETTINGS = (
    "temperature",
    "top_p",
    "presence_penalty",
    "frequency_penalty",
    "logprobs",
    "top_logprobs",
    "stop",
)
_CHAT_ALONE = Cap(support=Support.NO, note="only chat completions have it")
_CHAT_SETTINGS = ("stop", "seed", "presence_penalty", "frequency_penalty")
_NO_TOP_K = Cap(support=Support.NO, note="OpenAI has no top_k")


def plain_name(model: str) -> str:
    """Return the base model of a fine-tuned one, any other name as it is."""
    return model.split(":")[1] if model.startswith("ft:") and model.count(":") else model


@lru_cache(maxsize=256)
def is_reasoning(model: str) -> bool:
    """Tell whether *model* reasons before it answers."""
    name = plain_name(model)
    return bool(_REASONING.match(name)) and not _SAMPLING.match(name)


@lru_cache(maxsize=256)
def is_prompt_model(model: str) -> bool:
    """Tell whether *model* goes on from prompts and knows no chat."""
    return bool(_PROMPT.match(plain_name(model)))


@lru_cache(maxsize=256)
def speaks_only_responses(model: str) -> bool:
    """Tell whether *model* is served by the Responses API alone."""
    return bool(_RESPONSES_ONLY.match(plain_name(model)))


@lru_cache(maxsize=256)
def takes_no_system(model: str) -> bool:
    """Tell whether *model* takes no instructions apart from the user's."""
    return bool(_NO_SYSTEM.match(plain_name(model)))


HISTORY = attrs.evolve(OpenAIProvider.history, call_id_length=64)
"""The longest id of a call that the API accepts in a conversation, in characters."""


def capabilities(model: str, api: str | None = None) -> Capabilities:
    """Return what is known of *model*, asked through ``chat``, ``responses`` or the API of its own choice."""
    settings: Mapping[str, Cap] = {"top_k": _NO_TOP_K}
    if api == "responses" or (api is None and speaks_only_responses(model)):
        settings = {**settings, **dict.fromkeys(_CHAT_SETTINGS, _CHAT_ALONE)}
    if is_reasoning(model):
        settings = {**settings, **dict.fromkeys(_SAMPLING_SETTINGS, _FIXED)}
    return Capabilities(
        history=HISTORY,
        output_schema=OpenAIProvider.strict_schema,
        settings=settings,
        completion=YES if is_prompt_model(model) else NO,
        reasoning=YES if is_reasoning(model) else Cap(),
        json_schema=NO if _NO_SCHEMA.match(plain_name(model)) else Cap(),
    )
