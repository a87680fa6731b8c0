"""Options of OpenAI, in addition to the common settings."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from attrs import frozen

from dragoman.http import Value, option_field


@frozen(kw_only=True, eq=False, repr=False)
class OpenAIOptions(Value):
    """Set what only OpenAI offers; see https://platform.openai.com/docs/api-reference.

    Args:
        api: ``chat`` or ``responses``; by default the API that serves the model.
        organization: the organization that is billed, sent as ``OpenAI-Organization``. Accepted by ``LLMConfig`` only.
        project: the project that is billed, sent as ``OpenAI-Project``. Accepted by ``LLMConfig`` only.
        user: your identifier of the end user.
        safety_identifier: a hashed identifier of the end user.
        prompt_cache_key: a key that groups requests for the prompt cache.
        store: whether OpenAI stores the answer.
        metadata: up to 16 key-value pairs to find the answer by.
        verbosity: ``low``, ``medium`` or ``high``.
        stream_options: settings of a stream, which replace the request for its usage.
        extra_body: additional members of the body.
        modalities: ``["text", "audio"]`` for a spoken answer. Chat completions only.
        audio: the voice and the format of a spoken answer. Chat completions only.
        prediction: text that most of the answer is expected to repeat, which makes it faster. Chat completions only.
        web_search_options: settings of the search models. Chat completions only.
        functions: tools in their older form. Chat completions only.
        function_call: the choice of one of ``functions``. Chat completions only.
        logit_bias: biases from -100 to 100 by token id. Chat completions only.
        instructions: a system message before the conversation. Responses API only.
        previous_response_id: the id of the answer to continue from, instead of sending the conversation again.
            Responses API only.
        conversation: the id of a conversation stored by OpenAI to continue. Responses API only.
        background: whether OpenAI generates the answer in the background; the response then ends as ``paused``.
            Responses API only.
        include: additional output to return, such as ``web_search_call.action.sources``. Responses API only.
        reasoning_summary: ``auto``, ``concise`` or ``detailed``, for a summary of the reasoning. Responses API only.
        reasoning_context: the earlier reasoning that the model sees, such as ``all_turns``. Responses API only.
        max_tool_calls: the most calls of built-in tools in one answer. Responses API only.
        truncation: ``auto`` if OpenAI may drop the oldest items of a conversation that is too long. Responses API only.
        prompt: a prompt stored by OpenAI, with its variables. Responses API only.
        prompt_cache_retention: how long the prompt cache keeps a prompt.
        prompt_cache_options: settings of the prompt cache.
        context_management: settings for compacting a long conversation. Responses API only.
        moderation: the moderation of input and output.

    """

    __provider__: ClassVar[str] = "openai"
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
