"""Providers with mistakes in the text and the metadata of answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any

import attrs

from conformance.sound import (
    Decoder,
    Plugin,
    SoundChat,
    SoundProvider,
    decoding,
    opening,
    reading,
    streaming,
)
from conformance.wrong.table import wrong
from dragoman import (
    CallContext,
    ChatRequest,
    Event,
    Finish,
    FinishReason,
    Origin,
    PartEnd,
    PartStart,
    Response,
    TextDelta,
    Usage,
    UsageSnapshot,
)
from dragoman.http import ServerSentEvent, StreamDecoder

wrong(
    "doubles the text of a stream",
    "test_a_collected_stream_is_the_whole_answer",
    streaming,
    lambda events: [again for each in events for again in ([each, each] if isinstance(each, TextDelta) else [each])],
)
wrong(
    "ends its parts itself",
    "test_the_provider_leaves_ends_to_the_core",
    streaming,
    lambda events: [*events, *(PartEnd(each.index, each.part) for each in events if isinstance(each, PartStart))],
)


async def buffered(events: AsyncIterator[Event]) -> AsyncIterator[Event]:
    for event in [each async for each in events]:
        yield event


wrong("buffers its stream", "test_text_arrives_as_it_is_sent", opening, buffered)


class DecodesLatin1(Decoder):
    """Decode each byte as a character."""

    def feed(self, event: ServerSentEvent) -> Iterable[Event]:
        return [
            TextDelta(each.index, each.text.encode().decode("latin-1")) if isinstance(each, TextDelta) else each
            for each in self.inner.feed(event)
        ]


wrong("decodes bytes as Latin-1", "test_any_text_comes_through", decoding, DecodesLatin1)


class _Stop(dict[str, FinishReason]):
    def get(self, word: str, default: Any = None) -> Any:
        return super().get(word, FinishReason.STOP)


_REASONS = {"stop": FinishReason.STOP, "tool_calls": FinishReason.TOOL_CALLS, "length": FinishReason.STOP}
wrong(
    "maps unknown finish reasons to stop",
    "test_an_unknown_reason_is_no_stop",
    Plugin,
    dialect=lambda: SoundChat(finish_table=_Stop()),
)
wrong(
    "treats a truncated answer as complete",
    "test_a_cut_answer_ends_for_length",
    Plugin,
    dialect=lambda: SoundChat(finish_table=_REASONS),
)
wrong(
    "ignores finish reasons",
    "test_reasons_for_an_end_are_told_apart",
    Plugin,
    dialect=lambda: SoundChat(finish_table={"stop": FinishReason.STOP, "length": FinishReason.OTHER}),
)
wrong(
    "drops the raw finish reason",
    "test_the_reason_is_kept_in_the_words_of_the_vendor",
    reading,
    lambda response: attrs.evolve(response, finish=Finish(reason=response.finish.reason)),
)


class Summing(Decoder):
    """Add up usage reports."""

    total = 0

    def feed(self, event: ServerSentEvent) -> Iterable[Event]:
        for each in self.inner.feed(event):
            if isinstance(each, UsageSnapshot):
                self.total += each.usage.input_tokens or 0
                yield UsageSnapshot(attrs.evolve(each.usage, input_tokens=self.total))
            else:
                yield each


wrong("adds up usage reports", "test_usage_is_counted_once[usage_growing]", decoding, Summing)


class Zero(SoundChat):
    def usage(self, body: Any) -> Usage:
        return super().usage(body) or Usage(input_tokens=0, output_tokens=0)


class Uncached(SoundChat):
    def usage(self, body: Any) -> Usage | None:
        usage = super().usage(body)
        cached = 0 if usage is None else usage.cache_read_tokens or 0
        return usage and attrs.evolve(usage, input_tokens=(usage.input_tokens or 0) - cached)


class Unraw(SoundChat):
    def usage(self, body: Any) -> Usage | None:
        usage = super().usage(body)
        return usage and attrs.evolve(usage, raw=None)


wrong("reports 0 for missing usage", "test_usage_that_is_not_reported_is_none", Plugin, dialect=Zero)
wrong("excludes cached tokens", "test_usage_is_read_as_it_is_meant", Plugin, dialect=Uncached)
wrong("drops the raw usage report", "test_the_report_of_usage_is_kept", Plugin, dialect=Unraw)
wrong("drops ids", "test_the_answer_is_named", reading, lambda response: attrs.evolve(response, origin=Origin()))
wrong(
    "drops the raw reply", "test_the_reply_itself_is_kept", reading, lambda response: attrs.evolve(response, raw=None)
)


class OneDecoder(SoundChat):
    one: StreamDecoder | None = None

    def decoder(self) -> StreamDecoder:
        self.one = self.one or super().decoder()
        return self.one


wrong("shares one decoder between streams", "test_many_streams_at_once_are_kept_apart", Plugin, dialect=OneDecoder)


class OneLoop(SoundProvider):
    loop: asyncio.AbstractEventLoop | None = None

    async def chat(self, request: ChatRequest, context: CallContext) -> Response:
        running = asyncio.get_running_loop()
        self.loop = self.loop or running
        if self.loop is not running:
            message = "attached to a different loop"
            raise RuntimeError(message)
        return await super().chat(request, context)


wrong("is tied to one event loop", "test_one_object_serves_many_event_loops", Plugin, provider=OneLoop)


def drop_alternatives(response: Response) -> Response:
    return attrs.evolve(response, alternatives=())


def keep_order(response: Response) -> Response:
    """Take the answers in the order in which the server sent them."""
    *others, first = (response, *response.alternatives)
    kept = tuple(attrs.evolve(each, alternatives=()) for each in reversed(others))
    return attrs.evolve(first, alternatives=kept, usage=response.usage, raw=response.raw)


def count_each(response: Response) -> Response:
    """Report the usage of the request for each of its answers."""
    counted = tuple(attrs.evolve(each, usage=response.usage) for each in response.alternatives)
    return attrs.evolve(response, alternatives=counted)


class AsksAgain(SoundProvider):
    """Send several requests without a record."""

    async def chat(self, request: ChatRequest, context: CallContext) -> Response:
        single = attrs.evolve(request, settings=attrs.evolve(request.settings, n=None))
        first, *others = [await super().chat(single, context) for _ in range(request.settings.n or 1)]
        return attrs.evolve(first, alternatives=tuple(others))


_ALTERNATIVE = "test_each_further_answer_is_an_alternative"
wrong("drops alternatives", _ALTERNATIVE, reading, drop_alternatives)
wrong("keeps the order of choices on the wire", _ALTERNATIVE, reading, keep_order)
wrong("counts usage for each alternative", _ALTERNATIVE, reading, count_each)
wrong("asks for each answer by a request of its own", _ALTERNATIVE, Plugin, provider=AsksAgain)
