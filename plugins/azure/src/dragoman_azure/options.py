"""What Azure OpenAI offers beside the common settings."""

from __future__ import annotations

from typing import Any

import attrs
from attrs import frozen

from dragoman import InvalidRequestError
from dragoman.http import option_field
from dragoman.http.options import NOT_IN_BODY


@frozen(kw_only=True)
class AzureOptions:
    """Set what only Azure has; see https://learn.microsoft.com/azure/ai-services/openai/reference.

    Args:
        api_version: the version of the API, sent as it is; ``v1``, ``latest`` and ``preview`` choose the newer surface.
        base_model: the model behind the deployment, such as ``o4-mini``: a deployment's name says nothing about it.
        azure_ad_token: a token of Microsoft Entra ID, or a function without arguments that returns one (or an awaitable
            of one), called for each attempt.
        entra: whether to get such tokens from azure-identity, which ``dragoman-azure[entra]`` installs.
        entra_scope: the scope to ask them for, where it is not the one of the cloud that the host belongs to.
        n: how many answers to make; the first is the answer, the others are in ``Response.metadata``.
        logit_bias: a bias from -100 to 100 for each token's number.
        user: who asks, by your own name for them.
        data_sources: your own data that the answer is to rest on.
        user_security_context: who uses your program, for Microsoft Defender.
        store: whether Azure keeps the answer.
        metadata: up to 16 texts to find the answer by.
        modalities: ``["text", "audio"]`` for a spoken answer.
        audio: voice and format of a spoken answer.
        prediction: what the answer will mostly be, to be faster.
        verbosity: ``low``, ``medium`` or ``high``.
        stream_options: settings of a stream, in place of asking for its usage.
        extra_body: further members of the body.

    Raises:
        InvalidRequestError: for a token that is neither a text nor a function, or both ways to get one.

    """

    api_version: str | None = option_field(in_body=False)
    base_model: str | None = option_field(in_body=False)
    azure_ad_token: Any = attrs.field(default=None, repr=False, metadata={NOT_IN_BODY: True})
    entra: bool = option_field(default=False, in_body=False)
    entra_scope: str | None = option_field(in_body=False)
    n: int | None = option_field()
    logit_bias: dict[str, float] | None = option_field()
    user: str | None = option_field()
    data_sources: list[dict[str, Any]] | None = option_field()
    user_security_context: dict[str, Any] | None = option_field()
    store: bool | None = option_field()
    metadata: dict[str, str] | None = option_field()
    modalities: list[str] | None = option_field()
    audio: dict[str, Any] | None = option_field()
    prediction: dict[str, Any] | None = option_field()
    verbosity: str | None = option_field()
    stream_options: dict[str, Any] | None = option_field()
    extra_body: dict[str, Any] | None = option_field(in_body=False)

    def __attrs_post_init__(self) -> None:
        """Refuse tokens that cannot be."""
        token = self.azure_ad_token
        if token is not None and not isinstance(token, str) and not callable(token):
            message = f"azure_ad_token is a text or a function, not {type(token).__name__}"
            raise InvalidRequestError(message, provider="azure", parameter="azure_ad_token")
        if token is not None and self.entra:
            message = "azure takes either azure_ad_token or entra=True, not both"
            raise InvalidRequestError(message, provider="azure", parameter="entra")
