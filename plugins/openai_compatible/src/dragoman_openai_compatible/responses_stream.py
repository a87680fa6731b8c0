"""Streams of the Responses API: server-sent events to events.

A stream is complete once ``response.completed``, ``response.incomplete``, ``response.failed`` or ``response.cancelled``
has arrived. Items may overlap, and some servers leave out indices, item ids or whole events. So an item is identified
by its id or else by its output index, and content that was not streamed is taken from the terminal event. See
https://platform.openai.com/docs/api-reference/responses-streaming.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any, cast

import attrs

from dragoman import (
    ArgumentsDelta,
    Event,
    Part,
    PartStart,
    PartStop,
    PartUpdate,
    Ping,
    Reasoning,
    ResponseSnapshot,
    Text,
    TextDelta,
    ToolCall,
    part_events,
    text_delta,
)
from dragoman.http import (
    MAX_OBJECTS,
    ServerSentEvent,
    StreamedUsage,
    as_object,
    fields,
    number,
    object_in_frame,
    objects,
    reported_in,
    word,
    words,
)
from dragoman_openai_compatible import responses_items
from dragoman_openai_compatible.responses_items import Item, kind_of, parts_of
from dragoman_openai_compatible.responses_open_items import DELTAS, Delta, Key, OpenItem, UnmatchedItems, call_of

if TYPE_CHECKING:
    from dragoman_openai_compatible.responses import OpenAIResponses


_TERMINAL = {f"response.{status}": status for status in ("completed", "incomplete", "failed", "cancelled")}
_OWN = ("response", "item", "item_id", "delta", "output_index")
"""The members by which an event without a type is known."""
_LATER = frozenset({"message", "image_generation_call"})
"""Types of items whose parts start with their content, not with the item."""


class OpenAIResponsesDecoder:
    """Decode one stream.

    Args:
        dialect: the dialect whose rules apply.

    """

    def __init__(self, dialect: OpenAIResponses[Any]) -> None:
        self.done = False
        self._dialect = dialect
        self._count = 0
        self._items: list[OpenItem] = []
        self._by_id: dict[str, OpenItem] = {}
        self._by_call: dict[tuple[str, str], OpenItem] = {}
        self._by_place: dict[int, OpenItem] = {}
        self._latest: dict[int, OpenItem] = {}  # by output index, at which several may begin
        self._facts: tuple[Any, ...] = ()
        self._usage = StreamedUsage()
        self._done: list[tuple[str, dict[str, Any]]] = []
        self._has_ended = False

    def feed(self, event: ServerSentEvent) -> Iterable[Event]:
        """Return the events that one server-sent event stands for.

        Raises:
            ProviderError: if the event reports an error.
            ProtocolError: if it is not a JSON object.

        """
        if event.data == b"[DONE]":
            self.done = True
            return ()
        chunk = self._chunk(event)
        kind = word(chunk.get("type")) or event.event
        delta = DELTAS.get(kind)
        if delta is not None:
            return () if self._has_ended else self._delta(delta, chunk)
        events: list[Event] = []
        for body in (chunk, fields(chunk.get("response"))):
            if "usage" in body:
                self._usage.add(self._dialect.usage(body), events)
        self.done = (self._has_ended or kind in _TERMINAL) and self._usage.is_known
        if self._has_ended:
            return events
        self._has_ended = kind in _TERMINAL
        if kind in _TERMINAL:
            response = as_object(chunk.get("response"), f"the answer of {kind!r}")
            return chain(events, self._end(response, _TERMINAL[kind]))
        return [*events, *self._other(kind, chunk)]

    def close(self) -> Iterable[Event]:
        """Return no events, since the terminal event completes the stream."""
        return ()

    def _chunk(self, event: ServerSentEvent) -> dict[str, Any]:
        chunk = object_in_frame(event, self._dialect.error)
        kind = chunk.get("type")
        if isinstance(kind, str) and kind.startswith("response.") and kind != "response.error":
            return chunk
        if (failed := reported_in(chunk, _OWN, event.event)) is not None:
            raise self._dialect.error(failed)
        return chunk

    def _other(self, kind: str, chunk: dict[str, Any]) -> Iterable[Event]:
        if kind in {"response.output_item.added", "response.output_item.done"}:
            item = as_object(chunk.get("item"), "an item")
            read = self._begin if kind == "response.output_item.added" else self._settle_event
            return read(item, chunk) if item else ()
        if kind.endswith(".done"):
            self._done.append((kind, chunk))
        if kind == "response.content_part.added":
            return self._content(chunk)
        if kind == "response.reasoning_summary_part.added":
            return self._piece(DELTAS["response.reasoning_summary_text.delta"], chunk)[1]
        if kind == "response.output_text.annotation.added":
            return self._annotate(chunk)
        if kind == "response.image_generation_call.partial_image":
            return self._partial_image(chunk)
        if kind == "keepalive":
            return (Ping(),)
        response = fields(chunk.get("response"))
        return self._note(response) if response else ()

    # Items are found by their id, otherwise by their output index; a call also by its own id and its name.

    def _find(self, item_id: Any, place: Any) -> OpenItem | None:
        found = self._by_id.get(item_id) if isinstance(item_id, str) else None
        if found is None and (at := number(place)) is not None:
            found = self._latest.get(at)
        return found

    def _same_call(self, item: Item, found: OpenItem | None) -> OpenItem | None:
        """Return the streamed call that *item* is, for *found* under its id or index, which may be another one."""
        if not self._by_call:
            return found
        call = call_of(item)
        return found if found is not None and found.call == call else self._by_call.get(call, found)

    def _add(self, item: Item, item_id: Any, place: Any) -> OpenItem:
        added = OpenItem(item)
        at = len(self._items) if (given := number(place)) is None else given
        self._by_place.setdefault(at, added)
        self._latest[at] = added
        if added.call[0]:
            self._by_call[added.call] = added
        if isinstance(item_id, str):
            self._by_id[item_id] = added
        self._items.append(added)
        return added

    def _of(self, chunk: Mapping[str, Any], item_type: str) -> OpenItem:
        """Return the item of an event; an item that was never announced starts here."""
        item_id, place = chunk.get("item_id"), chunk.get("output_index")
        found = self._find(item_id, place)
        if found is None and item_id is None and place is None and self._items:
            found = self._items[-1]
        if found is None or found.item_type != item_type:
            found = self._add({"type": item_type, "id": item_id}, item_id, place)
        return found

    def _begin(self, item: dict[str, Any], chunk: Mapping[str, Any]) -> list[Event]:
        known = self._find(item.get("id"), chunk.get("output_index"))
        if known is not None and known.is_announced_by(item):
            return self._begin_arguments(known, item)
        if word(item.get("id")) in self._by_id:
            return []
        opened = self._add(item, item.get("id"), chunk.get("output_index"))
        if opened.item_type in _LATER:
            return []
        part = parts_of(item, self._dialect.issuer)[0]
        index = self._next()
        if isinstance(part, Reasoning):
            opened.spare = index
            return [PartStart(index, Reasoning(id=part.id))]
        opened.parts[type(part), "item", 0] = index
        begun = PartStart(index, attrs.evolve(part, arguments="") if isinstance(part, ToolCall) else part)
        return [begun, *self._begin_arguments(opened, item)]

    def _begin_arguments(self, opened: OpenItem, item: Item) -> list[Event]:
        added = opened.begin_arguments(item)
        return [ArgumentsDelta(opened.parts[ToolCall, "item", 0], added)] if added else []

    def _next(self) -> int:
        self._count += 1
        return self._count - 1

    # Deltas.

    def _delta(self, delta: Delta, chunk: dict[str, Any]) -> list[Event]:
        text = chunk.get("delta")
        if not isinstance(text, str) or not text:
            return []
        index, events = self._piece(delta, chunk)
        if index is None:
            return events
        if delta.item_type == "function_call":
            added = self._of(chunk, delta.item_type).arguments.add(text)
            return [*events, ArgumentsDelta(index, added)] if added else events
        if delta.event is TextDelta and (logprobs := chunk.get("logprobs")):
            return [*events, TextDelta(index, text, logprobs=tuple(objects(logprobs, MAX_OBJECTS)))]
        return [*events, (text_delta if delta.event is TextDelta else delta.event)(index, text)]

    def _whole(self, kind: str, chunk: dict[str, Any]) -> Iterator[Event]:
        """Yield the events of what an event says is whole, for a stream that does not repeat the item."""
        said = fields(chunk.get("part")) or chunk
        delta = DELTAS.get((kind if said is chunk else f"response.{kind_of(said)}.done").replace(".done", ".delta"))
        whole = next(filter(None, map(said.get, ("arguments", "input", "text", "refusal"))), None)
        if delta is None or not whole or (opened := self._of(chunk, delta.item_type)).closed:
            return
        if isinstance(delta.empty, ToolCall):
            named = {"name": chunk.get("name"), **opened.item}
            yield from self._settle(opened, {**named, "arguments": whole, "input": whole})
            return
        index, begun = self._piece(delta, chunk)
        part = attrs.evolve(cast("Text", delta.empty), text=words(whole), id=word(opened.item.get("id")))
        yield from (*begun, PartUpdate(cast("int", index), opened.final(part)))

    def _piece(self, delta: Delta, chunk: Mapping[str, Any]) -> tuple[int | None, list[Event]]:
        """Return the index of the part of a delta, ``None`` once the item is complete, and the events that start it."""
        opened = self._of(chunk, delta.item_type)
        if opened.closed:
            return None, []
        opened.spoken = True
        key = (type(delta.empty), delta.place, number(chunk.get(delta.number)) or 0)
        index = opened.parts.get(key)
        if index is not None:
            return index, []
        if opened.spare is not None:
            index, opened.spare = opened.spare, None
            opened.parts[key] = index
            return index, []
        index = opened.parts[key] = self._next()
        return index, [PartStart(index, attrs.evolve(delta.empty, id=word(opened.item.get("id"))))]

    def _content(self, chunk: dict[str, Any]) -> list[Event]:
        """Return the events that start a part of a message or of reasoning."""
        kind = kind_of(fields(chunk.get("part")))
        delta = DELTAS.get(f"response.{kind}.delta")
        return self._piece(delta, chunk)[1] if delta is not None else []

    def _annotate(self, chunk: dict[str, Any]) -> list[Event]:
        if not chunk.get("annotation"):
            return []
        index, events = self._piece(DELTAS["response.output_text.delta"], chunk)
        if index is None:
            return events
        opened = self._of(chunk, "message")
        opened.citations.extend(responses_items.citations_of([chunk.get("annotation")]))
        if opened.citations.is_due:
            events.append(self._cited(opened, index))
        return events

    def _cited(self, opened: OpenItem, index: int) -> PartUpdate:
        part = Text(text="", citations=opened.citations.take(), id=word(opened.item.get("id")))
        return PartUpdate(index, part)

    def _partial_image(self, chunk: dict[str, Any]) -> list[Event]:
        """Return the event for a partial image, which replaces the previous one."""
        opened = self._of(chunk, "image_generation_call")
        part = responses_items.image(chunk, self._dialect.issuer, chunk.get("partial_image_b64"), final=False)
        if part is None or opened.closed:
            return []
        key = (type(part), "item", 0)
        if key in opened.parts:
            return [PartUpdate(opened.parts[key], part)]
        opened.parts[key] = self._next()
        return [PartStart(opened.parts[key], part)]

    # Complete items and the end of the stream.

    def _settle_event(self, item: dict[str, Any], chunk: Mapping[str, Any]) -> list[Event]:
        item_id, place = item.get("id"), chunk.get("output_index")
        opened = self._same_call(item, self._find(item_id, place))
        if opened is None or opened.item_type != kind_of(item) or opened.is_over_before(item):
            opened = self._add(item, item_id, place)
        if not opened.closed and opened.may_go_on_after(item):
            opened.ended, opened.item = True, item
            return []
        return self._settle(opened, item)

    def _settle(self, opened: OpenItem, item: Item) -> list[Event]:
        """Return the events that replace the parts of a complete item by those of a whole reply."""
        if opened.closed:
            return []
        opened.closed = opened.ended = True
        events: list[Event] = []
        left = dict(opened.parts)
        for key, part in self._final_parts(opened, item):
            index = left.pop(key, None)
            if index is None and opened.spare is not None and isinstance(part, Reasoning):
                index, opened.spare = opened.spare, None
            if index is None:
                index = self._next()
                events.extend(part_events(index, part))
            else:
                part = opened.final(part)  # noqa: PLW2901  # the part that is reported
                if isinstance(part, ToolCall) and not part.arguments and (rest := opened.arguments.close()):
                    events.append(ArgumentsDelta(index, rest))
                events.append(PartUpdate(index, part))
            events.append(PartStop(index))
        events.extend(PartStop(index) for index in left.values())
        return events

    def _final_parts(self, opened: OpenItem, item: Item) -> Iterator[tuple[Key, Part]]:
        parts = parts_of(item, self._dialect.issuer)
        if item.get("type") == "reasoning":
            summaries = len(objects(item.get("summary")))
            silent = not responses_items.reasoning_texts(item)
            for at, part in enumerate(parts):
                if silent and opened.spoken:
                    yield next(iter(opened.parts)), attrs.evolve(cast("Reasoning", part), redacted=False)
                elif at < summaries or silent:
                    yield (Reasoning, "summary", at), part
                else:
                    yield (Reasoning, "content", at - summaries), part
            return
        place = "content" if item.get("type") == "message" else "item"
        for at, part in enumerate(parts):
            yield (type(part), place, at), part

    def _end(self, response: dict[str, Any], status: str) -> Iterator[Event]:
        """Return the last events of the stream.

        Raises:
            ProviderError: if the answer failed.

        """
        yield from self._note(response)
        yield from self._rest([item for item in objects(response.get("output")) if item])
        if responses_items.is_unfinished(response):
            response = {**response, "status": status}
        if response["status"] == "failed" or response.get("error"):
            raise self._dialect.failure(response)
        yield ResponseSnapshot(
            finish=responses_items.finish_of(response, self._dialect.finish_table, status),
            metadata=self._dialect.metadata(response),
        )

    def _rest(self, output: list[dict[str, Any]]) -> Iterator[Event]:
        """Return the events for what the whole answer holds in addition to what was streamed."""
        left = UnmatchedItems(self._items, {item_id for item in output if (item_id := word(item.get("id")))})
        for place, item in enumerate(output):
            opened = self._counterpart(item, place, left)
            if opened is None:
                opened = self._add(item, item.get("id"), len(self._items))
            else:
                left.take(opened)
            yield from self._settle(opened, item)
        for kind, chunk in () if output else self._done:
            yield from self._whole(kind, chunk)
        for opened in left.of_types("function_call", "custom_tool_call"):
            yield from self._settle(opened, opened.item)
        for opened in left.of_types("message"):
            index = next((at for key, at in opened.parts.items() if key[0] is Text), None)
            if index is not None and not opened.closed and opened.citations.is_pending:
                yield self._cited(opened, index)

    def _counterpart(self, item: dict[str, Any], place: int, left: UnmatchedItems) -> OpenItem | None:
        """Return the streamed item for *item*: by id or, where a server changes ids, by output index and type."""
        found = self._same_call(item, self._by_id.get(words(item.get("id"))))
        if found is not None and left.has(found):
            return found
        return left.alike(kind_of(item), self._same_call(item, self._by_place.get(place)))

    def _note(self, response: dict[str, Any]) -> list[Event]:
        """Return the event for the facts about the answer, if they have changed."""
        facts = self._dialect.facts(response)
        if facts == self._facts:
            return []
        self._facts = facts
        response_id, served_model, created = facts
        return [ResponseSnapshot(response_id=response_id, served_model=served_model, created=created)]
