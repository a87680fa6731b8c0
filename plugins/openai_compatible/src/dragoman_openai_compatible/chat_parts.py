"""Parts, usage and finish reasons from answers of the OpenAI chat dialect, whole or streamed.

https://platform.openai.com/docs/api-reference/chat/object
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dragoman import (
    Bytes,
    Citation,
    FinishReason,
    Media,
    Part,
    Reasoning,
    Refusal,
    Seal,
    Text,
    ToolCall,
    Url,
    Usage,
)
from dragoman.http import (
    calls_in,
    count,
    decoded,
    dumps,
    fields,
    number,
    objects,
    repeats_call,
    rewritten,
    said_once,
    word,
    words,
)

CHAT_FINISH_REASONS: Mapping[str, FinishReason] = {
    "stop": FinishReason.STOP,
    "length": FinishReason.LENGTH,
    "tool_calls": FinishReason.TOOL_CALLS,
    "function_call": FinishReason.TOOL_CALLS,
    "content_filter": FinishReason.CONTENT_FILTER,
    "error": FinishReason.ERROR,
    "abort": FinishReason.ERROR,
    "network_error": FinishReason.ERROR,
    "insufficient_system_resource": FinishReason.ERROR,
    "sensitive": FinishReason.CONTENT_FILTER,
    "max_tokens": FinishReason.LENGTH,
    "MAX_TOKENS": FinishReason.LENGTH,
    "model_length": FinishReason.LENGTH,
    "model_context_window_exceeded": FinishReason.LENGTH,
    "end_turn": FinishReason.STOP,
    "stop_sequence": FinishReason.STOP,
    "eos": FinishReason.STOP,
    "STOP": FinishReason.STOP,
}
"""Finish reasons by the dialect's words for them."""


CHUNK_MEMBERS = ("choices", "usage")
"""The members by which a chunk of a stream is known."""
CHAT_LOGPROBS = ("content", "refusal")
"""The lists of the log probabilities of a conversation, each with an object for a token: https://platform.openai.com/docs/api-reference/chat/object."""
PROMPT_LOGPROBS = ("tokens", "token_logprobs", "top_logprobs", "text_offset")
"""The lists of the log probabilities of a prompt: https://platform.openai.com/docs/api-reference/completions/object."""


def text_of(value: Any) -> str:
    """Return a text, or the joined texts of a list of content parts."""
    if isinstance(value, str):
        return value
    # A tuple rather than a set: the type may be any JSON value, and lists and objects are not hashable.
    return "".join(words(part.get("text")) for part in objects(value) if part.get("type") in ("text", "output_text"))


def content_text(value: Any) -> str:
    """Return the text of a content, which some hosts send as one part or, where JSON was asked for, as an object."""
    if not value or not isinstance(value, dict):
        return text_of(value)
    return text_of([value]) or dumps(fields(value)).decode()


def usage_of(report: Any) -> Usage | None:
    """Return the usage from the member ``usage`` of a body, ``None`` if *report* is not an object, or an empty one."""
    if report is None or not (known := fields(report)):
        return None
    prompt, completion = fields(known.get("prompt_tokens_details")), fields(known.get("completion_tokens_details"))
    return Usage(
        input_tokens=number(known.get("prompt_tokens")),
        output_tokens=number(known.get("completion_tokens")),
        cache_read_tokens=number(prompt.get("cached_tokens")),
        cache_write_tokens=number(prompt.get("cache_write_tokens")),
        reasoning_tokens=number(completion.get("reasoning_tokens")),
        raw=known,
    )


def reasoning_of(message: Mapping[str, Any], names: Iterable[str]) -> str:
    """Return the reasoning text from the first of the members *names* that has any, else from the content or details.

    Mistral sends reasoning as parts of the content of the type ``thinking``, which hold a text or a list of texts:
    https://docs.mistral.ai/capabilities/reasoning/. Other servers send a list of details, with a text or a summary:
    https://openrouter.ai/docs/use-cases/reasoning-tokens#reasoning_details-array-structure.
    """
    for name in names:
        value = message.get(name)
        if value and isinstance(value, str):
            return value
    content, details = message.get("content"), message.get("reasoning_details")
    if content and not isinstance(content, str):
        text = "".join(text_of(part.get("thinking")) for part in objects(content) if part.get("type") == "thinking")
        if text:
            return text
    if not details:
        return ""
    return "".join(word(detail.get("text")) or words(detail.get("summary")) for detail in objects(details))


def citations_of(annotations: Any) -> tuple[Citation, ...]:
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


def tool_calls_of(message: Mapping[str, Any], issuer: str = "") -> list[Part]:
    """Return the tool calls of a message, from ``tool_calls`` and from the older ``function_call``.

    A server that speaks to clients of either form sends the same call in both; it is one call, as is one that is said
    again.
    """
    calls = [tool_call(call, index, issuer) for index, call in enumerate(calls_in(message))]
    older = fields(message.get("function_call"))
    if older and not any(repeats_call(legacy_call(older), call) for call in calls):
        calls.append(legacy_call(older))
    return said_once(calls)


def tool_call(call: Mapping[str, Any], index: int, issuer: str = "") -> ToolCall:
    """Return one tool call; where the server gives no id, one is made from *index*."""
    call_id = word(call.get("id")) or f"call_{index}"
    if custom := fields(call.get("custom")):
        name, text = words(custom.get("name")), words(custom.get("input"))
        return ToolCall(name=name, call_id=call_id, arguments=text, metadata={"type": "custom"})
    function = fields(call.get("function")) or call  # some servers leave out the object around the name
    name, seal = words(function.get("name")), extra_content_seal(call, issuer)
    return ToolCall(name=name, call_id=call_id, arguments=arguments_of(function), seal=seal)


def legacy_call(call: Mapping[str, Any]) -> ToolCall:
    """Return a ``function_call``, the older form of a tool call, which has no id."""
    return ToolCall(
        name=words(call.get("name")),
        call_id="call_0",
        arguments=arguments_of(call),
        metadata={"type": "function_call"},
    )


def arguments_of(function: Mapping[str, Any]) -> str:
    """Return the arguments of a call as JSON text, including where a server sends them as an object.

    Raises:
        ProtocolError: if the object is nested too deeply or holds a number too large to be written as JSON.

    """
    value = function.get("arguments")
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return rewritten(value)


def media_parts(message: Mapping[str, Any]) -> Sequence[Part]:
    """Return the audio and the images of a message."""
    parts: list[Part] = []
    audio = fields(message.get("audio"))
    if (data := audio.get("data")) and isinstance(data, str):
        parts.append(audio_part(audio, decoded(data)))
    for image in objects(message.get("images")):
        address = image.get("image_url")
        url = fields(address).get("url") if isinstance(address, dict) else address
        if url and isinstance(url, str):
            parts.append(_image(url))
    return parts


def audio_part(audio: Mapping[str, Any], data: bytes) -> Media:
    """Return a spoken answer as a part."""
    metadata = {name: audio[name] for name in ("transcript", "expires_at") if audio.get(name) is not None}
    media_type = f"audio/{word(audio.get('format')) or '*'}"
    return Media(source=Bytes(data=data), media_type=media_type, id=word(audio.get("id")), metadata=metadata)


def _image(url: str) -> Media:
    head, found, data = url.partition(";base64,")
    if url.startswith("data:") and found:
        return Media(source=Bytes(data=decoded(data)), media_type=head.removeprefix("data:"))
    return Media(source=Url(url=url), media_type="image/*")


_OTHER_MEMBERS = frozenset({"audio", "images", "tool_calls", "function_call"})


def extra_content_seal(value: Mapping[str, Any], issuer: str) -> Seal | None:
    """Return the seal of a message or a call that has ``extra_content``, ``None`` if it has none.

    Gemini signs what it says and calls there, and expects the signatures back:
    https://ai.google.dev/gemini-api/docs/thought-signatures#openai
    """
    extra = value.get("extra_content")
    return Seal(issuer=issuer, payload={"extra_content": extra}) if extra and isinstance(extra, dict) else None


def sealed_extra_content(part: Text | ToolCall, issuer: str) -> dict[str, Any]:
    """Return the member ``extra_content`` from the seal of a part, nothing if *issuer* did not seal it so."""
    payload = fields(part.seal.payload) if part.seal is not None and part.seal.issuer == issuer else {}
    return {"extra_content": payload["extra_content"]} if "extra_content" in payload else {}


def message_parts(message: Mapping[str, Any], reasoning_names: Iterable[str], issuer: str = "") -> list[Part]:
    """Return the parts of a whole message: reasoning, text, refusal, media, tool calls.

    Args:
        message: the message.
        reasoning_names: the members that may hold reasoning.
        issuer: the service that sealed the message and its calls.

    """
    parts: list[Part] = []
    if reasoning := reasoning_of(message, reasoning_names):
        parts.append(Reasoning(text=reasoning))
    if text := content_text(message.get("content")):
        seal = extra_content_seal(message, issuer)
        parts.append(Text(text=text, citations=citations_of(message.get("annotations")), seal=seal))
    if refusal := words(message.get("refusal")):
        parts.append(Refusal(text=refusal))
    if message.keys() & _OTHER_MEMBERS:
        parts.extend(media_parts(message))
        parts.extend(tool_calls_of(message, issuer))
    return parts
