"""The parts of an answer, which arrive whole or in pieces: https://ai.google.dev/api/caching#Part."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import attrs
from attrs import define

from dragoman import (
    JSON,
    ArgumentsDelta,
    Bytes,
    Event,
    Extension,
    Media,
    MediaDelta,
    Part,
    PartStart,
    PartStop,
    Reasoning,
    Seal,
    SealUpdate,
    Text,
    ToolCall,
    Url,
    reasoning_delta,
    text_delta,
)
from dragoman.http import WholeCalls, arguments_text, decoded, fields, word, words
from dragoman_google.options import ISSUER
from dragoman_google.stream_arguments import PartialCall

_ATTRIBUTES = frozenset({"thought", "thoughtSignature", "videoMetadata", "partMetadata", "mediaResolution"})
_EMPTY: tuple[object, ...] = (None, "", {}, [])
_ILLEGAL_IN_ID = re.compile(r"[^a-zA-Z0-9_-]")
_ID_LENGTH = 28
_DEFAULT_MEDIA_TYPE = "application/octet-stream"


@define
class OpenPart:
    """Hold a text, reasoning or media that the next chunk may continue.

    Args:
        index: the index of the part.
        part: the part, without its content.
        pieces: the text received so far.
        sealed: whether a signature was received, after which it is complete.

    """

    index: int
    part: Part
    pieces: list[str]
    sealed: bool = False


class PartDecoder:
    """Decode the parts of one answer.

    Attributes:
        response_id: the id of the response, empty if it is not known.
        texts: the texts of the answer.

    """

    def __init__(self) -> None:
        self.response_id = ""
        self.texts: list[OpenPart] = []
        self._count = 0
        self._calls = 0
        self._open: OpenPart | None = None
        self._partial: PartialCall | None = None
        self._said = WholeCalls(seals=True)

    def feed(self, part: dict[str, Any], events: list[Event], *, first: bool) -> None:
        """Decode one part of a chunk.

        Args:
            part: the part.
            events: receives the events.
            first: whether it is the first part of the chunk.

        Raises:
            ProtocolError: if it holds invalid base64 or invalid arguments.

        """
        name = next((name for name, value in part.items() if name not in _ATTRIBUTES and _is_said(name, value)), "text")
        if name == "text":
            self._text(part, events, first=first)
        elif name == "functionCall" and _is_partial(fields(part[name])):
            self._partial_call(part, events)
        elif name == "inlineData" and not part.get("thought"):
            self._media(part, events)
        elif name == "functionCall":
            self._whole_call(part, events)
        else:
            self.end_call(events, cut=True)
            self._open = None
            events.append(PartStart(self._next_index(), self._whole_part(part, name)))
            events.append(PartStop(self._count - 1))

    def end_call(self, events: list[Event], *, cut: bool) -> None:
        """End a tool call whose arguments arrive in pieces.

        Args:
            events: receives the events.
            cut: whether arguments are missing.

        """
        partial, self._partial = self._partial, None
        if partial is not None:
            arguments = partial.arguments(cut=cut)
            events.append(ArgumentsDelta(partial.index, arguments))
            whole = attrs.evolve(partial.call, arguments=arguments)
            events += [PartStop(partial.index)] if cut else self._said.add(whole, partial.index)

    def _next_index(self) -> int:
        self._count += 1
        return self._count - 1

    def _text(self, part: Mapping[str, Any], events: list[Event], *, first: bool) -> None:
        """Continue the open text or reasoning, or start another; a signature completes it.

        A signature without a text belongs to the open part. A text with a signature continues the open part only if it
        is the first of its chunk: two texts in one chunk were separated by the server.
        """
        text, signature = word(part.get("text")) or "", part.get("thoughtSignature")
        kind = Reasoning if part.get("thought") else Text
        known = self._open
        if not text and not signature:
            return
        if known is None or type(known.part) is not kind or known.sealed or (text and signature and not first):
            known = self._start_text(kind, events)
        if text:
            known.pieces.append(text)
            events.append(reasoning_delta(known.index, text) if kind is Reasoning else text_delta(known.index, text))
        if signature:
            known.sealed = True
            known.part = attrs.evolve(known.part, seal=_seal(part))
            events.append(SealUpdate(known.index, Seal(issuer=ISSUER, payload=signature)))

    def _start_text(self, kind: type[Reasoning | Text], events: list[Event]) -> OpenPart:
        # Reasoning has a seal even without a signature, since no other provider may receive it.
        part = Reasoning(seal=Seal(issuer=ISSUER)) if kind is Reasoning else Text(text="")
        self._open = OpenPart(self._next_index(), part, [])
        if kind is Text:
            self.texts.append(self._open)
        events.append(PartStart(self._open.index, part))
        return self._open

    def _media(self, part: Mapping[str, Any], events: list[Event]) -> None:
        """Start an image or a sound; a sound of the same media type continues the open one."""
        blob = fields(part.get("inlineData"))
        data = _decode_base64(words(blob.get("data")))
        media_type = word(blob.get("mimeType")) or _DEFAULT_MEDIA_TYPE
        media = Media(source=Bytes(data=data), media_type=media_type, seal=_seal(part))
        known = self._open
        is_same_type = known is not None and isinstance(known.part, Media) and known.part.media_type == media.media_type
        if known is not None and is_same_type and media.media_type.startswith("audio/"):
            events.append(MediaDelta(known.index, data))
            return
        self._open = OpenPart(self._next_index(), media, [])
        events.append(PartStart(self._open.index, media))

    def _whole_part(self, part: dict[str, Any], name: str) -> Part:
        if name == "fileData" and not part.get("thought"):
            file = fields(part[name])
            media_type = word(file.get("mimeType")) or _DEFAULT_MEDIA_TYPE
            return Media(source=Url(url=words(file.get("fileUri"))), media_type=media_type, seal=_seal(part))
        value: dict[str, JSON] = {key: each for key, each in part.items() if key != "thoughtSignature"}
        return Extension(kind=f"{ISSUER}.{name}", value=value, seal=_seal(part))

    def _tool_call(self, part: Mapping[str, Any]) -> ToolCall:
        call = fields(part.get("functionCall"))
        google_id = word(call.get("id"))
        arguments = arguments_text(call.get("args") or {})
        call_id = google_id or self._new_id()
        return ToolCall(
            name=words(call.get("name")), id=google_id, call_id=call_id, arguments=arguments, seal=_seal(part)
        )

    def _whole_call(self, part: Mapping[str, Any], events: list[Event]) -> None:
        """Add a tool call, unless it is one that was said before or that arrived in pieces, as some servers repeat."""
        call = fields(part.get("functionCall"))
        if self._partial is not None and self._partial.is_of(call):
            self._partial_call(part, events)
            return
        self.end_call(events, cut=True)
        made = self._tool_call(part)
        again = self._said.again(made) if made.id else None
        if again is None:
            self._open = None
            again = [PartStart(self._next_index(), made), *self._said.add(made, self._count - 1)]
        events += again

    def _partial_call(self, part: Mapping[str, Any], events: list[Event]) -> None:
        """Start or continue a tool call whose arguments arrive in pieces; they are reported once complete."""
        call = fields(part.get("functionCall"))
        if not call.get("name") and self._partial is None:
            return
        if self._partial is None or not self._partial.is_of(call):
            self.end_call(events, cut=True)
            self._open = None
            begun = attrs.evolve(self._tool_call(part), arguments="")
            self._partial = PartialCall(self._next_index(), begun)
            events.append(PartStart(self._partial.index, begun))
        elif seal := _seal(part):
            self._partial.call = attrs.evolve(self._partial.call, seal=seal)
            events.append(SealUpdate(self._partial.index, seal))
        self._partial.feed(call)
        if not call.get("willContinue"):
            self.end_call(events, cut=False)

    def _new_id(self) -> str:
        """Return an id for a tool call without one, which includes the response id to be unique in a conversation."""
        self._calls += 1
        response_id = _ILLEGAL_IN_ID.sub("_", self.response_id[:_ID_LENGTH])
        return f"call_{response_id}_{self._calls}" if response_id else f"call_{self._calls}"


def _is_said(name: str, value: object) -> bool:
    """Return whether a member of a part holds something; an empty call ends one whose arguments arrive in pieces."""
    return value not in _EMPTY or (name == "functionCall" and value is not None)


def _is_partial(call: Mapping[str, Any]) -> bool:
    """Return whether the arguments of a call follow, or the call only continues the arguments of the previous one."""
    return bool(call.get("willContinue") or call.get("partialArgs") or not call.get("name"))


def _seal(part: Mapping[str, Any]) -> Seal | None:
    signature = part.get("thoughtSignature")
    return Seal(issuer=ISSUER, payload=signature) if signature else None


def _decode_base64(data: str) -> bytes:
    """Return bytes from base64 in either alphabet: https://protobuf.dev/programming-guides/json/."""
    return decoded(data.replace("-", "+").replace("_", "/") + "=" * (-len(data) % 4))


__all__ = ["OpenPart", "PartDecoder"]
