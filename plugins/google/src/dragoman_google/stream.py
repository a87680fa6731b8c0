"""Answers of Google in chunks: a complete reply is one chunk, a JSON array is several.

A stream is complete after a candidate with a ``finishReason``, or after a blocked prompt; there is no other terminal
signal. See https://ai.google.dev/api/generate-content#GenerateContentResponse.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias, cast

from attrs import define, field

from dragoman import (
    JSON,
    Event,
    Finish,
    FinishReason,
    PartUpdate,
    ProtocolError,
    ProviderError,
    ResponseSnapshot,
    ResponseTooLargeError,
    Text,
)
from dragoman.http import (
    MAX_ITEMS,
    HttpReply,
    ServerSentEvent,
    StreamedLogprobs,
    StreamedUsage,
    as_object,
    fields,
    loads,
    objects,
    reported_in,
    rewritten,
    word,
    words,
)
from dragoman_google.response import block_finish, finish, integer, timestamp, usage
from dragoman_google.response_citations import citations
from dragoman_google.stream_parts import PartDecoder

ErrorOf: TypeAlias = Callable[[HttpReply], ProviderError]

CANDIDATE_METADATA = (
    "safetyRatings",
    "citationMetadata",
    "groundingMetadata",
    "urlContextMetadata",
    "avgLogprobs",
    "logprobsResult",
    "finishMessage",
)
"""Members of a candidate that are kept as metadata of the response."""

_OWN = ("candidates", "usageMetadata", "promptFeedback", "responseId", "modelVersion")
"""The members by which a chunk is known."""
_CITING = frozenset({"citationMetadata", "groundingMetadata"})


@define
class _OtherCandidate:
    """Collect a candidate other than the first."""

    index: int
    texts: list[str] = field(factory=list[str])
    finish_reason: str | None = None

    def to_json(self) -> dict[str, JSON]:
        """Return the candidate as JSON data."""
        return {"index": self.index, "text": "".join(self.texts), "finish_reason": self.finish_reason}


class GeminiDecoder:
    """Decode one answer.

    Args:
        error_of: returns the exception for an error that a chunk reports.

    """

    def __init__(self, error_of: ErrorOf) -> None:
        self.done = False
        self._error_of = error_of
        self._parts = PartDecoder()
        self._finished = False
        self._has_parts = False
        self._usage = StreamedUsage()
        self._origin: dict[str, Any] = {}
        self._metadata: dict[str, JSON] = {}
        self._logprobs = StreamedLogprobs()
        self._others: dict[int, _OtherCandidate] = {}

    def feed(self, event: ServerSentEvent) -> Iterable[Event]:
        """Return the events of one server-sent event.

        Raises:
            ProviderError: if it reports an error.
            ProtocolError: if it does not hold a chunk.

        """
        if event.data == b"[DONE]":
            return ()
        try:
            value = loads(event.data)
        except ProtocolError:
            if event.event != "error":
                raise
            value = {"error": {"message": event.data.decode("utf-8", "replace")}}
        if event.event == "error":
            raise self._error_of(HttpReply(status=200, body=rewritten(value).encode()))
        return self.feed_chunk(value[0] if isinstance(value, list) and value else value)

    def feed_chunk(self, value: Any) -> list[Event]:
        """Return the events of one chunk.

        Raises:
            ProviderError: if it reports an error.
            ProtocolError: if it is not a chunk.

        """
        chunk = as_object(value, "a chunk of the answer")
        if (failed := reported_in(chunk, _OWN)) is not None:
            raise self._error_of(failed)
        events: list[Event] = []
        self._update_origin(chunk, events)
        end = None
        for candidate in objects(chunk.get("candidates")):
            if integer(candidate.get("index")):
                self._other_candidate(candidate)
                continue
            ended = finish(candidate)
            if ended or not self._finished:
                self._candidate(candidate, events)
            end = ended or end
        self._usage.add(usage(chunk.get("usageMetadata")), events)
        if end := end or self._block_finish(chunk):
            self._finished = True
            if end.reason == FinishReason.STOP and not self._has_parts:
                end = Finish(reason=FinishReason.OTHER, raw=end.raw)  # an end without an answer is no success
            events.append(ResponseSnapshot(finish=end))
        return events

    def close(self) -> list[Event]:
        """Return what is known only at the end: the citations of the texts, and the metadata."""
        events: list[Event] = []
        self._parts.end_call(events, cut=True)
        parts = self._parts.texts
        if parts and not _CITING.isdisjoint(self._metadata):
            texts = ["".join(text.pieces) for text in parts]
            for number, found in citations(self._metadata, texts).items():
                update = Text(text="", seal=parts[number].part.seal, citations=tuple(found))
                events.append(PartUpdate(parts[number].index, update))
        if self._others:
            self._metadata["choices"] = [self._others[index].to_json() for index in sorted(self._others)]
        if self._metadata:
            events.append(ResponseSnapshot(metadata=self._metadata))
        return events

    def _update_origin(self, chunk: Mapping[str, Any], events: list[Event]) -> None:
        """Report the id, the model and the time of the response, each time one of them changes."""
        origin = {name: chunk.get(name) for name in ("responseId", "modelVersion", "createTime")}
        changed = {name: value for name, value in origin.items() if value and self._origin.get(name) != value}
        if not changed:
            return
        self._origin.update(changed)
        self._parts.response_id = words(self._origin.get("responseId"))
        events.append(
            ResponseSnapshot(
                response_id=word(changed.get("responseId")),
                served_model=word(changed.get("modelVersion")),
                created=timestamp(changed.get("createTime")),
            )
        )

    def _block_finish(self, chunk: Mapping[str, Any]) -> Finish | None:
        feedback = fields(chunk.get("promptFeedback"))
        if feedback:
            self._metadata["promptFeedback"] = feedback
        return None if any(objects(chunk.get("candidates"))) else block_finish(feedback)

    def _candidate(self, candidate: Mapping[str, Any], events: list[Event]) -> None:
        parts = objects(fields(candidate.get("content")).get("parts"))
        self._has_parts = self._has_parts or bool(parts)
        for position, part in enumerate(parts):
            self._parts.feed(part, events, first=position == 0)
        for name in CANDIDATE_METADATA:
            if value := candidate.get(name):
                if name == "logprobsResult" and isinstance(value, dict):
                    self._extend_logprobs(cast("dict[str, Any]", value))
                    self._logprobs.add([value], events)
                else:
                    self._metadata[name] = value

    def _extend_logprobs(self, result: dict[str, Any]) -> None:
        """Append log probabilities, which each chunk reports for its own tokens only."""
        known = self._metadata.get("logprobsResult")
        if not isinstance(known, dict):
            known = self._metadata["logprobsResult"] = {}
        for name, value in result.items():
            before = known.get(name)
            if isinstance(before, list) and isinstance(value, list):
                before.extend(cast("list[JSON]", value))
            else:
                known[name] = [*cast("list[JSON]", value)] if isinstance(value, list) else value

    def _other_candidate(self, candidate: Mapping[str, Any]) -> None:
        """Keep the text of a candidate other than the first.

        Raises:
            ResponseTooLargeError: if there are more than 10,000.

        """
        index = integer(candidate.get("index"))
        known = self._others.get(index)
        if known is None:
            if len(self._others) >= MAX_ITEMS:
                message = f"the answer has more than {MAX_ITEMS} candidates"
                raise ResponseTooLargeError(message, phase="decode")
            known = self._others[index] = _OtherCandidate(index)
        parts = objects(fields(candidate.get("content")).get("parts"))
        known.texts.extend(words(part.get("text")) for part in parts if not part.get("thought"))
        if ended := finish(candidate):
            known.finish_reason = ended.raw
