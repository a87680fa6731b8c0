"""The stream of the OpenAI chat dialect.

Complete once a ``finish_reason`` was seen; ``[DONE]`` alone is no sign of that, and some servers never send it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from dragoman import (
    JSON,
    ArgumentsDelta,
    Event,
    MediaDelta,
    Part,
    PartStart,
    PartUpdate,
    ProtocolError,
    Reasoning,
    ReasoningDelta,
    Refusal,
    ResponseSnapshot,
    ResponseTooLargeError,
    Text,
    TextDelta,
    ToolCall,
    UsageSnapshot,
)
from dragoman.http import (
    MAX_ITEMS,
    MAX_OBJECTS,
    CallIndex,
    GrowingCitations,
    HttpReply,
    ServerSentEvent,
    as_object,
    decoded,
    fields,
    loads,
    objects,
    real,
    word,
    words,
)
from dragoman_openai_compatible import chat_parts as read

if TYPE_CHECKING:
    from dragoman_openai_compatible.chat import OpenAIChat


class OpenAIChatDecoder:
    """Decode one stream.

    Args:
        dialect: whose rules apply.

    """

    def __init__(self, dialect: OpenAIChat[Any]) -> None:
        self.done = False
        self._dialect = dialect
        self._count = 0
        self._open: dict[str, int] = {}
        self._calls = CallIndex()
        self._begun: dict[int, ToolCall] = {}
        self._sound: dict[str, Any] = {}
        self._facts: dict[str, Any] = {}
        self._said: tuple[Any, ...] = ()
        self._spoken: list[str] = []
        self._others: dict[int, _OtherChoice] = {}
        self._logprobs: list[JSON] = []
        self._citations = GrowingCitations()

    def feed(self, event: ServerSentEvent) -> Iterable[Event]:
        """Return what one event means."""
        if event.data == b"[DONE]":
            self.done = True
            return ()
        chunk = self._chunk(event)
        events: list[Event] = []
        self._note(chunk, events)
        for choice in objects(chunk.get("choices")):
            place = choice.get("index")
            if isinstance(place, int) and place > 0:
                self._elsewhere(place, choice)
            else:
                self._choice(choice, events)
        usage = self._dialect.usage(chunk)
        if usage is not None:
            events.append(UsageSnapshot(usage))
        return events

    def close(self) -> Iterable[Event]:
        """Return the facts that are complete only at the end."""
        metadata: dict[str, JSON] = {}
        if self._logprobs:
            metadata["logprobs"] = {"content": self._logprobs}
        if self._others:
            metadata["choices"] = [self._others[index].told() for index in sorted(self._others)]
        events: list[Event] = [ResponseSnapshot(metadata=metadata)] if metadata else []
        if self._citations.untold:
            events.append(PartUpdate(self._open["text"], Text(text="", citations=self._citations.told())))
        if "audio" in self._open:
            if self._spoken:
                self._sound["transcript"] = "".join(self._spoken)
            events.append(PartUpdate(self._open["audio"], read.sound(self._sound, b"")))
        return events

    def _chunk(self, event: ServerSentEvent) -> dict[str, Any]:
        try:
            chunk: dict[str, Any] = loads(event.data)
            if type(chunk) is not dict:
                as_object(chunk, f"the event {event.event!r}")  # which it is not
        except ProtocolError:
            if event.event != "error":
                raise
            chunk = {"error": event.data.decode("utf-8", "replace")}
        if chunk.get("error") or event.event == "error":
            raise self._dialect.error(HttpReply(status=200, body=event.data))
        return chunk

    def _note(self, chunk: Mapping[str, Any], events: list[Event]) -> None:
        """Report ids and extras, once each time they change."""
        metadata = self._dialect.metadata(chunk)
        said = (chunk.get("id"), chunk.get("model"), chunk.get("created"), metadata)
        if said == self._said:
            return
        self._said = said
        facts: dict[str, Any] = {"id": said[0], "model": said[1], "created": said[2], **metadata}
        news = {name: value for name, value in facts.items() if value and self._facts.get(name) != value}
        if not news:
            return
        self._facts.update(news)
        events.append(
            ResponseSnapshot(
                response_id=word(news.get("id")),
                served_model=word(news.get("model")),
                created=real(news.get("created")),
                metadata={name: value for name, value in news.items() if name in metadata},
            )
        )

    def _choice(self, choice: Mapping[str, Any], events: list[Event]) -> None:
        delta = choice.get("delta") or choice.get("message")
        if isinstance(delta, dict):
            self._delta(fields(delta), events)
        elif isinstance(choice.get("text"), str):
            self._text("text", choice["text"], events)
        if choice.get("logprobs"):
            self._logprobs.extend(objects(fields(choice["logprobs"]).get("content"), MAX_OBJECTS))
        extra = self._dialect.choice_metadata(choice)
        if choice.get("finish_reason") is not None:
            finish = read.finish(choice["finish_reason"], self._dialect.finish_table)
            events.append(ResponseSnapshot(finish=finish, metadata=extra))
        elif extra:
            events.append(ResponseSnapshot(metadata=extra))

    def _delta(self, delta: dict[str, Any], events: list[Event]) -> None:
        content = delta.get("content")
        alone = len(delta) == 1 or (len(delta) == 2 and "role" in delta)  # noqa: PLR2004  # content and role
        if alone and type(content) is str and content and "text" in self._open:
            events.append(TextDelta(self._open["text"], content))
            return
        events.extend(self._dialect.reasoning_events(self, delta))
        self._text("text", read.text_of(content), events)
        if delta.get("annotations"):
            self._cite(delta["annotations"], events)
        self._text("refusal", delta.get("refusal"), events)
        self._audio(delta.get("audio"), events)
        events.extend(PartStart(self.begin(), part) for part in read.attached({"images": delta.get("images")}))
        for call in objects(delta.get("tool_calls")):
            self._call(call, events)
        if isinstance(delta.get("function_call"), dict):
            self._legacy(fields(delta["function_call"]), events)

    def begin(self) -> int:
        """Return the index of a new part."""
        self._count += 1
        return self._count - 1

    def reasoning(self, text: str) -> list[Event]:
        """Return the events that add *text* to the reasoning."""
        events: list[Event] = []
        self._text("reasoning", text, events)
        return events

    def _text(self, kind: str, text: Any, events: list[Event]) -> None:
        if not isinstance(text, str) or not text:
            return
        index = self._open.get(kind)
        if index is None:
            index = self._open[kind] = self.begin()
            empty: dict[str, Part] = {"text": Text(text=""), "refusal": Refusal(text=""), "reasoning": Reasoning()}
            events.append(PartStart(index, empty[kind]))
        events.append(ReasoningDelta(index, text) if kind == "reasoning" else TextDelta(index, text))

    def _cite(self, annotations: Any, events: list[Event]) -> None:
        self._citations.extend(read.citations(annotations))
        index = self._open.get("text")
        if index is None:
            index = self._open["text"] = self.begin()
            events.append(PartStart(index, Text(text="", citations=self._citations.told())))
        elif self._citations.is_due:
            events.append(PartUpdate(index, Text(text="", citations=self._citations.told())))

    def _audio(self, audio: Any, events: list[Event]) -> None:
        known = fields(audio)
        if not known:
            return
        if spoken := words(known.get("transcript")):
            self._spoken.append(spoken)
        self._sound.update(known)
        index = self._open.get("audio")
        if index is None:
            index = self._open["audio"] = self.begin()
            events.append(PartStart(index, read.sound({"id": known.get("id")}, b"")))
        if isinstance(data := known.get("data"), str):
            events.append(MediaDelta(index, decoded(data)))

    def _call(self, call: dict[str, Any], events: list[Event]) -> None:
        """Add to a tool call: told apart by its place and, where a server repeats the place, by its id."""
        place = call.get("index")
        call_id = words(call.get("id"))
        begun = read.tool_call(call, self._count)
        index = self._calls.find(place, call_id, has_name=bool(begun.name))
        if index is None:
            index = self.begin()
            self._calls.add(place, call_id, index)
            numbered = read.tool_call(call, len(self._begun))
            begun_part = attrs.evolve(numbered, arguments="")
            self._begun[index] = begun_part
            events.append(PartStart(index, begun_part))
        elif begun.name and not self._begun[index].name:
            self._begun[index] = attrs.evolve(self._begun[index], name=begun.name)
            events.append(PartUpdate(index, self._begun[index]))
        self._calls.latest = index
        if begun.arguments:
            events.append(ArgumentsDelta(index, begun.arguments))

    def _legacy(self, call: dict[str, Any], events: list[Event]) -> None:
        index = self._open.get("function_call")
        begun = read.legacy_call(call)
        if index is None:
            index = self._open["function_call"] = self.begin()
            events.append(PartStart(index, ToolCall(name=begun.name, call_id="call_0", metadata=begun.metadata)))
        if begun.arguments:
            events.append(ArgumentsDelta(index, begun.arguments))

    def _elsewhere(self, index: int, choice: Mapping[str, Any]) -> None:
        """Keep the text of another choice than the first, where several were asked for."""
        kept = self._others.get(index)
        if kept is None:
            if len(self._others) >= MAX_ITEMS:
                message = f"the reply holds more than {MAX_ITEMS} choices"
                raise ResponseTooLargeError(message, phase="decode")
            kept = self._others[index] = _OtherChoice(index)
        kept.texts.append(read.text_of(fields(choice.get("delta")).get("content")))
        if choice.get("finish_reason") is not None:
            kept.finish_reason = word(choice["finish_reason"])


class _OtherChoice:
    """Collect what arrives of another choice than the first."""

    __slots__ = ("finish_reason", "index", "texts")

    def __init__(self, index: int) -> None:
        self.index = index
        self.texts: list[str] = []
        self.finish_reason: str | None = None

    def told(self) -> dict[str, JSON]:
        """Return the choice as plain data."""
        return {"index": self.index, "text": "".join(self.texts), "finish_reason": self.finish_reason}
