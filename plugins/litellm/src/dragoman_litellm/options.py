"""What may be said to LiteLLM beside the common settings."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from dragoman.http import option_field


@frozen(kw_only=True)
class LiteLLMOptions:
    """Set what only LiteLLM has; see https://docs.litellm.ai/docs/completion/input.

    Args:
        custom_llm_provider: LiteLLM's name for the provider, where model and address do not tell it.
        api_version: the version of the API, which Azure wants.
        user: who asks.
        thinking: the budget of reasoning, as Anthropic words it.
        logit_bias: a bias from -100 to 100 for each token's number.
        extra_body: further members of the body that the provider gets.
        arguments: further arguments of ``litellm.acompletion``, such as ``vertex_project`` or ``aws_region_name``.

    """

    custom_llm_provider: str | None = option_field(in_body=False)
    api_version: str | None = option_field(in_body=False)
    user: str | None = option_field()
    thinking: dict[str, Any] | None = option_field()
    logit_bias: dict[str, float] | None = option_field()
    extra_body: dict[str, Any] | None = option_field()
    arguments: dict[str, Any] | None = option_field(in_body=False)


OURS = frozenset(
    {
        "model",
        "messages",
        "stream",
        "api_key",
        "api_base",
        "base_url",
        "custom_llm_provider",
        "timeout",
        "max_retries",
        "num_retries",
        "fallbacks",
        "logger_fn",
        "mock_response",
    }
)
"""Arguments of ``litellm.acompletion`` that the plugin sets itself, or that Dragoman does in LiteLLM's place."""
