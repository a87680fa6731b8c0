"""The content blocks of a stream, which open, grow and close.

Citations, signatures and blocks of unknown types are reported as a whole when they grow. To keep the total work linear,
a long one is reported less often as it grows, and once more when it closes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import define, field

from dragoman import (
    Citation,
    Event,
    Extension,
    PartStop,
    PartUpdate,
    SealUpdate,
    reasoning_delta,
    text_delta,
)
from dragoman.http import Pace, fields, word, words
from dragoman_anthropic.response import citation, cited_text, part, seal

WAITS = -1
"""The index of a block that has no part yet, since it was opened empty."""


@define
class Block:
    """Hold the state of one block.

    Args:
        start: the block as it was opened; for an unknown type, with the values received since, except `pieces`.
        index: the index of its part, ``WAITS`` while it is empty.
        payload: its citations as Anthropic sent them.
        citations: its citations.
        pieces: text fragments that are not joined yet, by the name of their member.
        size: the size of all that a report would hold, in characters or items.
        pace: decides when to report.
        open: whether it was not closed yet.

    """

    start: dict[str, Any]
    index: int = WAITS
    payload: list[dict[str, Any]] = field(factory=list[dict[str, Any]])
    citations: list[Citation] = field(factory=list[Citation])
    pieces: dict[str, list[str]] = field(factory=dict[str, list[str]])
    size: int = 0
    pace: Pace = field(factory=Pace)
    open: bool = True

    def cite(self, citations: Iterable[dict[str, Any]]) -> None:
        """Add citations."""
        for each in citations:
            self.payload.append(each)
            self.citations.append(citation(each))

    def grow(self, size: int) -> list[Event]:
        """Record growth by *size*, and return a report of the whole if one is due."""
        self.size += size
        self.pace.add(size)
        return report(self) if self.pace.is_due(self.size) else []


def apply_delta(block: Block, delta: Mapping[str, Any]) -> Iterable[Event]:
    """Apply a delta to a block, and return the events; a delta that does not fit the type of the block is ignored."""
    handler = _DELTAS.get(word(delta.get("type")) or "")
    kind = word(block.start.get("type"))
    if handler is None or kind not in handler[0]:
        return _extend_unknown(block, delta) if kind not in _KNOWN else ()
    return handler[1](block, delta)


def report(block: Block) -> list[Event]:
    """Return what an open block received since the last report."""
    if not block.pace.is_behind or not block.open:
        return []
    block.pace.reset()
    if block.citations:
        return [PartUpdate(block.index, cited_text(block.citations, block.payload))]
    if word(block.start.get("type")) == "thinking":
        return _report_signature(block)
    for name, pieces in block.pieces.items():
        block.start[name] = "".join((block.start[name], *pieces))
    block.pieces.clear()
    known = part(block.start)
    return [PartUpdate(block.index, known)] if isinstance(known, Extension) else []


def close(block: Block) -> list[Event]:
    """Close a block and return the events."""
    events = report(block)
    block.open = False
    if block.index == WAITS:
        return []
    return [*events, PartStop(block.index)]


def _extend_text(block: Block, delta: Mapping[str, Any]) -> list[Event]:
    text = delta.get("text")
    return [text_delta(block.index, text)] if isinstance(text, str) and text else []


def _extend_thinking(block: Block, delta: Mapping[str, Any]) -> list[Event]:
    text = delta.get("thinking")
    return [reasoning_delta(block.index, text)] if isinstance(text, str) and text else []


def _extend_signature(block: Block, delta: Mapping[str, Any]) -> list[Event]:
    piece = words(delta.get("signature"))
    if not piece:
        return []
    block.pieces.setdefault("signature", []).append(piece)
    return block.grow(len(piece))


def _report_signature(block: Block) -> list[Event]:
    signature = "".join(block.pieces["signature"])
    block.pieces["signature"] = [signature]
    sealed = seal(signature)
    return [] if sealed is None else [SealUpdate(block.index, sealed)]


def _add_citation(block: Block, delta: Mapping[str, Any]) -> list[Event]:
    block.cite([fields(delta.get("citation"))])
    return block.grow(1)


def _extend_unknown(block: Block, delta: Mapping[str, Any]) -> list[Event]:
    """Apply a delta to a block of an unknown type: its texts are extended, its other members are replaced."""
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


_KNOWN = frozenset({"text", "thinking", "redacted_thinking"})
_DELTAS: Mapping[str, tuple[frozenset[str], Callable[[Block, Mapping[str, Any]], list[Event]]]] = {
    "text_delta": (frozenset({"text"}), _extend_text),
    "thinking_delta": (frozenset({"thinking"}), _extend_thinking),
    "signature_delta": (frozenset({"thinking"}), _extend_signature),
    "citations_delta": (frozenset({"text"}), _add_citation),
}

__all__ = ["WAITS", "Block", "apply_delta", "close", "report"]
