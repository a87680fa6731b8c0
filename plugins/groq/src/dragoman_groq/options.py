"""Options of Groq, in addition to the common settings."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from attrs import frozen

from dragoman import InvalidRequestError
from dragoman.http import Value, option_field


@frozen(kw_only=True, eq=False, repr=False)
class GroqOptions(Value):
    """Set what only Groq offers; see https://console.groq.com/docs/api-reference#chat-create.

    Args:
        reasoning_format: ``parsed`` for reasoning separate from the text, ``raw`` for reasoning in ``<think>`` tags
            in the text, ``hidden`` for none.
        include_reasoning: whether to return reasoning; cannot be combined with ``reasoning_format``.
        search_settings: domains and countries for the web searches of the compound systems.
        compound_custom: tools and models of the compound systems.
        documents: documents that the answer may cite.
        citation_options: ``enabled`` or ``disabled``.
        disable_tool_validation: whether to accept tool calls that do not match their schema.
        user: your identifier of the end user.
        stream_options: settings of a stream, which replace the request for its usage.
        extra_body: additional members of the body.

    Raises:
        InvalidRequestError: if both ``reasoning_format`` and ``include_reasoning`` are set.

    """

    __provider__: ClassVar[str] = "groq"
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
        """Refuse a combination that Groq refuses."""
        if self.reasoning_format is not None and self.include_reasoning is not None:
            message = "groq accepts either reasoning_format or include_reasoning, not both; leave one out"
            raise InvalidRequestError(message, provider="groq", parameter="include_reasoning")
