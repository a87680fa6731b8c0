"""Answers of Google, chunk by chunk: a whole reply is one chunk, an array is several.

A stream is complete once a candidate told its ``finishReason``, or the prompt was blocked; there is no other sign. See
https://ai.google.dev/api/generate-content#GenerateContentResponse.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias, cast

import attrs
from attrs import define, field

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
    PartUpdate,
    ProtocolError,
    ProviderError,
    Reasoning,
    ReasoningDelta,
    ResponseSnapshot,
    ResponseTooLargeError,
    Seal,
    SealUpdate,
    Text,
    TextDelta,
    ToolCall,
    Url,
    UsageSnapshot,
)
from dragoman.http import MAX_ITEMS, HttpReply, ServerSentEvent, loads
from dragoman_google import response as read
from dragoman_google.request_messages import ISSUER
from dragoman_google.response_citations import citations
from dragoman_google.stream_arguments import PartialCall

ErrorOf: TypeAlias = Callable[[HttpReply], ProviderError]

CANDIDATE_FACTS = (
    "safetyRatings",
    "citationMetadata",
    "groundingMetadata",
    "urlContextMetadata",
    "avgLogprobs",
    "logprobsResult",
    "finishMessage",
)
"""Members of a candidate that are kept as metadata."""

_CITING = frozenset({"citationMetadata", "groundingMetadata"})
_BESIDE = frozenset({"thought", "thoughtSignature", "videoMetadata", "partMetadata", "mediaResolution"})
_NO_ID = re.compile(r"[^a-zA-Z0-9_-]")
_ID_LENGTH = 28


@define
class _OpenPart:
    """Hold the text or sound that the next chunk may go on with."""

    index: int
    part: Part
    pieces: list[str]
    sealed: bool = False


@define
class _OtherCandidate:
    """Collect what arrives of another candidate than the first."""

    index: int
    texts: list[str] = field(factory=list[str])
    finish_reason: str | None = None

    def told(self) -> dict[str, JSON]:
        """Return the candidate as plain data."""
        return {"index": self.index, "text": "".join(self.texts), "finish_reason": self.finish_reason}


class GeminiDecoder:
    """Decode one answer.

    Args:
        error_of: what a failure that is reported in the answer stands for.

    """

    def __init__(self, error_of: ErrorOf) -> None:
        self.done = False
        self._error_of = error_of
        self._count = 0
        self._calls = 0
        self._open: _OpenPart | None = None
        self._partial: PartialCall | None = None
        self._texts: list[_OpenPart] = []
        self._finished = False
        self._facts: dict[str, Any] = {}
        self._metadata: dict[str, JSON] = {}
        self._others: dict[int, _OtherCandidate] = {}

    def feed(self, event: ServerSentEvent) -> Iterable[Event]:
        """Return what one event of a stream means."""
        if event.data == b"[DONE]":
            return ()
        try:
            value = loads(event.data)
        except ProtocolError:
            if event.event != "error":
                raise
            value = {"error": {"message": event.data.decode("utf-8", "replace")}}
        if event.event == "error":
            raise self._error_of(HttpReply(status=200, body=read.rewritten(value).encode()))
        return self.take(value[0] if isinstance(value, list) and value else value)

    def take(self, value: Any) -> list[Event]:
        """Return what one chunk means.

        Raises:
            ProviderError: if it reports a failure.
            ProtocolError: if it is no chunk.

        """
        chunk = read.as_object(value, "a chunk of the answer")
        if chunk.get("error"):
            raise self._error_of(HttpReply(status=200, body=read.rewritten(chunk).encode()))
        events: list[Event] = []
        self._note(chunk, events)
        finish = None
        for candidate in read.listed(chunk.get("candidates")):
            if read.number(candidate.get("index")):
                self._elsewhere(candidate)
                continue
            ended = read.finish(candidate)
            if ended or not self._finished:
                self._candidate(candidate, events)
            finish = ended or finish
        if usage := read.usage(chunk.get("usageMetadata")):
            events.append(UsageSnapshot(usage))
        if finish := finish or self._blocked(chunk):
            self._finished = True
            events.append(ResponseSnapshot(finish=finish))
        return events

    def close(self) -> list[Event]:
        """Return what is complete only at the end: what the texts cite, and the facts."""
        events: list[Event] = []
        self._end_partial(events, cut=True)
        if self._texts and not _CITING.isdisjoint(self._metadata):
            texts = ["".join(text.pieces) for text in self._texts]
            for number, found in citations(self._metadata, texts).items():
                text = self._texts[number]
                whole = Text(text="", seal=text.part.seal, citations=tuple(found))
                events.append(PartUpdate(text.index, whole))
        if self._others:
            self._metadata["choices"] = [self._others[index].told() for index in sorted(self._others)]
        if self._metadata:
            events.append(ResponseSnapshot(metadata=self._metadata))
        return events

    def _note(self, chunk: Mapping[str, Any], events: list[Event]) -> None:
        """Report ids, once each time they change."""
        facts = {name: chunk.get(name) for name in ("responseId", "modelVersion", "createTime")}
        news = {name: value for name, value in facts.items() if value and self._facts.get(name) != value}
        if not news:
            return
        self._facts.update(news)
        events.append(
            ResponseSnapshot(
                response_id=read.word(news.get("responseId")),
                served_model=read.word(news.get("modelVersion")),
                created=read.created(news.get("createTime")),
            )
        )

    def _blocked(self, chunk: Mapping[str, Any]) -> Any:
        feedback = read.member(chunk, "promptFeedback")
        if feedback:
            self._metadata["promptFeedback"] = feedback
        return None if chunk.get("candidates") else read.blocked(feedback)

    def _candidate(self, candidate: Mapping[str, Any], events: list[Event]) -> None:
        parts = read.listed(read.member(candidate, "content").get("parts"))
        for position, part in enumerate(parts):
            self._part(part, events, first=position == 0)
        for name in CANDIDATE_FACTS:
            if value := candidate.get(name):
                if name == "logprobsResult" and isinstance(value, dict):
                    self._log(cast("dict[str, Any]", value))
                else:
                    self._metadata[name] = value

    def _log(self, result: dict[str, Any]) -> None:
        """Add log probabilities; all else that a candidate says is said anew."""
        known = self._metadata.get("logprobsResult")
        if not isinstance(known, dict):
            known = self._metadata["logprobsResult"] = {}
        for name, value in result.items():
            before = known.get(name)
            if isinstance(before, list) and isinstance(value, list):
                before.extend(cast("list[JSON]", value))
            else:
                known[name] = [*cast("list[JSON]", value)] if isinstance(value, list) else value

    def _part(self, part: dict[str, Any], events: list[Event], *, first: bool) -> None:
        name = next((name for name in part if name not in _BESIDE), "text")
        if name == "text":
            self._text(part, events, first=first)
        elif name == "functionCall" and self._is_piece(read.member(part, name)):
            self._call_in_pieces(part, events)
        elif name == "inlineData" and not part.get("thought"):
            self._media(part, events)
        else:
            self._end_partial(events, cut=True)
            self._open = None
            events.append(PartStart(self._begin(), self._whole(part, name)))
            events.append(PartStop(self._count - 1))

    def _begin(self) -> int:
        self._count += 1
        return self._count - 1

    def _text(self, part: Mapping[str, Any], events: list[Event], *, first: bool) -> None:
        """Add to a text or to the reasoning; one that bears a signature is complete with it.

        A signature that comes alone belongs to the text before it, and a text that bears one goes on with the text of
        the chunk before, but not with that of the same chunk: there the server itself has kept the two apart.
        """
        text, signature = read.word(part.get("text")) or "", part.get("thoughtSignature")
        kind = Reasoning if part.get("thought") else Text
        known = self._open
        if not text and not signature:
            return
        if known is None or type(known.part) is not kind or known.sealed or (text and signature and not first):
            known = self._start_text(kind, events)
        if text:
            known.pieces.append(text)
            events.append(ReasoningDelta(known.index, text) if kind is Reasoning else TextDelta(known.index, text))
        if signature:
            known.sealed = True
            known.part = attrs.evolve(known.part, seal=_seal(part))
            events.append(SealUpdate(known.index, Seal(issuer=ISSUER, payload=signature)))

    def _start_text(self, kind: type[Reasoning | Text], events: list[Event]) -> _OpenPart:
        # Reasoning without a signature is marked as Google's own all the same: it may be sent back to no one else.
        part = Reasoning(seal=Seal(issuer=ISSUER)) if kind is Reasoning else Text(text="")
        self._open = _OpenPart(self._begin(), part, [])
        if kind is Text:
            self._texts.append(self._open)
        events.append(PartStart(self._open.index, part))
        return self._open

    def _media(self, part: Mapping[str, Any], events: list[Event]) -> None:
        """Begin an image or a sound; a sound goes on with what the last chunk brought of it."""
        blob = read.member(part, "inlineData")
        media_type = read.word(blob.get("mimeType")) or "application/octet-stream"
        data = _decoded(read.word(blob.get("data")) or "")
        known = self._open
        goes_on = known is not None and isinstance(known.part, Media) and known.part.media_type == media_type
        if known is not None and goes_on and media_type.startswith("audio/"):
            events.append(MediaDelta(known.index, data))
            return
        media = Media(source=Bytes(data=data), media_type=media_type, seal=_seal(part))
        self._open = _OpenPart(self._begin(), media, [])
        events.append(PartStart(self._open.index, media))

    def _whole(self, part: dict[str, Any], name: str) -> Part:
        if name == "functionCall":
            return self._call(part)
        if name == "fileData" and not part.get("thought"):
            file = read.member(part, name)
            media_type = read.word(file.get("mimeType")) or "application/octet-stream"
            return Media(source=Url(url=read.word(file.get("fileUri")) or ""), media_type=media_type, seal=_seal(part))
        value: dict[str, JSON] = {key: each for key, each in part.items() if key != "thoughtSignature"}
        return Extension(kind=f"{ISSUER}.{name}", value=value, seal=_seal(part))

    def _call(self, part: Mapping[str, Any]) -> ToolCall:
        call = read.member(part, "functionCall")
        own_id = read.word(call.get("id"))
        arguments = read.rewritten(call.get("args") or {})
        name = read.word(call.get("name")) or ""
        return ToolCall(name=name, id=own_id, call_id=own_id or self._new_id(), arguments=arguments, seal=_seal(part))

    def _is_piece(self, call: Mapping[str, Any]) -> bool:
        """Tell whether a call came without its arguments, or is arguments of the call before it."""
        return bool(call.get("willContinue") or call.get("partialArgs") or not call.get("name"))

    def _call_in_pieces(self, part: Mapping[str, Any], events: list[Event]) -> None:
        """Begin a call of which the arguments follow, or go on with it; they are told once they are complete."""
        call = read.member(part, "functionCall")
        if not call.get("name") and self._partial is None:
            return
        if self._partial is None or call.get("name"):
            self._end_partial(events, cut=True)
            self._open = None
            self._partial = PartialCall(self._begin())
            events.append(PartStart(self._partial.index, attrs.evolve(self._call(part), arguments="")))
        elif seal := _seal(part):
            events.append(SealUpdate(self._partial.index, seal))
        self._partial.take(call)
        if not call.get("willContinue"):
            self._end_partial(events, cut=False)

    def _end_partial(self, events: list[Event], *, cut: bool) -> None:
        if self._partial is not None:
            events.append(ArgumentsDelta(self._partial.index, self._partial.arguments(cut=cut)))
            events.append(PartStop(self._partial.index))
            self._partial = None

    def _new_id(self) -> str:
        """Return an id for a call that came without one, different in every answer."""
        self._calls += 1
        answer = _NO_ID.sub("_", (read.word(self._facts.get("responseId")) or "")[:_ID_LENGTH])
        return f"call_{answer}_{self._calls}" if answer else f"call_{self._calls}"

    def _elsewhere(self, candidate: Mapping[str, Any]) -> None:
        """Keep the text of another answer than the first, where several were asked for."""
        index = read.number(candidate.get("index"))
        kept = self._others.get(index)
        if kept is None:
            if len(self._others) >= MAX_ITEMS:
                message = f"the answer has more than {MAX_ITEMS} candidates"
                raise ResponseTooLargeError(message, phase="decode")
            kept = self._others[index] = _OtherCandidate(index)
        parts = read.listed(read.member(candidate, "content").get("parts"))
        kept.texts.extend(read.word(part.get("text")) or "" for part in parts if not part.get("thought"))
        if ended := read.finish(candidate):
            kept.finish_reason = ended.raw


def _seal(part: Mapping[str, Any]) -> Seal | None:
    signature = part.get("thoughtSignature")
    return Seal(issuer=ISSUER, payload=signature) if signature else None


def _decoded(data: str) -> bytes:
    """Return bytes from base64 in either alphabet: https://protobuf.dev/programming-guides/json/."""
    try:
        return base64.b64decode(data.replace("-", "+").replace("_", "/") + "=" * (-len(data) % 4))
    except ValueError as error:
        message = f"the answer holds media that is no base64: {error}"
        raise ProtocolError(message, phase="decode") from None
