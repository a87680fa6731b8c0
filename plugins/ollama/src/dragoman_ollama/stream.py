"""Streams: chunks with pieces of the answer, of which the last one is done.

A stream is complete after a chunk with ``"done": true`` and a reason; without one, the answer was cut. Servers that
count in a chunk of its own send it after that one. See
https://docs.ollama.com/api/streaming.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dragoman import (
    Event,
    PartStart,
    ProviderError,
    Raw,
    Reasoning,
    ReasoningDelta,
    ResponseSnapshot,
    Text,
    TextDelta,
)
from dragoman.http import (
    Frame,
    HttpReply,
    StreamedLogprobs,
    StreamedUsage,
    WholeCalls,
    calls_in,
    items_of,
    members_of,
    object_in_frame,
    reported_in,
    word,
    words,
)
from dragoman_ollama.response import METADATA, finish, message_of, timestamp, tool_call, usage

_NONE = -1
_OWN = ("response", "done", "created_at")
"""The members by which a line is known, besides a message that is an object."""


class OllamaDecoder:
    """Decode one stream.

    Args:
        error: returns the exception for an error that a chunk reports.

    Attributes:
        done: whether the answer is complete.

    """

    def __init__(self, error: Callable[[HttpReply], ProviderError]) -> None:
        self.done = False
        self._error = error
        self._begun = False
        self._has_ended = False
        self._count = 0
        self._calls = 0
        self._known = WholeCalls()
        self._text = _NONE
        self._reasoning = _NONE
        self._logprobs: list[Any] = []
        self._streamed_logprobs = StreamedLogprobs()
        self._usage = StreamedUsage()

    def feed(self, frame: Frame) -> Iterable[Event]:
        """Return the events of one line.

        Raises:
            ProviderError: if it reports an error.
            ProtocolError: if it does not hold a chunk.

        """
        chunk = object_in_frame(frame, self._error, "a line of the answer")
        if (failed := reported_in(chunk, _OWN)) is not None:
            raise self._error(failed)
        events: list[Event] = []
        self._usage.add(usage(chunk), events)
        if not self._has_ended:
            self._told(chunk, events)
        self.done = self._has_ended and self._usage.is_known
        return events

    def close(self) -> Iterable[Event]:
        """Return the log probabilities, which each line reports for its own tokens only."""
        return (ResponseSnapshot(metadata={"logprobs": self._logprobs}),) if self._logprobs else ()

    def _told(self, chunk: Mapping[str, Any], events: list[Event]) -> None:
        if not chunk.keys() & {"message", "response", "done"}:
            events.append(Raw(chunk))
            return
        if not self._begun:
            self._begun = True
            model, created = word(chunk.get("model")), timestamp(chunk.get("created_at"))
            events.append(ResponseSnapshot(served_model=model, created=created))
        self._message(message_of(chunk), events)
        if chunk.get("logprobs"):
            logprobs = items_of(chunk["logprobs"])
            self._logprobs += logprobs
            self._streamed_logprobs.add(logprobs, events)
        if chunk.get("done"):
            self._end(chunk, events)

    def _message(self, message: Mapping[str, Any], events: list[Event]) -> None:
        if thinking := words(message.get("thinking")):
            if self._reasoning == _NONE:
                self._reasoning = self._start(Reasoning(), events)
            events.append(ReasoningDelta(self._reasoning, thinking))
        if text := words(message.get("content")):
            if self._text == _NONE:
                self._text = self._start(Text(text=""), events)
            events.append(TextDelta(self._text, text))
        for call in calls_in(message):
            made = tool_call(call, self._calls)
            again = self._known.again(made) if call.get("id") else None
            if again is None:
                self._calls += 1
                again = self._known.add(made, self._start(made, events))
            events += again

    def _start(self, part: Any, events: list[Event]) -> int:
        index = self._count
        self._count += 1
        events.append(PartStart(index, part))
        return index

    def _end(self, chunk: Mapping[str, Any], events: list[Event]) -> None:
        """Report what only the last line holds; one without a reason says that the answer was cut."""
        self._has_ended = True
        events.append(ResponseSnapshot(finish=finish(chunk), metadata=members_of(chunk, METADATA)))
