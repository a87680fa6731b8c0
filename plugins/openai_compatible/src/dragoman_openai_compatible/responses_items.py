"""Parts from output items of the Responses API, whole or streamed.

The members of an item that have no field in the part are kept in the metadata of the part, under the issuer's name, so
that the item can be sent back unchanged. See https://platform.openai.com/docs/api-reference/responses/object.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from dragoman import (
    Bytes,
    Citation,
    Extension,
    Finish,
    FinishReason,
    Media,
    Part,
    Reasoning,
    Refusal,
    Seal,
    Text,
    ToolCall,
    Usage,
)
from dragoman.http import MAX_OBJECTS, count, end_word, fields, finish_of as finish_of_word, objects, word, words
from dragoman_openai_compatible.chat_parts import arguments_of

Item: TypeAlias = Mapping[str, Any]
ReadItem: TypeAlias = Callable[[Item, str], list[Part]]

RESPONSES_FINISH_REASONS: Mapping[str, FinishReason] = {
    "completed": FinishReason.STOP,
    "max_output_tokens": FinishReason.LENGTH,
    "content_filter": FinishReason.CONTENT_FILTER,
    "queued": FinishReason.PAUSED,
    "in_progress": FinishReason.PAUSED,
    "cancelled": FinishReason.INTERRUPTED,
    "incomplete": FinishReason.INTERRUPTED,
}
"""Finish reasons by status, or by the reason why an answer is incomplete."""
_NOT_INCOMPLETE = frozenset({FinishReason.STOP, FinishReason.TOOL_CALLS, FinishReason.OTHER})


def parts_of(item: Item, issuer: str) -> list[Part]:
    """Return the parts of one item; an item of an unknown type becomes an extension.

    Args:
        item: the item.
        issuer: the issuer of the item.

    """
    reader = _READERS.get(kind_of(item))
    parts = reader(item, issuer) if reader else []
    return parts or [extension(item, issuer)]


def kind_of(item: Item) -> str:
    """Return the type of an item, ``unknown`` if it has none."""
    return word(item.get("type")) or "unknown"


def extension(item: Item, issuer: str) -> Extension:
    """Return an item as an extension, which is sent back unchanged."""
    return Extension(kind=f"{issuer}.{kind_of(item)}", value=dict(item), id=word(item.get("id")))


def envelope(item: Item, issuer: str, *content: str) -> dict[str, Any]:
    """Return the metadata of a part: the members of *item* that are not named in *content*."""
    return {issuer: {name: value for name, value in item.items() if name not in content}}


def content_part(item: Item, content: Mapping[str, Any], issuer: str) -> Part:
    """Return the part of one content entry of a message."""
    facts: dict[str, Any] = {"id": word(item.get("id")), "metadata": envelope(item, issuer, "content")}
    kind = kind_of(content)
    if kind == "refusal":
        return Refusal(text=words(content.get("refusal")), **facts)
    if kind in {"output_text", "text"}:
        return Text(text=words(content.get("text")), citations=citations_of(content.get("annotations")), **facts)
    return Extension(kind=f"{issuer}.{kind}", value=dict(content), **facts)


def function_call(item: Item, issuer: str) -> ToolCall:
    """Return a call of a function or of a custom tool; the input of a custom tool is plain text."""
    metadata: dict[str, Any] = envelope(item, issuer, "name", "call_id", "arguments", "input")
    custom = item.get("type") == "custom_tool_call"
    call_id = word(item.get("call_id")) or words(item.get("id"))
    return ToolCall(
        name=words(item.get("name")),
        call_id=call_id,
        arguments=words(item.get("input")) if custom else arguments_of(item),
        id=word(item.get("id")),
        metadata={"type": "custom", **metadata} if custom else metadata,
    )


def image(item: Item, issuer: str, data: Any, *, final: bool = True) -> Media | None:
    """Return a generated image, ``None`` if *data* is not valid base64.

    Args:
        item: the item, or the event with a partial image.
        issuer: the issuer of the item.
        data: the image in base64.
        final: whether this is the finished image, as opposed to a partial one.

    """
    if not isinstance(data, str) or not data:
        return None
    try:
        source = Bytes(data=base64.b64decode(data, validate=True))
    except (binascii.Error, ValueError):
        return None
    return Media(
        source=source,
        media_type=f"image/{word(item.get('output_format')) or 'png'}",
        id=word(item.get("id")) or word(item.get("item_id")),
        metadata=envelope(item, issuer, "result") if final else {},
    )


def reasoning_texts(item: Item) -> list[str]:
    """Return the texts of the summary, followed by those of the reasoning itself where it is shown."""
    pieces = [*objects(item.get("summary")), *objects(item.get("content"))]
    return [words(piece.get("text")) for piece in pieces]


def reasoning_parts(item: Item, texts: list[str], issuer: str) -> list[Part]:
    """Return one part for each of *texts*, but at least one; the seal of the first holds the whole item."""
    first, *others = texts or [""]
    item_id = word(item.get("id"))
    seal = Seal(issuer=issuer, payload=dict(item))
    head = Reasoning(text=first, redacted=not any(texts), id=item_id, seal=seal)
    return [head, *(reasoning_piece(item_id, text, issuer) for text in others)]


def reasoning_piece(item_id: str | None, text: str, issuer: str) -> Reasoning:
    """Return a further part of a reasoning item, whose first part holds the seal."""
    return Reasoning(text=text, id=item_id, metadata={issuer: {"type": "reasoning", "id": item_id}})


def citations_of(annotations: Any) -> tuple[Citation, ...]:
    """Return annotations as citations, each with the annotation as its metadata."""
    return tuple(_citation(annotation) for annotation in objects(annotations))


def _citation(annotation: dict[str, Any]) -> Citation:
    return Citation(
        source_url=word(annotation.get("url")),
        document_id=word(annotation.get("file_id")),
        title=word(annotation.get("title")) or word(annotation.get("filename")),
        start=count(annotation, "start_index"),
        end=count(annotation, "end_index"),
        metadata=annotation,
    )


def finish_of(body: Mapping[str, Any], table: Mapping[str, FinishReason], otherwise: str | None = None) -> Finish:
    """Return why an answer ended.

    Some servers send whole answers without a status; such an answer is complete.

    Args:
        body: the answer.
        table: finish reasons by the words of the API.
        otherwise: the status of an answer that names none.

    """
    reason = fields(body.get("incomplete_details")).get("reason")
    status = end_word(reason) or end_word(body.get("status")) or otherwise
    if status is None and isinstance(body.get("output"), list):
        return Finish(reason=FinishReason.STOP)
    finish = finish_of_word(status, table)
    if finish.reason in _NOT_INCOMPLETE and (end_word(body.get("status")) or otherwise) == "incomplete":
        return Finish(reason=FinishReason.INTERRUPTED, raw=finish.raw)
    return finish


def is_unfinished(body: Mapping[str, Any]) -> bool:
    """Return whether an answer has no status of its own end, as some servers send it in the last event."""
    return end_word(body.get("status")) in {None, "queued", "in_progress", "completed"}


def usage_of(report: Any) -> Usage | None:
    """Return the usage from the member ``usage`` of an answer, ``None`` if *report* is no object, or an empty one."""
    known = fields(report)
    if not known:
        return None
    return Usage(
        input_tokens=count(known, "input_tokens"),
        output_tokens=count(known, "output_tokens"),
        cache_read_tokens=count(known, "input_tokens_details", "cached_tokens"),
        cache_write_tokens=count(known, "input_tokens_details", "cache_write_tokens"),
        reasoning_tokens=count(known, "output_tokens_details", "reasoning_tokens"),
        raw=known,
    )


def logprobs_of(output: Any) -> list[Any]:
    """Return the log probabilities of all texts in *output*."""
    contents = [content for item in objects(output) for content in objects(item.get("content"))]
    return [entry for content in contents for entry in objects(content.get("logprobs"), MAX_OBJECTS)]


def _message(item: Item, issuer: str) -> list[Part]:
    if item.get("role") not in (None, "assistant"):
        return []
    content = item.get("content")
    if isinstance(content, str):
        content = [{"type": "output_text", "text": content}]
    return [content_part(item, each, issuer) for each in objects(content)]


def _reasoning(item: Item, issuer: str) -> list[Part]:
    return reasoning_parts(item, reasoning_texts(item), issuer)


def _call(item: Item, issuer: str) -> list[Part]:
    return [function_call(item, issuer)]


def _image(item: Item, issuer: str) -> list[Part]:
    made = image(item, issuer, item.get("result"))
    return [] if made is None else [made]


_READERS: Mapping[str, ReadItem] = {
    "message": _message,
    "reasoning": _reasoning,
    "function_call": _call,
    "custom_tool_call": _call,
    "image_generation_call": _image,
}
