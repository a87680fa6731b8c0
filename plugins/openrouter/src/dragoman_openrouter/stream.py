"""Streams of OpenRouter: details of the reasoning, the cost, and errors in a choice.

https://openrouter.ai/docs/api-reference/streaming
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from dragoman import Event, PartUpdate, ResponseSnapshot, UsageSnapshot
from dragoman.http import ServerSentEvent, objects, words
from dragoman_openai_compatible import OpenAIChatDecoder, reasoning_of
from dragoman_openrouter.response import cost_of, sealed_reasoning

if TYPE_CHECKING:
    from dragoman_openrouter.chat import OpenRouterChat

_GROWING = ("text", "summary", "data")


class OpenRouterDecoder(OpenAIChatDecoder):
    """Decode one stream, collect the details of the reasoning, and raise errors that a choice reports."""

    def __init__(self, dialect: OpenRouterChat) -> None:
        super().__init__(dialect)
        self._choice_error = dialect.choice_error
        self._details: list[dict[str, Any]] = []
        self._has_text = False

    def feed(self, event: ServerSentEvent) -> Iterable[Event]:
        """Return the events that one server-sent event stands for; the cost is reported even where it is 0."""
        for each in super().feed(event):
            yield each
            if isinstance(each, UsageSnapshot) and (cost := cost_of(each.usage.raw)):
                yield ResponseSnapshot(metadata=cost)

    def close(self) -> Iterable[Event]:
        """Return the events for what is complete only at the end of the stream, which includes the seal."""
        events = list(super().close())
        if self._details:
            reasoning = sealed_reasoning("", self._details, has_text=self._has_text)
            events.append(PartUpdate(self.open_reasoning(events), reasoning))
        return events

    def add_choice(self, choice: Mapping[str, Any], events: list[Event]) -> None:
        """Add what a chunk says about the first choice.

        Raises:
            ProviderError: if the choice reports an error.

        """
        error = self._choice_error(choice)
        if error is not None:
            raise error
        super().add_choice(choice, events)

    def add_reasoning(self, delta: Mapping[str, Any], events: list[Event]) -> None:
        """Add the reasoning of one delta, and collect its details for the end."""
        pieces = [piece for piece in objects(delta.get("reasoning_details")) if _says(piece)]
        text = reasoning_of(delta, self.dialect.reasoning_names)
        self._has_text = self._has_text or bool(text)
        merge_details(self._details, pieces)
        if text:
            self.add_reasoning_text(text, events)
        elif pieces:
            self.open_reasoning(events)


def merge_details(details: list[dict[str, Any]], pieces: Iterable[Mapping[str, Any]]) -> None:
    """Merge streamed pieces into *details*.

    A piece continues the latest detail with its type and index, unless both have an id and the ids differ.
    """
    for piece in pieces:
        known = next((detail for detail in reversed(details) if _continues(detail, piece)), None)
        if known is None:
            details.append(dict(piece))
        elif piece != known:
            _extend(known, piece)


def _says(piece: Mapping[str, Any]) -> bool:
    """Return whether a piece holds anything: some vendors send pieces with an empty text only."""
    return any(piece.get(name) for name in (*_GROWING, "signature", "id"))


def _continues(detail: Mapping[str, Any], piece: Mapping[str, Any]) -> bool:
    same = detail.get("type") == piece.get("type") and detail.get("index") == piece.get("index")
    known, given = detail.get("id"), piece.get("id")
    return same and (known is None or given is None or known == given)


def _extend(detail: dict[str, Any], piece: Mapping[str, Any]) -> None:
    for name, value in piece.items():
        if name in _GROWING and isinstance(value, str):
            detail[name] = words(detail.get(name)) + value
        elif value is not None:
            detail[name] = value
