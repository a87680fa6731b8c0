"""Streams: events with a type, of which ``message-end`` says why the answer ended.

https://docs.cohere.com/docs/streaming
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import attrs

from dragoman import (
    ArgumentsDelta,
    Event,
    Part,
    PartStart,
    PartUpdate,
    ProviderError,
    Raw,
    Reasoning,
    ReasoningDelta,
    ResponseSnapshot,
    Text,
    TextDelta,
    ToolCall,
)
from dragoman.http import (
    GrowingCitations,
    HttpReply,
    ServerSentEvent,
    StreamedArguments,
    StreamedLogprobs,
    StreamedUsage,
    begins_again,
    calls_in,
    count,
    fields,
    finish_of,
    object_in_frame,
    objects,
    reported_in,
    rewritten,
    word,
    words,
)
from dragoman_cohere.request_messages import PLAN
from dragoman_cohere.response import (
    FINISH,
    citations,
    citations_in,
    content_part,
    is_of_text,
    reasoning,
    tool_call,
    usage,
)

_CONTENT, _PLAN, _CALL = "content", "plan", "call"
"""What parts are made of, which Cohere counts one by one."""
_ENDS = frozenset({"content-end", "tool-call-end", "citation-end"})
"""Types of events that only say that something is complete."""
_OWN = ("delta", "index")
"""The members by which an event is known."""


class CohereDecoder:
    """Decode one stream.

    Args:
        error: returns the exception for an error that an event reports.

    Attributes:
        done: whether the answer is complete.

    """

    def __init__(self, error: Callable[[HttpReply], ProviderError]) -> None:
        self.done = False
        self._has_ended = False
        self._error = error
        self._count = 0
        self._places: dict[tuple[str, int], int] = {}
        self._announced: dict[int, Part] = {}
        self._texts: dict[int, GrowingCitations] = {}
        self._begun: dict[int, ToolCall] = {}
        self._arguments = StreamedArguments()
        self._logprobs: list[Any] = []
        self._streamed_logprobs = StreamedLogprobs()
        self._usage = StreamedUsage()
        self._others: list[Any] = []
        self._early: list[Mapping[str, Any]] = []

    def feed(self, event: ServerSentEvent) -> Iterator[Event]:
        """Yield the events that one server-sent event stands for; one of an unknown type is kept as it is.

        Raises:
            ProviderError: if it reports an error.
            ProtocolError: if it is not a JSON object.

        """
        if event.data == b"[DONE]":
            self.done = True
            return
        payload = self._payload(event)
        delta, counted = fields(payload.get("delta")), list[Event]()
        self._usage.add(usage(delta.get("usage")) or usage(payload.get("usage")), counted)
        yield from counted  # also for an answer that failed
        if not self._has_ended:
            yield from self._told(words(payload.get("type")), payload, delta)
        self.done = self._has_ended and self._usage.is_known

    def _told(self, kind: str, payload: dict[str, Any], delta: Mapping[str, Any]) -> Iterable[Event]:
        message, place = fields(delta.get("message")), count(payload, "index") or 0
        if kind == "message-start":
            return (ResponseSnapshot(response_id=word(payload.get("id"))),)
        if kind in {"content-start", "content-delta"}:
            return self._logged(payload, self._content(place, fields(message.get("content"))))
        if kind == "tool-plan-delta":
            return self._grow((_PLAN, 0), reasoning("", PLAN), words(message.get("tool_plan")))
        if kind in {"tool-call-start", "tool-call-delta"}:
            calls = calls_in(message) or [{}]
            return [event for call in calls for event in self._call(place, call, begins=kind == "tool-call-start")]
        if kind == "citation-start":
            return [event for cited in citations_in(message) for event in self._cite(cited)]
        if kind == "message-end":
            return self._end(delta)
        return () if kind in _ENDS else (Raw(payload),)

    def _payload(self, event: ServerSentEvent) -> dict[str, Any]:
        payload = object_in_frame(event, self._error)
        if (failed := reported_in(payload, _OWN, event.event)) is not None:
            raise self._error(failed)
        return payload

    def close(self) -> Iterable[Event]:
        """Return the events for what is complete only at the end of the stream."""
        events: list[Event] = [ArgumentsDelta(index, rest) for index, rest in self._arguments.close()]
        early, self._early = self._early, []
        for each in early:
            events += self._cite(each)
        self._others += map(dict, self._early)  # there is no text that they could be of
        for index, cited in self._texts.items():
            if cited.is_pending:
                events.append(PartUpdate(index, Text(text="", citations=cited.take())))
        metadata = {"logprobs": self._logprobs, "citations": self._others}
        if any(metadata.values()):
            events.append(ResponseSnapshot(metadata={name: value for name, value in metadata.items() if value}))
        return events

    def _logged(self, payload: Mapping[str, Any], events: list[Event]) -> list[Event]:
        """Return the events of a block of content with the log probabilities that came with it."""
        if logprobs := objects([payload.get("logprobs")]):
            self._logprobs += logprobs
            self._streamed_logprobs.add(logprobs, events)
        return events

    def _content(self, place: int, block: Mapping[str, Any]) -> list[Event]:
        """Return the events of a block of content, which begins with its first text."""
        if not block:
            return []
        said = content_part(block)
        part = self._announced.setdefault(place, said)
        if not isinstance(part, Text | Reasoning):
            return [] if (_CONTENT, place) in self._places else self._begin((_CONTENT, place), part)
        text = words(block.get("text")) or words(block.get("thinking"))
        return self._grow((_CONTENT, place), attrs.evolve(part, text=""), text)

    def _grow(self, key: tuple[str, int], part: Part, text: str) -> list[Event]:
        """Return the events that add *text* to a part, and begin it if it has not begun."""
        if not text:
            return []
        events = [] if key in self._places else self._begin(key, part)
        index = self._places[key]
        events.append(ReasoningDelta(index, text) if isinstance(part, Reasoning) else TextDelta(index, text))
        return events

    def _begin(self, key: tuple[str, int], part: Part) -> list[Event]:
        index = self._places[key] = self._count
        self._count += 1
        if isinstance(part, Text):
            self._texts[index] = GrowingCitations()
        return [PartStart(index, part)]

    def _call(self, place: int, call: Mapping[str, Any], *, begins: bool) -> list[Event]:
        key, events = (_CALL, place), list[Event]()
        function = fields(call.get("function"))
        if begins or key not in self._places:
            made = attrs.evolve(tool_call(call, len(self._begun)), arguments="")
            if not begins_again(self._begun.get(place), made):
                self._begun[place] = made
                events += self._begin(key, made)
        if begins:
            self._arguments.of(self._places[key]).begin_again()
        index, given = self._places[key], function.get("arguments")
        fragment = given if isinstance(given, str) else "" if given is None else rewritten(given)
        if added := self._arguments.of(index).add(fragment):
            events.append(ArgumentsDelta(index, added))
        return events

    def _cite(self, cited: Mapping[str, Any]) -> list[Event]:
        place = self._places.get((_CONTENT, count(cited, "content_index") or 0))
        index = place if place in self._texts else next(iter(self._texts), None)
        if not is_of_text(cited):
            self._others.append(dict(cited))
            return []
        if index is None:
            self._early.append(cited)
            return []
        known = self._texts[index]
        known.extend(citations(cited))
        return [PartUpdate(index, Text(text="", citations=known.take()))] if known.is_due else []

    def _end(self, delta: Mapping[str, Any]) -> Iterable[Event]:
        """Return the events of the end of the answer.

        Raises:
            ProviderError: if it failed.

        """
        if problem := words(delta.get("error")):
            raise self._error(HttpReply(status=200, body=rewritten({"message": problem}).encode()))
        self._has_ended = True
        finish = finish_of(delta.get("finish_reason"), FINISH)
        return () if finish.raw is None else (ResponseSnapshot(finish=finish),)
