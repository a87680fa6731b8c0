"""Answers of the OpenAI chat dialect as our parts, usage and reasons; shared by whole replies and streams."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dragoman import Bytes, Citation, Finish, FinishReason, Media, Part, Reasoning, Refusal, Text, ToolCall, Url, Usage
from dragoman.http import count, decoded, fields, number, objects, rewritten, word, words

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


def text_of(value: Any) -> str:
    """Return a text, or the joined texts of a list of content parts."""
    if isinstance(value, str):
        return value
    # Two comparisons, not a set: a type may be anything, also what no set can hold.
    return "".join(words(part.get("text")) for part in objects(value) if part.get("type") in ("text", "output_text"))


def finish(raw: Any, table: Mapping[str, FinishReason] = FINISH) -> Finish:
    """Return why an answer ended; a reason nobody knows is ``other``, never ``stop``."""
    reason = word(raw)
    return Finish(reason=table.get(reason or "", FinishReason.OTHER), raw=reason)


def usage(report: Any) -> Usage | None:
    """Return the usage of a report, ``None`` if there is no report."""
    if not isinstance(report, dict):
        return None
    known = fields(report)
    read, written = fields(known.get("prompt_tokens_details")), fields(known.get("completion_tokens_details"))
    return Usage(
        input_tokens=number(known.get("prompt_tokens")),
        output_tokens=number(known.get("completion_tokens")),
        cache_read_tokens=number(read.get("cached_tokens")),
        cache_write_tokens=number(read.get("cache_write_tokens")),
        reasoning_tokens=number(written.get("reasoning_tokens")),
        raw=known,
    )


def reasoning_of(message: Mapping[str, Any], names: Iterable[str]) -> str:
    """Return the reasoning that stands under the first of these names that holds any."""
    for name in names:
        value = message.get(name)
        if value and isinstance(value, str):
            return value
    return ""


def citations(annotations: Any) -> tuple[Citation, ...]:
    """Return the citations of a message's annotations."""
    if not annotations:
        return ()
    return tuple(_citation(cited) for each in objects(annotations) if (cited := fields(each.get("url_citation"))))


def _citation(cited: Mapping[str, Any]) -> Citation:
    return Citation(
        source_url=word(cited.get("url")),
        title=word(cited.get("title")),
        start=count(cited, "start_index"),
        end=count(cited, "end_index"),
        quote=word(cited.get("content")),
    )


def tool_calls(message: Mapping[str, Any]) -> list[ToolCall]:
    """Return the tool calls of a message, old and new style."""
    calls = [tool_call(call, index) for index, call in enumerate(objects(message.get("tool_calls")))]
    legacy = message.get("function_call")
    if isinstance(legacy, dict):
        calls.append(legacy_call(fields(legacy)))
    return calls


def tool_call(call: Mapping[str, Any], index: int) -> ToolCall:
    """Return one tool call; a server that gives it no id gets one made of its place."""
    call_id = word(call.get("id")) or f"call_{index}"
    if custom := fields(call.get("custom")):
        name, text = words(custom.get("name")), words(custom.get("input"))
        return ToolCall(name=name, call_id=call_id, arguments=text, metadata={"type": "custom"})
    function = fields(call.get("function"))
    return ToolCall(name=words(function.get("name")), call_id=call_id, arguments=arguments_of(function))


def legacy_call(call: Mapping[str, Any]) -> ToolCall:
    """Return a ``function_call``, the dialect's older form, which has no id."""
    return ToolCall(
        name=words(call.get("name")),
        call_id="call_0",
        arguments=arguments_of(call),
        metadata={"type": "function_call"},
    )


def arguments_of(function: Mapping[str, Any]) -> str:
    """Return the arguments as JSON text, also where a server sends the object itself.

    Raises:
        ProtocolError: if that nests too deep, or holds a number too large, to be written again.

    """
    value = function.get("arguments")
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return rewritten(value)


def attached(message: Mapping[str, Any]) -> Sequence[Part]:
    """Return the sound and the images that come beside the text."""
    parts: list[Part] = []
    audio = fields(message.get("audio"))
    if isinstance(data := audio.get("data"), str):
        parts.append(sound(audio, decoded(data)))
    for image in objects(message.get("images")):
        address = image.get("image_url")
        url = fields(address).get("url") if isinstance(address, dict) else address
        if isinstance(url, str):
            parts.append(_image(url))
    return parts


def sound(audio: Mapping[str, Any], data: bytes) -> Media:
    """Return a spoken answer."""
    metadata = {name: audio[name] for name in ("transcript", "expires_at") if audio.get(name) is not None}
    media_type = f"audio/{word(audio.get('format')) or '*'}"
    return Media(source=Bytes(data=data), media_type=media_type, id=word(audio.get("id")), metadata=metadata)


def _image(url: str) -> Media:
    head, found, data = url.partition(";base64,")
    if url.startswith("data:") and found:
        return Media(source=Bytes(data=decoded(data)), media_type=head.removeprefix("data:"))
    return Media(source=Url(url=url), media_type="image/*")


_BESIDE_TEXT = frozenset({"audio", "images", "tool_calls", "function_call"})


def message_parts(message: Mapping[str, Any], reasoning_names: Iterable[str]) -> list[Part]:
    """Return the parts of a whole message: reasoning, text, refusal, media, tool calls."""
    parts: list[Part] = []
    if reasoning := reasoning_of(message, reasoning_names):
        parts.append(Reasoning(text=reasoning))
    if text := text_of(message.get("content")):
        parts.append(Text(text=text, citations=citations(message.get("annotations"))))
    if refusal := words(message.get("refusal")):
        parts.append(Refusal(text=refusal))
    if message.keys() & _BESIDE_TEXT:
        parts.extend(attached(message))
        parts.extend(tool_calls(message))
    return parts
