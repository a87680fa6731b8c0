"""Secrets that come in pieces: in the deltas of a stream, and across the parts of its answer."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias, cast

from attrs import define, field, frozen

from dragoman import JSON
from dragoman_recorder.named import MASK

if TYPE_CHECKING:
    from dragoman_recorder.scrubbing import Scrubber

_Object: TypeAlias = "dict[str, JSON]"

_DELTAS = {"TextDelta": "text", "ReasoningDelta": "text", "ArgumentsDelta": "fragment", "MediaDelta": "data"}
_WITH_PART = frozenset({"PartStart", "PartUpdate", "PartEnd"})
_CONTENT = {"text": "text", "refusal": "text", "reasoning": "text", "tool_call": "arguments", "media": "data"}


@frozen
class _Piece:
    """Point to a piece of content where it stands: in a delta, or in a part."""

    holder: _Object
    name: str

    @property
    def text(self) -> str:
        return cast("str", self.holder.get(self.name) or "")


@define
class _Content:
    """Hold all that was said of one part: each time the content begins anew, a further list of pieces."""

    kind: str
    versions: list[list[_Piece]] = field(factory=list[list[_Piece]])

    def at(self, version: int) -> list[_Piece]:
        return self.versions[min(version, len(self.versions) - 1)] if self.versions else []


def scrubbed_events(events: Iterable[Mapping[str, JSON]], scrubber: Scrubber) -> list[_Object]:
    """Return the events of a stream without secrets, also where one comes in pieces.

    The answer that is assembled of them is the scrubbed answer.

    Args:
        events: plain data of each event.
        scrubber: takes secrets out.

    """
    contents: dict[JSON, _Content] = {}
    result = [_scrubbed(event, contents, scrubber) for event in events]
    _across_parts([content for content in contents.values() if content.kind != "media"], scrubber)
    for content in contents.values():
        for pieces in content.versions:
            _replace(pieces, scrubber, is_bytes=content.kind == "media")
    return result


def _scrubbed(event: Mapping[str, JSON], contents: dict[JSON, _Content], scrubber: Scrubber) -> _Object:
    """Return an event, scrubbed but for its content, which is noted in *contents*."""
    kind = event["event"]
    if isinstance(kind, str) and kind in _DELTAS and (content := contents.get(event.get("index"))) is not None:
        delta = dict(event)
        content.versions = content.versions or [[]]
        content.versions[-1].append(_Piece(delta, _DELTAS[kind]))
        return delta
    part = event.get("part")
    if kind not in _WITH_PART or not isinstance(part, dict) or part.get("type") not in _CONTENT:
        return cast("_Object", scrubber.data(dict(event)))
    return {**event, "part": _noted(part, contents.setdefault(event.get("index"), _content_of(part)), scrubber)}


def _content_of(part: _Object) -> _Content:
    return _Content(cast("str", part["type"]))


def _noted(part: _Object, content: _Content, scrubber: Scrubber) -> _Object:
    name = _CONTENT[cast("str", part["type"])]
    inner = part.get("source") if part["type"] == "media" else part
    said = inner.get(name) if isinstance(inner, dict) and (inner is part or inner.get("type") == "bytes") else None
    if not isinstance(said, str):
        return cast("_Object", scrubber.data(part))
    clean = cast("_Object", scrubber.data(_with(part, name, "")))
    holder = clean if inner is part else cast("_Object", clean["source"])
    holder[name] = said
    if said:
        content.versions.append([_Piece(holder, name)])
    return clean


def _with(part: _Object, name: str, said: str) -> _Object:
    if part["type"] != "media":
        return {**part, name: said}
    return {**part, "source": {**cast("_Object", part["source"]), name: said}}


def _replace(pieces: Sequence[_Piece], scrubber: Scrubber, *, is_bytes: bool = False) -> None:
    texts = [piece.text for piece in pieces]
    clean = _clean_bytes(texts, scrubber) if is_bytes else scrubber.pieces(texts)
    for piece, before, after in zip(pieces, texts, clean, strict=True):
        if after != before:
            piece.holder[piece.name] = after


def _clean_bytes(texts: Sequence[str], scrubber: Scrubber) -> list[str]:
    clean = scrubber.bytes([base64.b64decode(text) for text in texts])
    return [base64.b64encode(each).decode("ascii") for each in clean]


def _across_parts(contents: Sequence[_Content], scrubber: Scrubber) -> None:
    """Scrub the parts of each kind as one text, then all of them, as a list of them is scrubbed."""
    most = max((len(content.versions) for content in contents), default=0)
    for version in reversed(range(most)):
        for group in _groups(contents, version):
            _replace([piece for pieces in group for piece in pieces], scrubber)


def _groups(contents: Sequence[_Content], version: int) -> Iterator[list[list[_Piece]]]:
    kinds: dict[str, list[list[_Piece]]] = {}
    names: dict[str, list[list[_Piece]]] = {}
    for content in contents:
        pieces = content.at(version)
        if "".join(piece.text for piece in pieces) not in {"", MASK}:
            kinds.setdefault(content.kind, []).append(pieces)
            names.setdefault(_CONTENT[content.kind], []).append(pieces)
    yield from (group for group in kinds.values() if len(group) > 1)
    yield from (group for group in names.values() if len(group) > 1)
