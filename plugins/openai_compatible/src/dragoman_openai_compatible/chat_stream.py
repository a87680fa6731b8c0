"""Streams of the OpenAI chat dialect: chunks to events.

A stream is complete once a ``finish_reason`` has arrived. ``[DONE]`` alone is not enough; some servers never send it.
See https://platform.openai.com/docs/api-reference/chat-streaming.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dragoman import (
    JSON,
    ArgumentsDelta,
    Citation,
    Event,
    MediaDelta,
    Part,
    PartStart,
    PartUpdate,
    Reasoning,
    Refusal,
    ResponseSnapshot,
    ResponseTooLargeError,
    SealUpdate,
    Text,
    reasoning_delta,
    text_delta,
)
from dragoman.http import (
    MAX_ITEMS,
    MAX_OBJECTS,
    GrowingCitations,
    ServerSentEvent,
    StreamedLogprobs,
    StreamedUsage,
    calls_in,
    decoded,
    end_word,
    fields,
    finish_of,
    items_of,
    object_in_frame,
    objects,
    real,
    reported_in,
    word,
    words,
)
from dragoman_openai_compatible import chat_parts
from dragoman_openai_compatible.chat_calls import StreamedCalls
from dragoman_openai_compatible.other_choice import OtherChoice

if TYPE_CHECKING:
    from dragoman_openai_compatible.chat import OpenAIChat


class OpenAIChatDecoder:
    """Decode one stream.

    A host may override these methods, each of which appends to the events of one chunk, and call the inherited one:

    - :meth:`add_facts`: the id of the answer, its model, its time and the metadata of the chunk;
    - :meth:`add_choice`: the first choice of the chunk;
    - :meth:`add_reasoning`: the reasoning of one delta;
    - :meth:`add_tool_call`: one fragment of a tool call.

    It may also extend :meth:`feed` and :meth:`close`. :meth:`begin_part`, :meth:`open_reasoning`,
    :meth:`add_reasoning_text` and :meth:`add_citations` number parts and add to them.

    Args:
        dialect: the dialect whose rules apply.

    """

    __slots__ = (
        "_audio",
        "_calls",
        "_citations",
        "_count",
        "_error",
        "_facts",
        "_latest",
        "_logprobs",
        "_open",
        "_others",
        "_prompt_logprobs",
        "_streamed_logprobs",
        "_transcript",
        "_usage",
        "dialect",
        "done",
    )

    def __init__(self, dialect: OpenAIChat[Any]) -> None:
        self.done = False
        self.dialect = dialect
        self._error = dialect.error
        self._count = 0
        self._open: dict[str, int] = {}
        self._calls: StreamedCalls | None = None  # most answers have none, and many streams may be open
        self._audio: dict[str, Any] = {}
        self._facts: dict[str, Any] = {}
        self._latest: tuple[Any, ...] = ()
        self._transcript: list[str] = []
        self._others: dict[int, OtherChoice] = {}
        self._logprobs: dict[str, list[JSON]] = {}
        self._prompt_logprobs: dict[str, list[JSON]] = {}
        self._streamed_logprobs = StreamedLogprobs()
        self._citations = GrowingCitations()
        self._usage = StreamedUsage()

    def feed(self, event: ServerSentEvent) -> Iterable[Event]:
        """Return the events that one server-sent event stands for.

        Raises:
            ProviderError: if the chunk reports an error.
            ProtocolError: if it is not a JSON object.

        """
        if event.data == b"[DONE]":
            self.done = True
            return ()
        chunk = object_in_frame(event, self._error)
        if not chunk.get("choices") or "error" in chunk or event.event == "error":
            self._refuse_error(chunk, event.event)
        events: list[Event] = []
        self.add_facts(chunk, events)
        for choice in objects(chunk.get("choices")):
            index = choice.get("index")
            if isinstance(index, int) and index > 0:
                self._add_other_choice(index, choice)
            else:
                self.add_choice(choice, events)
        if (reported := self.dialect.usage(chunk)) is not None:
            self._usage.add(reported, events)
        return events

    def close(self) -> Iterable[Event]:
        """Return the events for what is complete only at the end of the stream."""
        metadata: dict[str, JSON] = {}
        if self._logprobs:
            metadata["logprobs"] = {**self._logprobs}
        elif self._prompt_logprobs:
            metadata["logprobs"] = {**self._prompt_logprobs}
        if self._others:
            metadata["choices"] = [self._others[index].to_dict() for index in sorted(self._others)]
        calls = () if self._calls is None else self._calls.close()
        events: list[Event] = [ArgumentsDelta(index, rest) for index, rest in calls]
        if metadata:
            events.append(ResponseSnapshot(metadata=metadata))
        if self._citations.is_pending:
            events.append(PartUpdate(self._open["text"], Text(text="", citations=self._citations.take())))
        if "audio" in self._open:
            if self._transcript:
                self._audio["transcript"] = "".join(self._transcript)
            events.append(PartUpdate(self._open["audio"], chat_parts.audio_part(self._audio, b"")))
        return events

    def _refuse_error(self, chunk: dict[str, Any], name: str) -> None:
        """Raise the error that a chunk reports, if any."""
        if (failed := reported_in(chunk, chat_parts.CHUNK_MEMBERS, name)) is not None:
            raise self._error(failed)

    @property
    def response_id(self) -> JSON:
        """Return the id of the answer, ``None`` until a chunk has named one."""
        return self._facts.get("id")

    def add_facts(self, chunk: Mapping[str, Any], events: list[Event]) -> None:
        """Add what a chunk says about the answer as a whole, each time it changes."""
        metadata = self.dialect.metadata(chunk)
        latest = (chunk.get("id"), chunk.get("model"), chunk.get("created"), metadata)
        if latest == self._latest:
            return
        self._latest = latest
        facts: dict[str, Any] = {"id": latest[0], "model": latest[1], "created": latest[2], **metadata}
        changed = {name: value for name, value in facts.items() if value and self._facts.get(name) != value}
        if not changed:
            return
        self._facts.update(changed)
        events.append(
            ResponseSnapshot(
                response_id=word(changed.get("id")),
                served_model=word(changed.get("model")),
                created=real(changed.get("created")),
                metadata={name: value for name, value in changed.items() if name in metadata},
            )
        )

    def add_choice(self, choice: Mapping[str, Any], events: list[Event]) -> None:
        """Add what a chunk says about the first choice.

        Raises:
            ProviderError: if the choice reports an error.

        """
        if choice.get("error") and (error := self.dialect.choice_error(choice)):
            raise error
        delta = choice.get("delta") or (None if self._open or self._has_calls else choice.get("message"))
        if isinstance(delta, dict):
            self._add_delta(delta, events)  # pyright: ignore[reportUnknownArgumentType]
        elif isinstance(choice.get("text"), str):
            self._add_text("text", choice["text"], events)
        if choice.get("logprobs"):
            self._add_logprobs(fields(choice["logprobs"]), events)
        if "usage" in choice:  # as Moonshot sends it
            self._usage.add(chat_parts.usage_of(choice["usage"]), events)
        extra = self.dialect.choice_metadata(choice)
        reason = choice.get("finish_reason")
        finish = None if reason is None else finish_of(reason, self.dialect.finish_table)
        if finish is not None and finish.raw is not None:
            events.append(ResponseSnapshot(finish=finish, metadata=extra))
        elif extra:
            events.append(ResponseSnapshot(metadata=extra))

    def _add_delta(self, delta: dict[str, Any], events: list[Event]) -> None:
        content = delta.get("content")
        only_content = len(delta) == 1 or (len(delta) == 2 and "role" in delta)  # noqa: PLR2004  # content and role
        if only_content and type(content) is str and content and "text" in self._open:
            events.append(text_delta(self._open["text"], content))
            return
        self.add_reasoning(delta, events)
        self._add_text("text", chat_parts.content_text(content), events)
        seal = chat_parts.extra_content_seal(delta, self.dialect.rules.issuer)
        if seal is not None and "text" in self._open:
            events.append(SealUpdate(self._open["text"], seal))
        if delta.get("annotations"):
            self.add_citations(chat_parts.citations_of(delta["annotations"]), events)
        self._add_text("refusal", delta.get("refusal"), events)
        self._add_audio(delta.get("audio"), events)
        events.extend(
            PartStart(self.begin_part(), part) for part in chat_parts.media_parts({"images": delta.get("images")})
        )
        if delta.get("tool_calls") or delta.get("function_call"):
            self._add_calls(delta, events)

    def _add_calls(self, delta: Mapping[str, Any], events: list[Event]) -> None:
        calls = self._streamed_calls()
        calls.begin_chunk()
        for call in calls_in(delta):
            if not calls.is_empty(call):
                self.add_tool_call(call, events)
        if isinstance(delta.get("function_call"), dict):
            calls.add_legacy(fields(delta["function_call"]), events)

    @property
    def _has_calls(self) -> bool:
        return self._calls is not None and self._calls.has_any

    def _streamed_calls(self) -> StreamedCalls:
        if self._calls is None:
            self._calls = StreamedCalls(self.begin_part, self.dialect.rules.issuer)
        return self._calls

    def _add_logprobs(self, logprobs: Mapping[str, Any], events: list[Event]) -> None:
        """Add those of a conversation, one object for each token, or those of a prompt, one list for each fact."""
        arrived: list[JSON] = []
        for name in chat_parts.CHAT_LOGPROBS:
            if told := objects(logprobs.get(name), MAX_OBJECTS):
                self._logprobs.setdefault(name, []).extend(told)
                arrived.extend(told)
        of_prompt = {name: items_of(logprobs.get(name), MAX_OBJECTS) for name in chat_parts.PROMPT_LOGPROBS}
        for name, found in of_prompt.items():
            if found:
                self._prompt_logprobs.setdefault(name, []).extend(found)
        if not arrived and any(of_prompt.values()):
            arrived.append({name: found for name, found in of_prompt.items() if found})
        self._streamed_logprobs.add(arrived, events)

    def begin_part(self) -> int:
        """Return the index of a new part."""
        self._count += 1
        return self._count - 1

    def add_reasoning(self, delta: Mapping[str, Any], events: list[Event]) -> None:
        """Add the reasoning of one delta."""
        if text := chat_parts.reasoning_of(delta, self.dialect.reasoning_names):
            self.add_reasoning_text(text, events)

    def add_reasoning_text(self, text: str, events: list[Event]) -> None:
        """Add *text* to the reasoning, whose part begins with the first text."""
        self._add_text("reasoning", text, events)

    def open_reasoning(self, events: list[Event]) -> int:
        """Return the index of the part that holds the reasoning; begin the part if there is none yet."""
        index = self._open.get("reasoning")
        if index is None:
            index = self._open["reasoning"] = self.begin_part()
            events.append(PartStart(index, Reasoning()))
        return index

    def _add_text(self, kind: str, text: Any, events: list[Event]) -> None:
        if not isinstance(text, str) or not text:
            return
        index = self._open.get(kind)
        if index is None:
            index = self._open[kind] = self.begin_part()
            empty: dict[str, Part] = {"text": Text(text=""), "refusal": Refusal(text=""), "reasoning": Reasoning()}
            events.append(PartStart(index, empty[kind]))
        events.append(reasoning_delta(index, text) if kind == "reasoning" else text_delta(index, text))

    def add_citations(self, citations: Sequence[Citation], events: list[Event]) -> None:
        """Add citations to the text, whose part begins with the first text or citation."""
        if not citations:
            return
        self._citations.extend(citations)
        index = self._open.get("text")
        if index is None:
            index = self._open["text"] = self.begin_part()
            events.append(PartStart(index, Text(text="", citations=self._citations.take())))
        elif self._citations.is_due:
            events.append(PartUpdate(index, Text(text="", citations=self._citations.take())))

    def _add_audio(self, audio: Any, events: list[Event]) -> None:
        if not audio or not (known := {name: value for name, value in fields(audio).items() if value}):
            return
        if transcript := words(known.get("transcript")):
            self._transcript.append(transcript)
        self._audio.update(known)
        index = self._open.get("audio")
        if index is None:
            index = self._open["audio"] = self.begin_part()
            events.append(PartStart(index, chat_parts.audio_part({"id": known.get("id")}, b"")))
        if isinstance(data := known.get("data"), str):
            events.append(MediaDelta(index, decoded(data)))

    def add_tool_call(self, call: Mapping[str, Any], events: list[Event]) -> int:
        """Add one fragment of a tool call, and return the index of its part."""
        return self._streamed_calls().add(call, events)

    def _add_other_choice(self, index: int, choice: Mapping[str, Any]) -> None:
        """Keep the text of a choice other than the first; there are some where the request asked for several."""
        kept = self._others.get(index)
        if kept is None:
            if len(self._others) >= MAX_ITEMS:
                message = f"the reply holds more than {MAX_ITEMS} choices"
                raise ResponseTooLargeError(message, phase="decode")
            kept = self._others[index] = OtherChoice(index)
        kept.texts.append(chat_parts.text_of(fields(choice.get("delta")).get("content")))
        kept.finish_reason = end_word(choice.get("finish_reason")) or kept.finish_reason
