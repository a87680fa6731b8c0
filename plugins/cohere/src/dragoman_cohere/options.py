"""The options of requests to Cohere that the common settings do not cover."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from attrs import frozen

from dragoman import EmbeddingRules
from dragoman.http import Value, option_field

ISSUER = "cohere"
"""The key of these options, and the issuer of seals and extensions."""


@frozen(kw_only=True, eq=False, repr=False)
class CohereOptions(Value):
    """Set what only Cohere offers; see https://docs.cohere.com/reference/chat.

    Args:
        documents: what the answer may cite: texts, or objects with ``data`` and perhaps an ``id``.
        citation_options: how citations are made, such as ``{"mode": "FAST"}``, ``ACCURATE`` or ``OFF``.
        safety_mode: how strictly harmful content is kept out.
        thinking: how the model thinks, such as ``{"type": "enabled", "token_budget": 500}``; it replaces the setting
            ``effort``, which is the portable way.
        strict_tools: whether all calls of tools are held to their schemas, as they are if a tool is strict.
        priority: how early the request is served, 0 first.
        extra_body: additional members of the request body.

    """

    __provider__: ClassVar[str] = ISSUER
    documents: list[Any] | None = option_field()
    citation_options: dict[str, Any] | None = option_field()
    safety_mode: Literal["CONTEXTUAL", "STRICT", "OFF"] | None = option_field()
    thinking: dict[str, Any] | None = option_field()
    strict_tools: bool | None = option_field()
    priority: int | None = option_field()
    extra_body: dict[str, Any] | None = option_field(in_body=False)


@frozen(kw_only=True, eq=False, repr=False)
class CohereEmbeddingOptions(Value):
    """Set what Cohere offers for embeddings; see https://docs.cohere.com/reference/embed.

    Args:
        input_type: what the vectors are for: ``search_document``, which is the default here, ``search_query``,
            ``classification`` or ``clustering``.
        embedding_types: the one type of the vectors: ``float``, which is the default here, ``int8``, ``uint8``,
            ``binary``, ``ubinary`` or ``base64``, which is read as numbers too.
        output_dimension: the number of dimensions, where the model has a choice.
        max_tokens: the most tokens of a text; what is beyond them is cut as *truncate* says.
        truncate: which end of a text that is too long is cut, ``START`` or ``END``; with ``NONE`` it is an error.
        priority: how early the request is served, 0 first.

    """

    __provider__: ClassVar[str] = ISSUER
    input_type: str | None = option_field()
    embedding_types: list[str] | None = option_field()
    output_dimension: int | None = option_field()
    max_tokens: int | None = option_field()
    truncate: Literal["NONE", "START", "END"] | None = option_field()
    priority: int | None = option_field()


EMBEDDING_RULES = EmbeddingRules(options=CohereEmbeddingOptions, dimensions="output_dimension", most_texts=96)
"""https://docs.cohere.com/reference/embed: at most 96 texts."""
