"""Streams of OpenRouter: details of the reasoning, the cost, and errors in a choice.

https://openrouter.ai/docs/api-reference/streaming
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from dragoman import Event, ResponseSnapshot, UsageSnapshot
from dragoman.http import ServerSentEvent
from dragoman_openai_compatible import DetailsDecoder
from dragoman_openrouter.response import cost_of

if TYPE_CHECKING:
    from dragoman_openrouter.chat import OpenRouterChat


class OpenRouterDecoder(DetailsDecoder):
    """Decode one stream, and raise errors that a choice reports."""

    def __init__(self, dialect: OpenRouterChat) -> None:
        super().__init__(dialect)
        self._choice_error = dialect.choice_error

    def feed(self, event: ServerSentEvent) -> Iterable[Event]:
        """Return the events that one server-sent event stands for; the cost is reported even where it is 0."""
        for each in super().feed(event):
            yield each
            if isinstance(each, UsageSnapshot) and (cost := cost_of(each.usage.raw)):
                yield ResponseSnapshot(metadata=cost)

    def add_choice(self, choice: Mapping[str, Any], events: list[Event]) -> None:
        """Add what a chunk says about the first choice.

        Raises:
            ProviderError: if the choice reports an error.

        """
        error = self._choice_error(choice)
        if error is not None:
            raise error
        super().add_choice(choice, events)
