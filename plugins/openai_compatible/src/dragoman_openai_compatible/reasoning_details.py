"""Reasoning with details: signed or encrypted pieces beside the text, which some hosts expect back unchanged.

https://openrouter.ai/docs/use-cases/reasoning-tokens#preserving-reasoning
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from dragoman import Event, Part, PartUpdate, Reasoning, Seal
from dragoman.http import objects, words
from dragoman_openai_compatible.chat_parts import reasoning_of
from dragoman_openai_compatible.chat_stream import OpenAIChatDecoder

_GROWING = ("text", "summary", "data")


def with_details(parts: list[Part], message: Mapping[str, Any], names: Iterable[str], issuer: str) -> list[Part]:
    """Return the parts of a whole message, its reasoning sealed with the details if it has any.

    Args:
        parts: the parts.
        message: the message.
        names: the members that may hold the text of the reasoning.
        issuer: the host.

    """
    details = objects(message.get("reasoning_details"))
    if not details:
        return parts
    text = reasoning_of(message, names)
    rest = [part for part in parts if not isinstance(part, Reasoning)]
    return [sealed_reasoning(text, details, issuer, has_text=bool(text)), *rest]


def sealed_reasoning(text: str, details: list[dict[str, Any]], issuer: str, *, has_text: bool) -> Reasoning:
    """Return reasoning with its details as the seal; it is ``redacted`` if it is encrypted and has no text."""
    encrypted = any(detail.get("type") == "reasoning.encrypted" for detail in details)
    seal = Seal(issuer=issuer, payload=cast("Any", details))
    return Reasoning(text=text, redacted=encrypted and not has_text, seal=seal)


class DetailsDecoder(OpenAIChatDecoder):
    """Decode one stream, and collect the details of the reasoning, which seal it at the end."""

    __slots__ = ("_details", "_has_text")

    def __init__(self, dialect: Any) -> None:
        super().__init__(dialect)
        self._details: list[dict[str, Any]] = []
        self._has_text = False

    def close(self) -> Iterable[Event]:
        """Return the events for what is complete only at the end of the stream, which includes the seal."""
        events = list(super().close())
        if self._details:
            issuer = self.dialect.rules.issuer
            reasoning = sealed_reasoning("", self._details, issuer, has_text=self._has_text)
            events.append(PartUpdate(self.open_reasoning(events), reasoning))
        return events

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
