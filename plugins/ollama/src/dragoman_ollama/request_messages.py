"""Messages as Ollama accepts them: a text, images, thinking and calls, with one message for each result.

https://docs.ollama.com/api/chat
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from attrs import define, field

from dragoman import (
    JSON,
    Adjustment,
    Bytes,
    Data,
    Extension,
    InlineText,
    Media,
    Message,
    Part,
    Reasoning,
    Refusal,
    Role,
    Text,
    ToolCall,
    ToolResult,
    UnsupportedError,
)
from dragoman.http import dumps, inline_data, object_arguments
from dragoman_ollama.options import ISSUER

_Segment: TypeAlias = tuple[list[str], list[str]]
"""Images and texts of one message."""


@define(kw_only=True)
class MessagesEncoder:
    """Encode a conversation.

    Args:
        adjustments: what was left out or changed; the methods append to it.

    """

    adjustments: list[Adjustment] = field(factory=list[Adjustment])
    _names: dict[str, str] = field(factory=dict[str, str], init=False)

    def encode(self, messages: Iterable[Message]) -> list[dict[str, Any]]:
        """Return the messages.

        Raises:
            UnsupportedError: for a part that the API does not accept.

        """
        encoded: list[dict[str, Any]] = []
        for message in messages:
            if message.role == Role.ASSISTANT:
                encoded.append(self._answer(message.parts))
                continue
            rest = [part for part in message.parts if not isinstance(part, ToolResult)]
            encoded += [self._result(result) for result in message.of_type(ToolResult)]
            if rest or not message.parts:
                encoded += self._said(message.role, rest)
        return encoded

    def _said(self, role: Role, parts: Sequence[Part]) -> list[dict[str, Any]]:
        """Return the messages with *parts*, several if an image stands between texts: the server joins them."""
        name = "user" if role == Role.TOOL else str(role)  # beside the results of a tool
        segments = self._segments(parts)
        if len(segments) > 1:
            reason = "Ollama puts images before the text of their message, so the message is sent in several"
            self._adjust("emulated", "image", reason, sent=f"{len(segments)} messages")
        return [_encoded(name, "\n".join(texts), images) for images, texts in segments]

    def _answer(self, parts: Sequence[Part]) -> dict[str, Any]:
        """Return a message of the assistant, without what only its own vendor takes back."""
        images, texts = self._joined([part for part in parts if self._is_said(part)])
        encoded = _encoded("assistant", "".join(texts), images)
        thinking = "".join(part.text for part in parts if isinstance(part, Reasoning) and self._is_replayed(part))
        if thinking:
            encoded["thinking"] = thinking
        if calls := [self._call(part) for part in parts if isinstance(part, ToolCall) and self._is_own(part)]:
            encoded["tool_calls"] = calls
        return encoded

    def _result(self, result: ToolResult) -> dict[str, Any]:
        images, texts = self._joined(result.content)
        encoded = _encoded("tool", "\n".join(texts), images)
        if name := result.name or self._names.get(result.call_id):
            encoded["tool_name"] = name
        return {**encoded, "tool_call_id": result.call_id} if result.call_id else encoded

    def _joined(self, parts: Iterable[Part]) -> _Segment:
        """Return the images and texts of *parts*, which make one message."""
        segments = self._segments(parts)
        if len(segments) > 1:
            self._move_images()
        return [image for images, _ in segments for image in images], [text for _, texts in segments for text in texts]

    def _segments(self, parts: Iterable[Part]) -> list[_Segment]:
        """Return the images and texts of *parts*, divided so that within each segment all images come first."""
        segments: list[_Segment] = [([], [])]
        for part in parts:
            if isinstance(part, Media) and not isinstance(part.source, InlineText):
                if segments[-1][1]:
                    segments.append(([], []))
                segments[-1][0].append(_image(part))
            else:
                self._check_seal(part)
                segments[-1][1].append(_text(part))
        if len(segments) > 1 and not segments[-1][1]:
            self._move_images()
            segments[-2][0].extend(segments.pop()[0])
        return segments

    def _move_images(self) -> None:
        self._adjust("coerced", "image", "Ollama puts images before the text of their message")

    def _call(self, call: ToolCall) -> dict[str, Any]:
        self._names[call.call_id] = call.name
        return {"id": call.call_id, "function": {"name": call.name, "arguments": self._arguments(call)}}

    def _arguments(self, call: ToolCall) -> dict[str, JSON]:
        arguments, notes = object_arguments(call, "Ollama", by=ISSUER)
        self.adjustments += notes
        return arguments

    def _is_said(self, part: Part) -> bool:
        """Return whether a part of an answer is sent as a text or an image."""
        if isinstance(part, Reasoning | ToolCall):
            return False
        is_foreign = isinstance(part, Extension | ToolResult) or (
            isinstance(part, Media) and not (part.media_type.startswith("image/") and isinstance(part.source, Bytes))
        )
        if is_foreign:
            self._adjust("dropped", type(part).__name__.lower(), "Ollama does not accept it in an answer")
        return not is_foreign

    def _is_replayed(self, part: Reasoning) -> bool:
        """Return whether reasoning is sent: that of a vendor that signs it belongs to that vendor."""
        if part.seal is None and not part.redacted:
            return True
        self._adjust("dropped", "reasoning", "only the vendor that signed it can read it")
        return False

    def _is_own(self, call: ToolCall) -> bool:
        self._check_seal(call)
        if call.server_side:
            self._adjust("dropped", "toolcall", "another provider ran the tool itself", asked=call.name)
        return not call.server_side

    def _check_seal(self, part: Part) -> None:
        if part.seal is not None:
            self._adjust("dropped", "seal", f"only {part.seal.issuer}, which issued it, can read it")

    def _adjust(self, kind: str, feature: str, reason: str, *, asked: JSON = None, sent: JSON = None) -> None:
        self.adjustments.append(
            Adjustment(kind=kind, feature=feature, asked=asked, sent=sent, reason=reason, by=ISSUER)
        )


def _encoded(role: str, text: str, images: list[str]) -> dict[str, Any]:
    """Return a message; its images come before its text."""
    return {"role": role, **({"images": images} if images else {}), "content": text}


def _text(part: Part) -> str:
    """Return a part as text.

    Raises:
        UnsupportedError: if it is none.

    """
    if isinstance(part, Text | Refusal):
        return part.text
    if isinstance(part, Data):
        return dumps(part.value).decode()
    if isinstance(part, Media) and isinstance(part.source, InlineText):
        return part.source.text
    message = f"Ollama does not accept {type(part).__name__} in a message; leave it out"
    raise UnsupportedError(message, provider=ISSUER)


def _image(part: Media) -> str:
    """Return an image as base64.

    Raises:
        UnsupportedError: for other media, and for an image that is not given as bytes.

    """
    found = inline_data(part)
    if found is not None and found[0].startswith("image/"):
        return found[1]
    form = f"{part.media_type} as {type(part.source).__name__}"
    message = f"Ollama accepts images as bytes, not {form}; send the bytes of an image"
    raise UnsupportedError(message, provider=ISSUER)
