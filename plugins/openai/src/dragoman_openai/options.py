"""What OpenAI offers beside the common settings."""

from __future__ import annotations

from typing import Any, Literal

from attrs import frozen

from dragoman import UnsupportedError
from dragoman.http import option_field


@frozen(kw_only=True)
class OpenAIOptions:
    """Set what only OpenAI has; see https://platform.openai.com/docs/api-reference.

    Args:
        api: ``chat`` or ``responses``; chosen by the model if not given.
        organization: the organization that pays, sent as ``OpenAI-Organization``; for ``LLMConfig`` alone.
        project: the project that pays, sent as ``OpenAI-Project``; for ``LLMConfig`` alone.
        user: who asks, by your own name for them.
        safety_identifier: who asks, hashed.
        prompt_cache_key: what groups requests for the cache.
        store: whether OpenAI keeps the answer.
        metadata: up to 16 texts to find the answer by.
        verbosity: ``low``, ``medium`` or ``high``.
        stream_options: settings of a stream, in place of asking for its usage.
        extra_body: further members of the body.
        modalities: ``["text", "audio"]`` for a spoken answer; chat only, as are those down to ``logit_bias``.
        audio: voice and format of a spoken answer.
        prediction: what the answer will mostly be, to be faster.
        web_search_options: settings of the search models.
        functions: tools in the older form.
        function_call: the choice among them.
        n: how many answers to make; the first is the answer, the others are in ``Response.metadata``.
        logit_bias: a bias from -100 to 100 for each token's number.
        instructions: what the model is told before the conversation; Responses only, as are all that follow.
        previous_response_id: the answer to go on from, in place of repeating the conversation.
        conversation: the conversation to go on with, kept by OpenAI.
        background: whether OpenAI works on while nobody waits; the answer then ends as ``paused``.
        include: what else to report, such as ``web_search_call.action.sources``.
        reasoning_summary: ``auto``, ``concise`` or ``detailed``, for a summary of the reasoning.
        reasoning_context: which earlier reasoning the model sees, such as ``all_turns``.
        max_tool_calls: how many calls of built-in tools one answer may make.
        truncation: ``auto`` to let OpenAI drop the oldest items of a conversation that is too long.
        prompt: a prompt kept by OpenAI, with its variables.
        prompt_cache_retention: how long the cache keeps a prompt.
        prompt_cache_options: settings of that cache.
        context_management: when to compact a long conversation.
        moderation: the moderation to run on what goes in and out.

    """

    api: Literal["chat", "responses"] | None = option_field(in_body=False)
    organization: str | None = option_field(in_body=False, per_call=False)
    project: str | None = option_field(in_body=False, per_call=False)
    user: str | None = option_field()
    safety_identifier: str | None = option_field()
    prompt_cache_key: str | None = option_field()
    store: bool | None = option_field()
    metadata: dict[str, str] | None = option_field()
    verbosity: str | None = option_field()
    stream_options: dict[str, Any] | None = option_field()
    extra_body: dict[str, Any] | None = option_field(in_body=False)
    modalities: list[str] | None = option_field()
    audio: dict[str, Any] | None = option_field()
    prediction: dict[str, Any] | None = option_field()
    web_search_options: dict[str, Any] | None = option_field()
    functions: list[dict[str, Any]] | None = option_field()
    function_call: Any = option_field()
    n: int | None = option_field()
    logit_bias: dict[str, float] | None = option_field()
    instructions: str | None = option_field()
    previous_response_id: str | None = option_field()
    conversation: Any = option_field()
    background: bool | None = option_field()
    include: list[str] | None = option_field()
    reasoning_summary: str | None = option_field()
    reasoning_context: str | None = option_field()
    max_tool_calls: int | None = option_field()
    truncation: str | None = option_field()
    prompt: dict[str, Any] | None = option_field()
    prompt_cache_retention: str | None = option_field()
    prompt_cache_options: dict[str, Any] | None = option_field()
    context_management: list[dict[str, Any]] | None = option_field()
    moderation: dict[str, Any] | None = option_field()


CHAT_ONLY = (
    "modalities",
    "audio",
    "prediction",
    "web_search_options",
    "functions",
    "function_call",
    "n",
    "logit_bias",
)
"""Options that the Responses API does not have."""

RESPONSES_ONLY = (
    "instructions",
    "previous_response_id",
    "conversation",
    "background",
    "include",
    "reasoning_summary",
    "reasoning_context",
    "max_tool_calls",
    "truncation",
    "prompt",
    "context_management",
)
"""Options that chat completions do not have."""


def refuse(options: OpenAIOptions, names: tuple[str, ...], *, model: str, api: str) -> None:
    """Refuse options that belong to the other API.

    Args:
        options: what the caller gave.
        names: the options that are not *api*'s.
        model: the model asked.
        api: ``chat`` or ``responses``.

    Raises:
        UnsupportedError: naming the first of them that was given.

    """
    given = next((name for name in names if getattr(options, name) is not None), None)
    if given is not None:
        other = "chat" if api == "responses" else "responses"
        message = (
            f"{given} is no option of the {api} API that {model} is asked through; leave it out, or give api={other!r}"
        )
        raise UnsupportedError(message, model=model, parameter=given)
