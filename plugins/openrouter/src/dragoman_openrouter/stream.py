"""Streams of OpenRouter: details of the reasoning and the cost.

https://openrouter.ai/docs/api-reference/streaming
"""

from __future__ import annotations

from collections.abc import Iterable

from dragoman import Event, ResponseSnapshot, UsageSnapshot
from dragoman.http import ServerSentEvent
from dragoman_openai_compatible import DetailsDecoder
from dragoman_openrouter.response import cost_of


class OpenRouterDecoder(DetailsDecoder):
    """Decode one stream, and report its cost."""

    def feed(self, event: ServerSentEvent) -> Iterable[Event]:
        """Return the events that one server-sent event stands for; the cost is reported even where it is 0."""
        for each in super().feed(event):
            yield each
            if isinstance(each, UsageSnapshot) and (cost := cost_of(each.usage.raw)):
                yield ResponseSnapshot(metadata=cost)
