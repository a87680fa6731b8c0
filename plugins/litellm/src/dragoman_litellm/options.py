"""The options of LiteLLM in addition to the common settings."""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import frozen

from dragoman.http import Value, option_field

NAME = "litellm"
"""The name of the provider, and of the issuer of its seals."""


@frozen(kw_only=True, eq=False, repr=False)
class LiteLLMOptions(Value):
    """Set the options of LiteLLM; see https://docs.litellm.ai/docs/completion/input.

    Args:
        custom_llm_provider: LiteLLM's name for the provider, if the model and the base URL do not determine it.
        api_version: the version of the API, which Azure requires.
        user: an identifier of the end user.
        thinking: the token budget of reasoning, in the format of Anthropic's API.
        logit_bias: a bias from -100 to 100 by token id.
        extra_body: further members of the body that is sent to the provider.
        arguments: further arguments of ``litellm.acompletion``, such as ``vertex_project`` or ``aws_region_name``.

    """

    __provider__: ClassVar[str] = "litellm"
    custom_llm_provider: str | None = option_field(in_body=False)
    api_version: str | None = option_field(in_body=False)
    user: str | None = option_field()
    thinking: dict[str, Any] | None = option_field()
    logit_bias: dict[str, float] | None = option_field()
    extra_body: dict[str, Any] | None = option_field()
    arguments: dict[str, Any] | None = option_field(in_body=False)


RESERVED_ARGUMENTS = frozenset(
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
"""Arguments of ``litellm.acompletion`` that this plugin sets, or that would replace a function of Dragoman."""
