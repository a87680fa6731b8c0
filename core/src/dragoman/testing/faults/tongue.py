"""How a dialect sounds on the wire: the events of a sound answer, and the shapes that faults are made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from attrs import frozen

__all__ = ["TEXTS", "Events", "Json", "Oddity", "Tongue", "event"]

Json: TypeAlias = dict[str, Any]
Events: TypeAlias = tuple[bytes, ...]

TEXTS = ("Hello", ", wörld ", "🌍", "!")
"""What a sound answer says, delta by delta; some of its characters take several bytes."""


def event(value: object, name: str = "") -> bytes:
    """Return one server-sent event.

    Args:
        value: what becomes its data, as JSON; text stays as it is.
        name: the name of the event, if it has one.

    """
    data = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return (f"event: {name}\n" if name else "").encode() + f"data: {data}\n\n".encode()


@frozen(kw_only=True)
class Oddity:
    """Hold an answer that is unusual but sound, or odd in its content alone.

    Args:
        events: how it streams.
        whole: the reply as a whole.

    """

    events: Events
    whole: Json


@frozen(kw_only=True)
class Tongue:
    """Say how one dialect frames what it says.

    Args:
        name: what to call it.
        opening: the events before the first text.
        speak: makes the event that adds a text.
        closing: makes the events after the last text, the terminal signal among them, of the whole text.
        unfinished: the events that a server sends at the end of an answer without saying why it ended.
        mark: what follows the terminal signal by mere convention, empty if nothing does.
        unknown: events of types, and with members, that nobody knows.
        whole: makes the whole reply of a text.
        hollow: a whole reply without an answer in it.
        error: makes the body of an error of a status.
        failing: the event that reports an error in the middle of a stream.
        coded: further error bodies by the name of their fault, each with its status.
        oddities: unusual answers by their names.

    """

    name: str
    opening: Events
    speak: Callable[[str], bytes]
    closing: Callable[[str], Events]
    unfinished: Events
    mark: bytes = b""
    unknown: Events
    whole: Callable[[str], Json]
    hollow: Json
    error: Callable[[int], Json]
    failing: bytes
    coded: Mapping[str, tuple[int, Json]]
    oddities: Mapping[str, Oddity]

    def begun(self, *texts: str) -> Events:
        """Return the events of an answer as far as its last text."""
        return (*self.opening, *map(self.speak, texts or TEXTS))

    def ended(self, *texts: str) -> Events:
        """Return the events of a whole answer, up to the terminal signal."""
        return (*self.begun(*texts), *self.closing("".join(texts or TEXTS)))

    def stream(self, *texts: str) -> Events:
        """Return the events of a whole answer, with the mark that follows them."""
        return (*self.ended(*texts), self.mark) if self.mark else self.ended(*texts)
