"""Answers of the OpenAI chat dialect as our parts, usage and reasons; shared by whole replies and streams."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from dragoman.errors import ProtocolError
from dragoman.http.wire import dumps
from dragoman.parts import Bytes, Citation, Media, Part, Reasoning, Refusal, Text, ToolCall, Url
from dragoman.response import Finish, FinishReason, Usage

FINISH: Mapping[str, FinishReason] = {
    "stop": FinishReason.STOP,
    "length": FinishReason.LENGTH,
    "tool_calls": FinishReason.TOOL_CALLS,
    "function_call": FinishReason.TOOL_CALLS,
    "content_filter": FinishReason.CONTENT_FILTER,
    "error": FinishReason.ERROR,
    "abort": FinishReason.ERROR,
}
"""What the reasons of the dialect stand for; every other one is ``other``."""


def as_object(value: Any, what: str) -> dict[str, Any]:
    """Return *value* if it is an object.

    Raises:
        ProtocolError: if it is not.

    """
    if not isinstance(value, dict):
        message = f"{what} is no object: {str(value)[:100]!r}"
        raise ProtocolError(message, phase="decode")
    return cast("dict[str, Any]", value)


def objects(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list; nothing if it is none."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text_of(value: Any) -> str:
    """Return a text, or the joined texts of a list of content parts."""
    if isinstance(value, str):
        return value
    return "".join(str(part.get("text") or "") for part in objects(value) if part.get("type") in {"text", "output_text"})


def finish(raw: Any, table: Mapping[str, FinishReason] = FINISH) -> Finish:
    """Return why an answer ended; a reason nobody knows is ``other``, never ``stop``."""
    word = None if raw is None else str(raw)
    return Finish(reason=table.get(word or "", FinishReason.OTHER), raw=word)


def count(report: Mapping[str, Any], *path: str) -> int | None:
    """Return a number of tokens from a report of usage; ``None`` if it is not there or makes no sense."""
    value: Any = report
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        return None
    return int(value)


def usage(report: Any) -> Usage | None:
    """Return the usage of a report, ``None`` if there is no report."""
    if not isinstance(report, dict):
        return None
    known = cast("dict[str, Any]", report)
    return Usage(
        input_tokens=count(known, "prompt_tokens"),
        output_tokens=count(known, "completion_tokens"),
        cache_read_tokens=count(known, "prompt_tokens_details", "cached_tokens"),
        cache_write_tokens=count(known, "prompt_tokens_details", "cache_write_tokens"),
        reasoning_tokens=count(known, "completion_tokens_details", "reasoning_tokens"),
        raw=known,
    )


def reasoning_of(message: Mapping[str, Any], names: Iterable[str]) -> str:
    """Return the reasoning that stands under the first of these names that holds any."""
    return next((value for name in names if isinstance(value := message.get(name), str) and value), "")


def citations(annotations: Any) -> tuple[Citation, ...]:
    """Return the citations of a message's annotations."""
    return tuple(
        Citation(
            source_url=cited.get("url"),
            title=cited.get("title"),
            start=cited.get("start_index"),
            end=cited.get("end_index"),
            quote=cited.get("content"),
        )
        for annotation in objects(annotations)
        if isinstance(cited := annotation.get("url_citation"), dict)
    )


def tool_calls(message: Mapping[str, Any]) -> list[ToolCall]:
    """Return the tool calls of a message, old and new style."""
    calls = [tool_call(call, index) for index, call in enumerate(objects(message.get("tool_calls")))]
    legacy = message.get("function_call")
    if isinstance(legacy, dict):
        calls.append(legacy_call(cast("dict[str, Any]", legacy)))
    return calls


def tool_call(call: Mapping[str, Any], index: int) -> ToolCall:
    """Return one tool call; a server that gives it no id gets one made of its place."""
    call_id = str(call.get("id") or f"call_{index}")
    if isinstance(custom := call.get("custom"), dict):
        text = str(custom.get("input") or "")
        return ToolCall(name=str(custom.get("name") or ""), call_id=call_id, arguments=text, metadata={"type": "custom"})
    function = call.get("function")
    function = cast("dict[str, Any]", function) if isinstance(function, dict) else {}
    return ToolCall(name=str(function.get("name") or ""), call_id=call_id, arguments=arguments_of(function))


def legacy_call(call: Mapping[str, Any]) -> ToolCall:
    """Return a ``function_call``, the dialect's older form, which has no id."""
    return ToolCall(
        name=str(call.get("name") or ""),
        call_id="call_0",
        arguments=arguments_of(call),
        metadata={"type": "function_call"},
    )


def arguments_of(function: Mapping[str, Any]) -> str:
    """Return the arguments as JSON text, also where a server sends the object itself."""
    value = function.get("arguments")
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return dumps(value).decode()


def attached(message: Mapping[str, Any]) -> Sequence[Part]:
    """Return the sound and the images that come beside the text."""
    parts: list[Part] = []
    audio = message.get("audio")
    if isinstance(audio, dict) and isinstance(audio.get("data"), str):
        known = cast("dict[str, Any]", audio)
        media_type = f"audio/{known.get('format') or '*'}"
        metadata = {"transcript": known.get("transcript"), "expires_at": known.get("expires_at")}
        source = Bytes(data=base64.b64decode(known["data"]))
        parts.append(Media(source=source, media_type=media_type, id=known.get("id"), metadata=metadata))
    for image in objects(message.get("images")):
        address = image.get("image_url")
        url = address.get("url") if isinstance(address, dict) else address
        if isinstance(url, str):
            parts.append(_image(url))
    return parts


def _image(url: str) -> Media:
    head, found, data = url.partition(";base64,")
    if url.startswith("data:") and found:
        return Media(source=Bytes(data=base64.b64decode(data)), media_type=head.removeprefix("data:"))
    return Media(source=Url(url=url), media_type="image/*")


def message_parts(message: Mapping[str, Any], reasoning_names: Iterable[str]) -> list[Part]:
    """Return the parts of a whole message: reasoning, text, refusal, media, tool calls."""
    parts: list[Part] = []
    if reasoning := reasoning_of(message, reasoning_names):
        parts.append(Reasoning(text=reasoning))
    if text := text_of(message.get("content")):
        parts.append(Text(text=text, citations=citations(message.get("annotations"))))
    if refusal := message.get("refusal"):
        parts.append(Refusal(text=str(refusal)))
    parts.extend(attached(message))
    parts.extend(tool_calls(message))
    return parts
