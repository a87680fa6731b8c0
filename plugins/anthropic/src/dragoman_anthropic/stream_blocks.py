"""How the blocks of a streamed answer grow.

Citations, signatures and blocks of unknown types are told as a whole when they have grown. Once they are long, that is
done ever more rarely, and once more when the block closes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import define, field

from dragoman import (
    ArgumentsDelta,
    Citation,
    Event,
    Extension,
    PartStop,
    PartUpdate,
    ReasoningDelta,
    SealUpdate,
    TextDelta,
)
from dragoman.http import Pace
from dragoman_anthropic import response as read


@define
class Block:
    """Follow one block.

    Args:
        index: our index of it.
        start: the block as it was opened; of an unknown type, as it is so far, without its latest texts.
        answer: whether its input is the text of the answer.
        written: whether a piece of its input has come.
        cited: its citations so far, as Anthropic wrote them.
        citations: the same as ours.
        pieces: the texts that came last, by the names of their members.
        size: how much is told when all of it is.
        pace: when to tell of what has grown.
        open: whether it has not been closed.

    """

    index: int
    start: dict[str, Any]
    answer: bool = False
    written: bool = False
    cited: list[dict[str, Any]] = field(factory=list[dict[str, Any]])
    citations: list[Citation] = field(factory=list[Citation])
    pieces: dict[str, list[str]] = field(factory=dict[str, list[str]])
    size: int = 0
    pace: Pace = field(factory=Pace)
    open: bool = True

    def cite(self, cited: Iterable[dict[str, Any]]) -> None:
        """Add citations."""
        for each in cited:
            self.cited.append(each)
            self.citations.append(read.citation(each))

    def grow(self, size: int) -> list[Event]:
        """Take note of something new, of which there is *size*; tell of it if it is time to."""
        self.size += size
        self.pace.add(size)
        return untold(self) if self.pace.is_due(self.size) else []


def grown(block: Block, delta: Mapping[str, Any]) -> Iterable[Event]:
    """Return what a delta adds to a block."""
    handler = _DELTAS.get(read.word(delta.get("type")) or "")
    kind = read.word(block.start.get("type"))
    if handler is None or kind not in handler[0]:
        return _extended(block, delta) if kind not in _KNOWN else ()
    return handler[1](block, delta)


def untold(block: Block) -> list[Event]:
    """Return what has not been told yet of a block that is open."""
    if not block.pace.is_behind or not block.open:
        return []
    block.pace.told()
    if block.citations:
        return [PartUpdate(block.index, read.cited_text(block.citations, block.cited))]
    if read.word(block.start.get("type")) == "thinking":
        return _signed(block)
    for name, pieces in block.pieces.items():
        block.start[name] = "".join((block.start[name], *pieces))
    block.pieces.clear()
    kept = read.part(block.start)
    return [PartUpdate(block.index, kept)] if isinstance(kept, Extension) else []


def closed(block: Block) -> list[Event]:
    """Close a part; a call of which no input came has what it was opened with."""
    events = untold(block)
    block.open = False
    if read.word(block.start.get("type")) in _CALLS and not block.written:
        written = read.arguments(block.start)
        events.append(TextDelta(block.index, written) if block.answer else ArgumentsDelta(block.index, written))
    return [*events, PartStop(block.index)]


def _text(block: Block, delta: Mapping[str, Any]) -> list[Event]:
    words = delta.get("text")
    return [TextDelta(block.index, words)] if isinstance(words, str) and words else []


def _thinking(block: Block, delta: Mapping[str, Any]) -> list[Event]:
    words = delta.get("thinking")
    return [ReasoningDelta(block.index, words)] if isinstance(words, str) and words else []


def _signature(block: Block, delta: Mapping[str, Any]) -> list[Event]:
    piece = read.word(delta.get("signature")) or ""
    if not piece:
        return []
    block.pieces.setdefault("signature", []).append(piece)
    return block.grow(len(piece))


def _signed(block: Block) -> list[Event]:
    signature = "".join(block.pieces["signature"])
    block.pieces["signature"] = [signature]
    sealed = read.seal(signature)
    return [] if sealed is None else [SealUpdate(block.index, sealed)]


def _citation(block: Block, delta: Mapping[str, Any]) -> list[Event]:
    block.cite([read.as_mapping(delta.get("citation"))])
    return block.grow(1)


def _input(block: Block, delta: Mapping[str, Any]) -> list[Event]:
    piece = delta.get("partial_json")
    if not isinstance(piece, str) or not piece:
        return []
    block.written = True
    return [TextDelta(block.index, piece) if block.answer else ArgumentsDelta(block.index, piece)]


def _extended(block: Block, delta: Mapping[str, Any]) -> list[Event]:
    """Grow a block of a type without a class here: its texts go on, its other members are replaced."""
    added = 1
    if not block.size:
        block.size = sum(len(value) if isinstance(value, str) else 1 for value in block.start.values())
    for name, value in delta.items():
        if name == "type":
            continue
        added += 1
        if isinstance(value, str) and isinstance(block.start.get(name), str):
            block.pieces.setdefault(name, []).append(value)
            added += len(value)
        else:
            block.start[name] = value
            block.pieces.pop(name, None)
    return block.grow(added)


_CALLS = frozenset({"tool_use", *read.SERVER_CALLS})
_KNOWN = frozenset({"text", "thinking", "redacted_thinking", *_CALLS})
_DELTAS: Mapping[str, tuple[frozenset[str], Callable[[Block, Mapping[str, Any]], list[Event]]]] = {
    "text_delta": (frozenset({"text"}), _text),
    "thinking_delta": (frozenset({"thinking"}), _thinking),
    "signature_delta": (frozenset({"thinking"}), _signature),
    "citations_delta": (frozenset({"text"}), _citation),
    "input_json_delta": (_CALLS, _input),
}

__all__ = ["Block", "closed", "grown", "untold"]
