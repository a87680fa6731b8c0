"""The options of requests to Cohere that the common settings do not cover."""

from __future__ import annotations

from typing import Any, Literal

from attrs import frozen

from dragoman.http import option_field

ISSUER = "cohere"
"""The key of these options, and the issuer of seals and extensions."""


@frozen(kw_only=True)
class CohereOptions:
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

    documents: list[Any] | None = option_field()
    citation_options: dict[str, Any] | None = option_field()
    safety_mode: Literal["CONTEXTUAL", "STRICT", "OFF"] | None = option_field()
    thinking: dict[str, Any] | None = option_field()
    strict_tools: bool | None = option_field()
    priority: int | None = option_field()
    extra_body: dict[str, Any] | None = option_field(in_body=False)
