"""What Groq offers beside the common settings."""

from __future__ import annotations

from typing import Any, Literal

from attrs import frozen

from dragoman import InvalidRequestError
from dragoman.http import option_field


@frozen(kw_only=True)
class GroqOptions:
    """Set what only Groq has; see https://console.groq.com/docs/api-reference#chat-create.

    Args:
        reasoning_format: ``parsed`` for reasoning apart from the text, ``raw`` for reasoning between ``<think>`` tags
            in the text, ``hidden`` for none.
        include_reasoning: whether to return the reasoning at all; not together with ``reasoning_format``.
        search_settings: domains and countries for the web searches of the compound systems.
        compound_custom: tools and models of the compound systems.
        documents: documents that the answer may cite.
        citation_options: ``enabled`` or ``disabled``.
        disable_tool_validation: whether to let tool calls pass that do not fit their schema.
        user: who asks, by your own name for them.
        stream_options: settings of a stream, in place of asking for its usage.
        extra_body: further members of the body.

    Raises:
        InvalidRequestError: for both ways to choose the reasoning at once.

    """

    reasoning_format: Literal["parsed", "raw", "hidden"] | None = option_field()
    include_reasoning: bool | None = option_field()
    search_settings: dict[str, Any] | None = option_field()
    compound_custom: dict[str, Any] | None = option_field()
    documents: list[dict[str, Any]] | None = option_field()
    citation_options: str | None = option_field()
    disable_tool_validation: bool | None = option_field()
    user: str | None = option_field()
    stream_options: dict[str, Any] | None = option_field()
    extra_body: dict[str, Any] | None = option_field(in_body=False)

    def __attrs_post_init__(self) -> None:
        """Refuse what Groq refuses."""
        if self.reasoning_format is not None and self.include_reasoning is not None:
            message = "groq takes either reasoning_format or include_reasoning, not both"
            raise InvalidRequestError(message, provider="groq", parameter="include_reasoning")
