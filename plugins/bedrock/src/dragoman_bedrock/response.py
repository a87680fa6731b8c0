"""Responses of Converse as ours: parts, finish reasons and usage, for complete replies and for streams.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_ResponseSyntax
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from dragoman import JSON, Citation, Extension, Part, Reasoning, Response, Seal, Text, ToolCall, Usage, build_response
from dragoman.http import (
    arguments_text,
    fields,
    finish_of,
    given,
    members_of,
    objects,
    said_once,
    usage_beside_cache,
    word,
    words,
)
from dragoman_bedrock.options import ISSUER

METADATA = ("metrics", "trace", "additionalModelResponseFields", "serviceTier", "performanceConfig")
"""Members of a reply that are kept as metadata of the response."""

SERVER_CALL = "server_tool_use"
"""The type of the call of a tool that the model's vendor runs."""


def response(body: dict[str, Any], content: Iterable[dict[str, Any]]) -> Response:
    """Return the response of a complete reply."""
    return build_response(
        said_once(each for each in map(part, content) if each is not None),
        finish_of(body.get("stopReason")),
        usage=usage(body.get("usage")) or Usage(),
        metadata=members_of(body, METADATA),
        raw=body,
    )


def part(block: Mapping[str, Any]) -> Part | None:
    """Return a content block as a part, ``None`` if it is blank; a block of an unknown kind becomes an extension."""
    block = given(block)
    if "text" in block:
        text = words(block["text"])
        return Text(text=text) if text else None
    if "toolUse" in block:
        return tool_call(fields(block["toolUse"]))
    if "reasoningContent" in block:
        return reasoning(fields(block["reasoningContent"]))
    if "citationsContent" in block:
        return _cited(fields(block["citationsContent"]))
    return extension(block)


def extension(block: Mapping[str, Any]) -> Extension:
    """Return a block as it is, for the next turn."""
    return Extension(kind=f"{ISSUER}.{next(iter(block), 'unknown')}", value=dict(block))


def reasoning(content: Mapping[str, Any]) -> Reasoning | None:
    """Return the reasoning of a block.

    A text without a signature is sealed too, with an empty one, since the same model takes it back.
    """
    if redacted := content.get("redactedContent"):
        return Reasoning(redacted=True, seal=Seal(issuer=ISSUER, payload=redacted))
    known = fields(content.get("reasoningText"))
    text, signature = words(known.get("text")), words(known.get("signature"))
    return Reasoning(text=text, seal=Seal(issuer=ISSUER, payload=signature)) if text or signature else None


def tool_call(call: Mapping[str, Any]) -> ToolCall:
    """Return a call of a tool; a call that the vendor ran is sealed with its type."""
    kind = call.get("type")
    return ToolCall(
        name=words(call.get("name")),
        call_id=words(call.get("toolUseId")),
        arguments=arguments_text(call.get("input")),
        server_side=kind == SERVER_CALL,
        seal=Seal(issuer=ISSUER, payload=kind) if kind else None,
    )


def _cited(content: Mapping[str, Any]) -> Text:
    text = "".join(words(each.get("text")) for each in objects(content.get("content")))
    return cited_text(objects(content.get("citations")), text)


def cited_text(citations: list[dict[str, Any]], content: str = "") -> Text:
    """Return a text with citations, which are sealed so that the next turn sends them back unchanged."""
    sealed = Seal(issuer=ISSUER, payload=cast("JSON", list(citations)))
    return Text(text=content, citations=tuple(map(citation, citations)), seal=sealed)


def citation(cited: Mapping[str, Any]) -> Citation:
    """Return a citation, with its location as metadata."""
    quotes = [words(each.get("text")) for each in objects(cited.get("sourceContent"))]
    location = fields(cited.get("location"))
    place = fields(next(iter(location.values()), None))
    index = place.get("documentIndex")
    return Citation(
        source_url=word(fields(location.get("web")).get("url")),
        document_id=str(index) if isinstance(index, int) else None,
        title=word(cited.get("title")),
        quote="".join(quotes) or None,
        metadata={name: value for name, value in cited.items() if name not in {"title", "sourceContent"}},
    )


def usage(report: Any) -> Usage | None:
    """Return the usage, ``None`` if none is reported.

    Bedrock excludes tokens that the cache read or wrote from ``inputTokens``; our total includes them. See
    https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html.
    """
    return usage_beside_cache(
        report,
        uncached="inputTokens",
        read="cacheReadInputTokens",
        written="cacheWriteInputTokens",
        output="outputTokens",
    )
