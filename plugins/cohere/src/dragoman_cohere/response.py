"""Answers of Cohere as ours: parts, citations, finish reasons and usage, for complete replies and for streams.

https://docs.cohere.com/reference/chat and https://docs.cohere.com/docs/citations
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from dragoman import (
    JSON,
    Citation,
    Extension,
    FinishReason,
    Origin,
    Part,
    Reasoning,
    Response,
    Seal,
    Text,
    ToolCall,
    Usage,
    build_response,
)
from dragoman.http import calls_in, count, fields, finish_of, objects, rewritten, said_once, word, words
from dragoman_cohere.options import ISSUER
from dragoman_cohere.request_messages import PLAN, THINKING

FINISH: Mapping[str, FinishReason] = {
    "COMPLETE": FinishReason.STOP,
    "STOP_SEQUENCE": FinishReason.STOP,
    "MAX_TOKENS": FinishReason.LENGTH,
    "TOOL_CALL": FinishReason.TOOL_CALLS,
    "ERROR": FinishReason.ERROR,
    "TIMEOUT": FinishReason.ERROR,
}
"""Finish reasons by Cohere's words for them."""

_OF_TEXT = frozenset({"", "TEXT_CONTENT"})
"""The types of citations that are made in a text, and not in a plan or a thought."""


def response(body: Mapping[str, Any]) -> Response:
    """Return the response of a complete reply."""
    message = fields(body.get("message"))
    content = message.get("content")
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else objects(content)
    found = [content_part(block) for block in blocks if block]
    metadata: dict[str, JSON] = {"logprobs": body["logprobs"]} if body.get("logprobs") else {}
    others = add_citations(found, citations_in(message))
    if others:
        metadata["citations"] = others
    plan = words(message.get("tool_plan"))
    calls = calls_in(message)
    return build_response(
        [
            *([reasoning(plan, PLAN)] if plan else []),
            *filter(_says_something, found),
            *said_once(tool_call(call, index) for index, call in enumerate(calls)),
        ],
        finish_of(body.get("finish_reason"), FINISH),
        usage=usage(body.get("usage")) or Usage(),
        origin=Origin(response_id=word(body.get("id"))),
        metadata=metadata,
        raw=body,
    )


def reasoning(text: str, kind: str) -> Reasoning:
    """Return reasoning, whose seal says that Cohere gets it back, and where."""
    return Reasoning(text=text, seal=Seal(issuer=ISSUER, payload=kind))


def content_part(block: Mapping[str, Any]) -> Part:
    """Return a block of content; one of an unknown type as it is."""
    kind = words(block.get("type")) or next((name for name in (THINKING, "text") if name in block), "content")
    if kind == THINKING:
        return reasoning(words(block.get("thinking")), THINKING)
    return (
        Text(text=words(block.get("text"))) if kind == "text" else Extension(kind=f"{ISSUER}.{kind}", value=dict(block))
    )


def _says_something(part: Part) -> bool:
    return (
        not isinstance(part, Text | Reasoning) or bool(part.text) or (isinstance(part, Text) and bool(part.citations))
    )


def add_citations(blocks: list[Part], cited: Iterable[Mapping[str, Any]]) -> list[Any]:
    """Add citations to the texts among *blocks*, and return those that are of no text.

    Args:
        blocks: the parts of the content, in which a citation counts.
        cited: the citations.

    """
    others: list[Any] = []
    texts = [index for index, part in enumerate(blocks) if isinstance(part, Text)]
    for each in cited:
        index = count(each, "content_index")
        place = index if index in texts else next(iter(texts), None)
        if place is None or not is_of_text(each):
            others.append(dict(each))
            continue
        text: Any = blocks[place]
        blocks[place] = attrs.evolve(text, citations=(*text.citations, *citations(each)))
    return others


def citations_in(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the citations of a message, of which an event of a stream has one without a list."""
    cited = message.get("citations")
    return [cited] if isinstance(cited, dict) else objects(cited)


def is_of_text(cited: Mapping[str, Any]) -> bool:
    """Return whether a citation is made in a text."""
    return words(cited.get("type")) in _OF_TEXT


def citations(cited: Mapping[str, Any]) -> tuple[Citation, ...]:
    """Return a citation for each source, with the whole as metadata; one without a source if there is none."""
    return tuple(_citation(cited, source) for source in objects(cited.get("sources")) or [{}])


def _citation(cited: Mapping[str, Any], source: Mapping[str, Any]) -> Citation:
    document = fields(source.get("document"))
    return Citation(
        document_id=word(source.get("id")),
        title=word(document.get("title")),
        source_url=word(document.get("url")),
        start=count(cited, "start"),
        end=count(cited, "end"),
        quote=word(document.get("text")) or word(document.get("snippet")),
        metadata=cited,
    )


def tool_call(call: Mapping[str, Any], position: int) -> ToolCall:
    """Return a tool call.

    Args:
        call: the call.
        position: how many calls of the answer come before it.

    Raises:
        ProtocolError: if its arguments cannot be written as JSON.

    """
    function = fields(call.get("function"))
    arguments = function.get("arguments")
    given = words(arguments) if isinstance(arguments, str | None) else rewritten(arguments)
    return ToolCall(
        name=words(function.get("name")),
        call_id=word(call.get("id")) or f"call_{position}",
        arguments=given,
    )


def usage(report: Any) -> Usage | None:
    """Return the usage, ``None`` if none is reported: all tokens, of which only some are billed.

    https://docs.cohere.com/docs/how-does-cohere-pricing-work
    """
    known = fields(report)
    if not known:
        return None
    tokens = fields(known.get("tokens")) or fields(known.get("billed_units"))
    return Usage(
        input_tokens=count(tokens, "input_tokens"),
        output_tokens=count(tokens, "output_tokens"),
        cache_read_tokens=count(known, "cached_tokens"),
        raw=known,
    )
