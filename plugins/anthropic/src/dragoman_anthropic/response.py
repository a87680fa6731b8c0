"""Answers of the Messages API as our parts, usage and reasons; shared by whole replies and streams.

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
    InvalidRequestError,
    Part,
    ProtocolError,
    Reasoning,
    Refusal,
    Seal,
    Text,
    ToolCall,
    Usage,
)
from dragoman.http import dumps, items_of
from dragoman_anthropic.names import plain

ISSUER = "anthropic"
ANSWER_TOOL = "dragoman_answer"
"""The tool whose input is the answer, where a model can be held to a schema in no other way."""

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
"""What the reasons for an end stand for; others are ``other``.

https://docs.anthropic.com/en/api/handling-stop-reasons
"""

SERVER_CALLS = frozenset({"server_tool_use", "mcp_tool_use"})
"""Blocks in which Anthropic calls a tool that it runs itself."""

METADATA = ("stop_sequence", "stop_details", "container", "context_management")
"""Members of an answer that are kept."""

_MAPPED = frozenset({"cited_text", "title", "document_title", "url", "source", "encrypted_index"})


def as_object(value: Any, what: str) -> dict[str, Any]:
    """Return *value* if it is an object.

    Raises:
        ProtocolError: if it is not.

    """
    if not isinstance(value, dict):
        message = f"{what} is no object, but {type(value).__name__}"
        raise ProtocolError(message, phase="decode")
    return cast("dict[str, Any]", value)


def word(value: Any) -> str | None:
    """Return a name or id as text, also where a server sends a number; ``None`` if it is empty or neither."""
    return (value or None) if isinstance(value, str) else str(value) if isinstance(value, int | float) else None


def as_mapping(value: Any) -> dict[str, Any]:
    """Return *value* if it is an object, an empty one if it is not."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def objects(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list; nothing if it is none."""
    return [item for item in as_list(value) if isinstance(item, dict)]


def listed(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list of an answer; nothing if it is none.

    Raises:
        ResponseTooLargeError: if it has more items than an answer may have.

    """
    return objects(items_of(value))


def as_list(value: Any) -> list[Any]:
    """Return *value* if it is a list, an empty one if it is not."""
    return cast("list[Any]", value) if isinstance(value, list | tuple) else []


def parts(content: Any) -> list[Part]:
    """Return the parts of a whole answer, in order."""
    return [part(block) for block in listed(content)]


def part(block: Mapping[str, Any]) -> Part:
    """Return one block as a part; a block of an unknown type is kept as it is."""
    kind = word(block.get("type"))
    if kind == "text":
        return text(word(block.get("text")) or "", listed(block.get("citations")))
    if kind == "thinking":
        return Reasoning(text=word(block.get("thinking")) or "", seal=seal(block.get("signature")))
    if kind == "redacted_thinking":
        return Reasoning(redacted=True, seal=seal(block.get("data")))
    if is_answer(block):
        return Text(text=arguments(block))
    if kind == "tool_use" or kind in SERVER_CALLS:
        return call(block, arguments(block))
    return Extension(kind=f"{ISSUER}.{kind or 'unknown'}", value=dict(block))


def text(words: str, cited: list[dict[str, Any]]) -> Text:
    """Return a text with its citations; what Anthropic wants back of them is sealed."""
    return cited_text(list(map(citation, cited)), cited, words) if cited else Text(text=words)


def cited_text(citations: list[Citation], cited: list[dict[str, Any]], words: str = "") -> Text:
    """Return a text with citations, given as ours and as Anthropic wrote them; the lists may grow afterwards."""
    sealed = Seal(issuer=ISSUER, payload=cast("JSON", list(cited)))
    return Text(text=words, citations=tuple(citations), seal=sealed)


def citation(cited: Mapping[str, Any]) -> Citation:
    """Return a citation: https://docs.anthropic.com/en/docs/build-with-claude/citations."""
    return Citation(
        source_url=word(cited.get("url")) or word(cited.get("source")),
        document_id=word(cited.get("document_index")),
        title=word(cited.get("title")) or word(cited.get("document_title")),
        quote=word(cited.get("cited_text")),
        metadata={name: value for name, value in cited.items() if name not in _MAPPED},
    )


def seal(payload: Any) -> Seal | None:
    """Return a seal of Anthropic's, ``None`` where it gave nothing."""
    return Seal(issuer=ISSUER, payload=payload) if payload else None


def call(block: Mapping[str, Any], written: str) -> ToolCall:
    """Return a call, with what Anthropic must see again of it sealed."""
    server_side = word(block.get("type")) in SERVER_CALLS
    rest = {name: value for name, value in block.items() if name not in {"id", "name", "input"}}
    programmed = as_mapping(rest.get("caller")).get("type", "direct") != "direct"
    return ToolCall(
        name=plain(word(block.get("name")) or ""),
        call_id=word(block.get("id")) or "",
        arguments=written,
        server_side=server_side,
        seal=seal(rest) if server_side or programmed else None,
    )


def arguments(block: Mapping[str, Any]) -> str:
    """Return the input of a call as JSON text.

    Raises:
        ProtocolError: if it nests too deep to be written again.

    """
    value = block.get("input")
    if isinstance(value, str):
        return value
    try:
        return dumps({} if value is None else value).decode()
    except InvalidRequestError as error:
        message = f"the reply holds what cannot be written as JSON again: {error}"
        raise ProtocolError(message, phase="decode") from None


def is_answer(block: Mapping[str, Any]) -> bool:
    """Tell whether a block is the answer itself, given as the input of :data:`ANSWER_TOOL`."""
    return block.get("type") == "tool_use" and block.get("name") == ANSWER_TOOL


def finish(raw: Any, *, answered: bool, called: bool) -> Finish:
    """Return why an answer ended.

    Args:
        raw: Anthropic's word for it.
        answered: whether the answer came as the input of :data:`ANSWER_TOOL`, which is a plain end.
        called: whether a tool of the caller's is called.

    """
    reason = word(raw)
    if reason == "tool_use" and answered and not called:
        return Finish(reason=FinishReason.STOP, raw=reason)
    return Finish(reason=FINISH.get(reason or "", FinishReason.OTHER), raw=reason)


def refusal(raw: Any, details: Any) -> Refusal | None:
    """Return the words in which Anthropic says why it stopped the model, if it did."""
    if raw != "refusal":
        return None
    known = as_mapping(details)
    return Refusal(
        text=word(known.get("explanation")) or "",
        category=word(known.get("category")),
        metadata={"type": "refusal", **known},
    )


def metadata(answer: Mapping[str, Any]) -> dict[str, JSON]:
    """Return what is kept of an answer."""
    return {name: answer[name] for name in METADATA if answer.get(name) is not None}


def count(report: Mapping[str, Any], name: str) -> int | None:
    """Return a number of tokens; ``None`` if it is not there or makes no sense."""
    value = report.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def usage(report: Any) -> Usage | None:
    """Return the usage of a report: Anthropic counts what a cache gave or took apart from the input.

    https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching#tracking-cache-performance
    """
    known = as_mapping(report)
    if not known:
        return None
    fresh = count(known, "input_tokens")
    read = count(known, "cache_read_input_tokens")
    written = count(known, "cache_creation_input_tokens")
    return Usage(
        input_tokens=None if fresh is None else fresh + (read or 0) + (written or 0),
        output_tokens=count(known, "output_tokens"),
        cache_read_tokens=read,
        cache_write_tokens=written,
        reasoning_tokens=count(as_mapping(known.get("output_tokens_details")), "thinking_tokens"),
        raw=known,
    )
