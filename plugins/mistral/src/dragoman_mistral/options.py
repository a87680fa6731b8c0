"""Options of Mistral, in addition to the common settings."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from attrs import frozen

from dragoman import EmbeddingRules
from dragoman.http import Value, option_field

ISSUER = "mistral"
"""The key of these options, and the issuer of seals and extensions."""


@frozen(kw_only=True, eq=False, repr=False)
class MistralOptions(Value):
    """Set what only Mistral offers; see https://docs.mistral.ai/api/endpoint/chat.

    Args:
        safe_prompt: whether a safety prompt comes before the conversation.
        prompt_mode: ``reasoning`` for the system prompt with which the reasoning models were trained.
        prompt_cache_key: a name for requests with the same beginning, which are then more likely to find it cached.
        prediction: text that the answer is expected to contain, as ``{"type": "content", "content": "..."}``.
        guardrails: the moderation of the conversation, as a list of its settings.
        min_tokens: the least number of tokens of the answer.
        repetition_penalty: how strongly repetitions are penalized.
        metadata: data that is kept with the request.
        extra_body: additional members of the body.

    """

    __provider__: ClassVar[str] = "mistral"
    safe_prompt: bool | None = option_field()
    prompt_mode: Literal["reasoning"] | None = option_field()
    prompt_cache_key: str | None = option_field()
    prediction: dict[str, Any] | None = option_field()
    guardrails: list[dict[str, Any]] | None = option_field()
    min_tokens: int | None = option_field()
    repetition_penalty: float | None = option_field()
    metadata: dict[str, Any] | None = option_field()
    extra_body: dict[str, Any] | None = option_field(in_body=False)


CONVERSATIONS_ONLY = ("safe_prompt", "prompt_mode", "prediction", "guardrails", "repetition_penalty")
"""Options that requests with a prompt do not have: https://docs.mistral.ai/api/endpoint/fim."""


@frozen(kw_only=True, eq=False, repr=False)
class MistralEmbeddingOptions(Value):
    """Set what Mistral offers for embeddings; see https://docs.mistral.ai/api/endpoint/embeddings.

    Args:
        output_dimension: the number of dimensions, where the model has a choice.
        output_dtype: ``float``, ``int8``, ``uint8``, ``binary`` or ``ubinary``.
        encoding_format: ``float`` or ``base64``, which is read as numbers too.
        metadata: data that is kept with the request.

    """

    __provider__: ClassVar[str] = ISSUER
    output_dimension: int | None = option_field()
    output_dtype: Literal["float", "int8", "uint8", "binary", "ubinary"] | None = option_field()
    encoding_format: Literal["float", "base64"] | None = option_field()
    metadata: dict[str, Any] | None = option_field()


EMBEDDING_RULES = EmbeddingRules(options=MistralEmbeddingOptions, dimensions="output_dimension", most_texts=256)
"""The greatest number of texts is recorded: of 257, the API says that there are too many."""
