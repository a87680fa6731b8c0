"""The turns of a conversation in the form in which two conversations are compared.

What dialects may do without changing the meaning is not in this form:

- successive messages of one author are one turn, and successive texts of a turn are one text;
- leading system messages are the instructions, wherever a dialect puts them;
- results of tools are a turn of the tool, also where a dialect puts them into a message of the user;
- the calls of a turn come after its text;
- a result refers to the place of its call, not to its id, which a dialect may change or not send;
- arguments, and results that are JSON, are values and not texts;
- reasoning and extensions, which only their vendor reads, are left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby, takewhile
from typing import Any, TypeAlias

from attrs import frozen

from dragoman.spec.media import Media, MediaSource
from dragoman.spec.message import Message, Role
from dragoman.spec.parts import Data, Extension, Part, Reasoning, Refusal, Text, ToolCall, ToolResult

__all__ = ["CalledTool", "Item", "SeenMedia", "ToolOutput", "Turn", "Words", "bare", "instructions", "turns"]


@frozen(kw_only=True)
class Words:
    """Hold the text of a turn.

    Args:
        pieces: the pieces in which it was given.
        begin: for each piece, whether a message begins with it.

    """

    pieces: tuple[str, ...]
    begin: tuple[bool, ...] = ()

    def __str__(self) -> str:
        return repr(" ".join(self.pieces))


@frozen(kw_only=True)
class SeenMedia:
    """Hold media."""

    media_type: str
    source: MediaSource

    def __str__(self) -> str:
        return f"{self.media_type} from {self.source!r:.80}"


@frozen(kw_only=True)
class CalledTool:
    """Hold a call; its arguments are a value, or a text if they are not JSON."""

    name: str
    arguments: Any

    def __str__(self) -> str:
        return f"a call {self.name}({self.arguments!r})"


@frozen(kw_only=True)
class ToolOutput:
    """Hold the result of a call.

    Args:
        of: the number of the call in the conversation, ``None`` if it belongs to none.
        name: the name of the tool.
        value: what the tool returned: an object or a list, or a text.
        media: media that it returned.
        outcome: how the call ended.

    """

    of: int | None
    name: str
    value: Any
    media: tuple[SeenMedia, ...]
    outcome: str

    def __str__(self) -> str:
        call = "no call" if self.of is None else f"call {self.of}"
        return f"the result {self.value!r} of {call} ({self.name}, {self.outcome})"


Item: TypeAlias = Words | SeenMedia | CalledTool | ToolOutput


@frozen(kw_only=True)
class Turn:
    """Hold what one author says before the next one.

    Args:
        role: the author.
        items: what is said.

    """

    role: str
    items: tuple[Item, ...]


def instructions(messages: Iterable[Message]) -> Words:
    """Return the text of the system messages before the first message of another author."""
    leading = takewhile(lambda message: message.role == Role.SYSTEM, messages)
    said = [[part.text for part in message.parts if isinstance(part, Text)] for message in leading]
    return Words(
        pieces=tuple(text for texts in said for text in texts),
        begin=tuple(index == 0 for texts in said for index, _ in enumerate(texts)),
    )


def turns(messages: Iterable[Message]) -> tuple[Turn, ...]:
    """Return the turns of a conversation without its leading instructions."""
    remaining = list(messages)
    while remaining and remaining[0].role == Role.SYSTEM:
        remaining.pop(0)
    placed = list(_placed(remaining))
    return tuple(
        Turn(role=role, items=tuple(_joined(item for _, item in group)))
        for role, group in groupby(placed, key=lambda each: each[0])
    )


def bare(text: str) -> str:
    """Return a text without white space, which dialects put between the texts that they join."""
    return "".join(text.split())


def _placed(messages: Iterable[Message]) -> Iterator[tuple[str, Item]]:
    """Yield each part in the form of comparison, with its author."""
    calls: list[ToolCall] = []
    for message in messages:
        begins = True
        for part in sorted(message.parts, key=lambda part: isinstance(part, ToolCall)):
            if isinstance(part, ToolResult):
                yield "tool", _output(part, calls)
            elif not isinstance(part, Reasoning | Extension):
                yield str(message.role), _item(part, calls, begins=begins)
                begins = False


def _item(part: Part, calls: list[ToolCall], *, begins: bool) -> Item:
    if isinstance(part, ToolCall):
        calls.append(part)
        return CalledTool(name=part.name, arguments=_value(part.arguments or "{}"))
    if isinstance(part, Media):
        return SeenMedia(media_type=part.media_type, source=part.source)
    if isinstance(part, Data):
        pieces = tuple(json.dumps(part.value, ensure_ascii=False).split())
        return Words(pieces=pieces, begin=tuple(begins and index == 0 for index, _ in enumerate(pieces)))
    assert isinstance(part, Text | Refusal), part  # noqa: S101  # the remaining parts are left out above
    return Words(pieces=(part.text,), begin=(begins,))


def _output(result: ToolResult, calls: list[ToolCall]) -> ToolOutput:
    numbers = [number for number, call in enumerate(calls) if call.call_id == result.call_id]
    of = numbers[-1] if numbers else None
    media = tuple(
        SeenMedia(media_type=each.media_type, source=each.source) for each in result.content if isinstance(each, Media)
    )
    name = result.name or ("" if of is None else calls[of].name)
    return ToolOutput(of=of, name=name, value=_value(result.text), media=media, outcome=str(result.outcome))


def _value(text: str) -> Any:
    """Return a text that is a JSON object or a list as this value, any other text unchanged."""
    try:
        value: object = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, dict | list) else text  # pyright: ignore[reportUnknownVariableType]


def _joined(items: Iterable[Item]) -> Iterator[Item]:
    """Yield items, with successive texts as one."""
    for is_text, group in groupby(items, key=lambda item: isinstance(item, Words)):
        if is_text:
            words = [item for item in group if isinstance(item, Words)]
            yield Words(
                pieces=tuple(piece for item in words for piece in item.pieces),
                begin=tuple(each for item in words for each in item.begin),
            )
        else:
            yield from group
