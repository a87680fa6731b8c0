"""Options of Azure OpenAI, in addition to the common settings."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from attrs import frozen

from dragoman import InvalidRequestError
from dragoman.http import Value, option_field


@frozen(kw_only=True, eq=False, repr=False)
class AzureOptions(Value):
    """Set what only Azure offers; see https://learn.microsoft.com/azure/ai-services/openai/reference.

    Args:
        api: ``chat`` or ``responses``; by default that of the address or of ``base_model``.
        api_version: the version of the API, sent as is; ``v1``, ``latest`` and ``preview`` select the newer surface.
        base_model: the model behind the deployment, such as ``o4-mini``, which its name does not identify.
        azure_ad_token: a token of Microsoft Entra ID, or a function without arguments that returns one (or an awaitable
            of one), called for each attempt. Only for ``LLMConfig``, as are the next two options.
        entra: whether to get such tokens from azure-identity, which ``dragoman-azure[entra]`` installs.
        entra_scope: the scope of such tokens; by default that of the cloud that the host belongs to.
        user: your identifier of the end user.
        store: whether Azure stores the answer.
        metadata: up to 16 key-value pairs to find the answer by.
        safety_identifier: a hashed identifier of the end user.
        prompt_cache_key: a key that groups requests for the prompt cache.
        verbosity: ``low``, ``medium`` or ``high``.
        stream_options: settings of a stream, which replace the request for its usage.
        extra_body: additional members of the body.
        logit_bias: biases from -100 to 100 by token id. Only for chat, as are the options down to ``prediction``.
        data_sources: your own data that the answer is based on.
        user_security_context: the context of the end user for Microsoft Defender.
        modalities: ``["text", "audio"]`` for a spoken answer.
        audio: the voice and the format of a spoken answer.
        prediction: text that most of the answer is expected to repeat, which makes it faster.
        instructions: a system message before the conversation. Only for Responses, as are all options below.
        previous_response_id: the id of the answer to continue from, instead of sending the conversation again.
        background: whether Azure generates the answer in the background; the response then ends as ``paused``.
        include: additional output to return, such as ``reasoning.encrypted_content``.
        reasoning_summary: ``auto``, ``concise`` or ``detailed``, for a summary of the reasoning.
        reasoning_context: the earlier reasoning that the model sees, such as ``all_turns``.
        max_tool_calls: the most calls of built-in tools in one answer.
        truncation: ``auto`` if Azure may drop the oldest items of a conversation that is too long.
        context_management: settings for compacting a long conversation.

    Raises:
        InvalidRequestError: for a token that is neither a text nor a function, or for both ways to get one.

    """

    __provider__: ClassVar[str] = "azure"
    api: Literal["chat", "responses"] | None = option_field(in_body=False)
    api_version: str | None = option_field(in_body=False)
    base_model: str | None = option_field(in_body=False)
    azure_ad_token: Any = option_field(in_body=False, per_call=False, secret=True)
    entra: bool = option_field(default=False, in_body=False, per_call=False)
    entra_scope: str | None = option_field(in_body=False, per_call=False)
    user: str | None = option_field()
    store: bool | None = option_field()
    metadata: dict[str, str] | None = option_field()
    safety_identifier: str | None = option_field()
    prompt_cache_key: str | None = option_field()
    verbosity: str | None = option_field()
    stream_options: dict[str, Any] | None = option_field()
    extra_body: dict[str, Any] | None = option_field(in_body=False)
    logit_bias: dict[str, float] | None = option_field()
    data_sources: list[dict[str, Any]] | None = option_field()
    user_security_context: dict[str, Any] | None = option_field()
    modalities: list[str] | None = option_field()
    audio: dict[str, Any] | None = option_field()
    prediction: dict[str, Any] | None = option_field()
    instructions: str | None = option_field()
    previous_response_id: str | None = option_field()
    background: bool | None = option_field()
    include: list[str] | None = option_field()
    reasoning_summary: str | None = option_field()
    reasoning_context: str | None = option_field()
    max_tool_calls: int | None = option_field()
    truncation: str | None = option_field()
    context_management: list[dict[str, Any]] | None = option_field()

    def __attrs_post_init__(self) -> None:
        """Refuse tokens that cannot be."""
        check_tokens(self.azure_ad_token, entra=self.entra)


def check_tokens(token: Any, *, entra: bool) -> None:
    """Refuse a token that is neither a text nor a function, or both ways to get one.

    Args:
        token: the option ``azure_ad_token``.
        entra: the option of that name.

    Raises:
        InvalidRequestError: if they cannot be.

    """
    if token is not None and not isinstance(token, str) and not callable(token):
        message = f"azure_ad_token is a text or a function, not {type(token).__name__}"
        raise InvalidRequestError(message, provider="azure", parameter="azure_ad_token")
    if token is not None and entra:
        message = "azure takes either azure_ad_token or entra=True, not both"
        raise InvalidRequestError(message, provider="azure", parameter="entra")


CHAT_ONLY = ("logit_bias", "data_sources", "user_security_context", "modalities", "audio", "prediction")
"""Options that the Responses API does not have."""

RESPONSES_ONLY = (
    "instructions",
    "previous_response_id",
    "background",
    "include",
    "reasoning_summary",
    "reasoning_context",
    "max_tool_calls",
    "truncation",
    "context_management",
)
"""Options that chat completions do not have."""
