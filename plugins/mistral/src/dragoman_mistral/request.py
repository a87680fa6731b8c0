"""The parts of requests in which Mistral differs from OpenAI.

https://docs.mistral.ai/api/endpoint/chat
"""

from __future__ import annotations

from operator import is_
from typing import Any

import attrs

from dragoman import (
    Adjustment,
    Bytes,
    ChatRequest,
    CompletionRequest,
    Extension,
    FileRef,
    Media,
    Message,
    Part,
    Role,
    UnsupportedError,
    Url,
)
from dragoman.http import address_of
from dragoman_mistral.options import CONVERSATIONS_ONLY, ISSUER, MistralOptions

_NOT_FOR_PROMPTS = (
    "top_k",
    "presence_penalty",
    "frequency_penalty",
    "effort",
    "logprobs",
    "top_logprobs",
    "service_tier",
    "n",
)
"""Settings that requests with a prompt do not have: https://docs.mistral.ai/api/endpoint/fim."""


def adapted_prompt(
    request: CompletionRequest, options: MistralOptions
) -> tuple[CompletionRequest, tuple[Adjustment, ...]]:
    """Return a prompt without the settings that only conversations have.

    Raises:
        UnsupportedError: for an option that only conversations have.

    """
    name = next((name for name in CONVERSATIONS_ONLY if getattr(options, name) is not None), None)
    if name is not None:
        message = f"the option {name} belongs to conversations, and this is a prompt; leave it out"
        raise UnsupportedError(message, model=request.model, parameter=name)
    given = {name: value for name in _NOT_FOR_PROMPTS if (value := getattr(request.settings, name)) is not None}
    if not given:
        return request, ()
    reason = "Mistral has no such setting for prompts"
    notes = [_dropped(name, reason, value) for name, value in given.items()]
    unset: dict[str, Any] = dict.fromkeys(given)
    return attrs.evolve(request, settings=attrs.evolve(request.settings, **unset)), tuple(notes)


def adapted(request: ChatRequest) -> ChatRequest:
    """Return a conversation with the kinds of content that are Mistral's own."""
    messages = tuple([_adapted_message(message) for message in request.messages])
    return request if all(map(is_, messages, request.messages)) else attrs.evolve(request, messages=messages)


def _adapted_message(message: Message) -> Message:
    if not any(isinstance(part, Media) for part in message.parts):
        return message
    return attrs.evolve(message, content=tuple(_adapted_part(part, message.role) for part in message.parts))


def _adapted_part(part: Part, role: Role) -> Part:
    if not isinstance(part, Media) or role == Role.ASSISTANT:
        return part
    chunk = _chunk(part)
    return part if chunk is None else Extension(kind=f"{ISSUER}.{chunk['type']}", value=chunk)


def _chunk(part: Media) -> dict[str, Any] | None:
    """Return a document, a file or audio as a chunk of Mistral's own, ``None`` for what it takes as OpenAI does.

    https://docs.mistral.ai/capabilities/document_ai/document_qna and https://docs.mistral.ai/capabilities/audio
    """
    family, source = part.media_type.partition("/")[0], part.source
    if isinstance(source, FileRef):
        return {"type": "file", "file_id": source.file_id}
    if family == "audio" and isinstance(source, Url):
        return {"type": "input_audio", "input_audio": source.url}
    if family in {"image", "audio", "video"} or not isinstance(source, Bytes | Url):
        return None
    named = {"document_name": part.filename} if part.filename else {}
    return {"type": "document_url", "document_url": address_of(source, part.media_type), **named}


def _dropped(feature: str, reason: str, asked: Any) -> Adjustment:
    return Adjustment(kind="dropped", feature=feature, asked=asked, reason=reason, by=ISSUER)


def finish_messages(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return encoded messages without empty answers, and with the last one marked if it is to be continued.

    https://docs.mistral.ai/capabilities/completion/prefix
    """
    kept = [
        message
        for message in messages
        if message["role"] != "assistant" or message.get("content") or message.get("tool_calls")
    ]
    if kept and kept[-1]["role"] == "assistant":
        kept[-1] = {"prefix": True, **kept[-1]}
    return kept
