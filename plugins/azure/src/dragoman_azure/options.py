"""What Azure OpenAI offers beside the common settings."""

from __future__ import annotations

from typing import Any, Literal

from attrs import frozen

from dragoman import InvalidRequestError, UnsupportedError
from dragoman.http import option_field


@frozen(kw_only=True)
class AzureOptions:
    """Set what only Azure has; see https://learn.microsoft.com/azure/ai-services/openai/reference.

    Args:
        api: ``chat`` or ``responses``; chosen by the address or by ``base_model`` if not given.
        api_version: the version of the API, sent as it is; ``v1``, ``latest`` and ``preview`` choose the newer surface.
        base_model: the model behind the deployment, such as ``o4-mini``: a deployment's name says nothing about it.
        azure_ad_token: a token of Microsoft Entra ID, or a function without arguments that returns one (or an awaitable
            of one), called for each attempt; for ``LLMConfig`` alone, as are the next two.
        entra: whether to get such tokens from azure-identity, which ``dragoman-azure[entra]`` installs.
        entra_scope: the scope to ask them for, where it is not the one of the cloud that the host belongs to.
        user: who asks, by your own name for them.
        store: whether Azure keeps the answer.
        metadata: up to 16 texts to find the answer by.
        safety_identifier: who asks, hashed.
        prompt_cache_key: what groups requests for the cache.
        verbosity: ``low``, ``medium`` or ``high``.
        stream_options: settings of a stream, in place of asking for its usage.
        extra_body: further members of the body.
        n: how many answers to make; the first is the answer, the others are in ``Response.metadata``. Chat only, as
            are those down to ``prediction``.
        logit_bias: a bias from -100 to 100 for each token's number.
        data_sources: your own data that the answer is to rest on.
        user_security_context: who uses your program, for Microsoft Defender.
        modalities: ``["text", "audio"]`` for a spoken answer.
        audio: voice and format of a spoken answer.
        prediction: what the answer will mostly be, to be faster.
        instructions: what the model is told before the conversation; Responses only, as are all that follow.
        previous_response_id: the answer to go on from, in place of repeating the conversation.
        background: whether Azure works on while nobody waits; the answer then ends as ``paused``.
        include: what else to report, such as ``reasoning.encrypted_content``.
        reasoning_summary: ``auto``, ``concise`` or ``detailed``, for a summary of the reasoning.
        reasoning_context: which earlier reasoning the model sees, such as ``all_turns``.
        max_tool_calls: how many calls of built-in tools one answer may make.
        truncation: ``auto`` to let Azure drop the oldest items of a conversation that is too long.
        context_management: when to compact a long conversation.

    Raises:
        InvalidRequestError: for a token that is neither a text nor a function, or both ways to get one.

    """

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
    n: int | None = option_field()
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
        token = self.azure_ad_token
        if token is not None and not isinstance(token, str) and not callable(token):
            message = f"azure_ad_token is a text or a function, not {type(token).__name__}"
            raise InvalidRequestError(message, provider="azure", parameter="azure_ad_token")
        if token is not None and self.entra:
            message = "azure takes either azure_ad_token or entra=True, not both"
            raise InvalidRequestError(message, provider="azure", parameter="entra")


CHAT_ONLY = ("n", "logit_bias", "data_sources", "user_security_context", "modalities", "audio", "prediction")
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


def refuse(options: AzureOptions, names: tuple[str, ...], *, model: str, api: str) -> None:
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
