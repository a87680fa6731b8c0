"""Responses of the Messages API as ours: parts, finish reasons and usage, for complete replies and for streams.

https://docs.anthropic.com/en/api/messages#response-content
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from dragoman import (
    JSON,
    Citation,
    Extension,
    Finish,
    FinishReason,
    Origin,
    Part,
    Reasoning,
    Refusal,
    Response,
    Seal,
    Text,
    ToolCall,
    Usage,
    build_response,
)
from dragoman.http import (
    arguments_text,
    end_word,
    fields,
    finish_of,
    members_of,
    objects,
    said_once,
    usage_beside_cache,
    word,
    words,
)
from dragoman_anthropic.options import ISSUER

FINISH: Mapping[str, FinishReason] = {
    "end_turn": FinishReason.STOP,
    "stop_sequence": FinishReason.STOP,
    "max_tokens": FinishReason.LENGTH,
    "model_context_window_exceeded": FinishReason.LENGTH,
    "tool_use": FinishReason.TOOL_CALLS,
    "pause_turn": FinishReason.PAUSED,
    "compaction": FinishReason.PAUSED,
    "refusal": FinishReason.REFUSAL,
}
"""Finish reasons by stop reason.

https://docs.anthropic.com/en/api/handling-stop-reasons
"""

SERVER_CALLS = frozenset({"server_tool_use", "mcp_tool_use"})
"""Types of blocks that call a tool which Anthropic runs."""

CALLS = ("tool_use", *sorted(SERVER_CALLS))
"""Types of blocks that call a tool, in which any JSON value may be looked for."""

METADATA = ("stop_sequence", "stop_details", "container", "context_management")
"""Members of a reply that are kept as metadata of the response."""

_CITATION_FIELDS = frozenset({"cited_text", "title", "document_title", "url", "source", "encrypted_index"})


def response(body: dict[str, Any]) -> Response:
    """Return the response of a complete reply."""
    parts = said_once([part(block) for block in objects(body["content"]) if block.get("text") or not is_blank(block)])
    reason = end_word(body.get("stop_reason"))
    stated = refusal(reason, body.get("stop_details"))
    return build_response(
        parts if stated is None else [*parts, stated],
        finish(reason),
        usage=usage(body.get("usage")) or Usage(),
        origin=Origin(response_id=word(body.get("id")), served_model=word(body.get("model"))),
        metadata=members_of(body, METADATA),
        raw=body,
    )


def part(block: Mapping[str, Any]) -> Part:
    """Return a content block as a part; a block of an unknown type becomes an extension."""
    kind = word(block.get("type"))
    if kind == "text":
        return text(word(block.get("text")) or "", objects(block.get("citations")))
    if kind == "thinking":
        return Reasoning(text=words(block.get("thinking")), seal=seal(block.get("signature")))
    if kind == "redacted_thinking":
        return Reasoning(redacted=True, seal=seal(block.get("data")))
    if kind in CALLS:
        return tool_call(block, arguments(block))
    return Extension(kind=f"{ISSUER}.{kind or 'unknown'}", value=dict(block))


def is_blank(block: Mapping[str, Any]) -> bool:
    """Return whether a block holds nothing: an empty text without citations, or empty thinking without a signature."""
    kind = block.get("type")
    return (kind == "text" and not block.get("text") and not block.get("citations")) or (
        kind == "thinking" and not block.get("thinking") and not block.get("signature")
    )


def text(content: str, citations: list[dict[str, Any]]) -> Text:
    """Return a text with its citations."""
    return cited_text(list(map(citation, citations)), citations, content) if citations else Text(text=content)


def cited_text(citations: list[Citation], payload: list[dict[str, Any]], content: str = "") -> Text:
    """Return a text with citations, which are sealed so that the next turn sends them back unchanged.

    Args:
        citations: the citations; the list is copied.
        payload: the same citations as Anthropic sent them; the list is copied.
        content: the text.

    """
    sealed = Seal(issuer=ISSUER, payload=cast("JSON", list(payload)))
    return Text(text=content, citations=tuple(citations), seal=sealed)


def citation(cited: Mapping[str, Any]) -> Citation:
    """Return a citation: https://docs.anthropic.com/en/docs/build-with-claude/citations."""
    return Citation(
        source_url=word(cited.get("url")) or word(cited.get("source")),
        document_id=word(cited.get("document_index")),
        title=word(cited.get("title")) or word(cited.get("document_title")),
        quote=word(cited.get("cited_text")),
        metadata={name: value for name, value in cited.items() if name not in _CITATION_FIELDS},
    )


def seal(payload: Any) -> Seal | None:
    """Return a seal of Anthropic, ``None`` if there is no payload."""
    return Seal(issuer=ISSUER, payload=payload) if payload else None


def tool_call(block: Mapping[str, Any], arguments: str) -> ToolCall:
    """Return a tool call; the members that Anthropic requires back in the next turn are sealed.

    Args:
        block: the block that calls the tool.
        arguments: the arguments as JSON text.

    """
    server_side = word(block.get("type")) in SERVER_CALLS
    rest = {name: value for name, value in block.items() if name not in {"id", "name", "input"}}
    by_code = fields(rest.get("caller")).get("type", "direct") != "direct"
    return ToolCall(
        name=words(block.get("name")),
        call_id=words(block.get("id")),
        arguments=arguments,
        server_side=server_side,
        seal=seal(rest) if server_side or by_code else None,
    )


def arguments(block: Mapping[str, Any]) -> str:
    """Return the input of a tool call as JSON text.

    Raises:
        ProtocolError: if the input cannot be written as JSON.

    """
    return arguments_text(block.get("input"))


def finish(raw: Any) -> Finish:
    """Return why an answer ended, from its stop reason."""
    return finish_of(raw, FINISH)


def refusal(raw: Any, details: Any) -> Refusal | None:
    """Return the refusal that Anthropic reports, ``None`` if the stop reason is another."""
    if raw != "refusal":
        return None
    known = fields(details)
    return Refusal(
        text=words(known.get("explanation")),
        category=word(known.get("category")),
        metadata={"type": "refusal", **known},
    )


def usage(report: Any) -> Usage | None:
    """Return the usage, ``None`` if none is reported.

    Anthropic excludes tokens that the cache read or wrote from ``input_tokens``; our total includes them. See
    https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching#tracking-cache-performance.
    """
    return usage_beside_cache(
        report,
        uncached="input_tokens",
        read="cache_read_input_tokens",
        written="cache_creation_input_tokens",
        output="output_tokens",
        reasoning=("output_tokens_details", "thinking_tokens"),
    )
