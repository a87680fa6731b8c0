"""Scrubbing of streams: secrets that are split across the deltas of a part, or across the parts of an answer."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias, cast

from attrs import define, field, frozen

from dragoman import JSON
from dragoman_recorder.text_edits import MASK

if TYPE_CHECKING:
    from dragoman_recorder.scrubber import Scrubber

_Object: TypeAlias = "dict[str, JSON]"

_DELTAS = {"TextDelta": "text", "ReasoningDelta": "text", "ArgumentsDelta": "fragment", "MediaDelta": "data"}
_WITH_PART = frozenset({"PartStart", "PartUpdate", "PartEnd"})
_CONTENT = {"text": "text", "refusal": "text", "reasoning": "text", "tool_call": "arguments", "media": "data"}


@frozen
class _Piece:
    """Refer to a piece of content: a member of a delta, or of a part."""

    holder: _Object
    name: str

    @property
    def text(self) -> str:
        return cast("str", self.holder.get(self.name) or "")


@define
class _Content:
    """Hold the content of one part: a list of pieces, and another one each time that the content is replaced."""

    kind: str
    versions: list[list[_Piece]] = field(factory=list[list[_Piece]])

    def at(self, version: int) -> list[_Piece]:
        return self.versions[min(version, len(self.versions) - 1)] if self.versions else []


def scrub_events(events: Iterable[Mapping[str, JSON]], scrubber: Scrubber) -> list[_Object]:
    """Return the events of a stream without secrets, also without those that are split across events.

    They are assembled into the answer that scrubbing the assembled answer gives.

    Args:
        events: plain data of each event.
        scrubber: removes secrets.

    """
    contents: dict[JSON, _Content] = {}
    result = [_scrub_event(event, contents, scrubber) for event in events]
    _scrub_across_parts([content for content in contents.values() if content.kind != "media"], scrubber)
    _scrub_logprobs(result, scrubber)
    for content in contents.values():
        for pieces in content.versions:
            _scrub_text(pieces, scrubber, is_bytes=content.kind == "media")
    return result


def _scrub_event(event: Mapping[str, JSON], contents: dict[JSON, _Content], scrubber: Scrubber) -> _Object:
    """Return an event, scrubbed except for its content, which is added to *contents*."""
    kind = event["event"]
    if isinstance(kind, str) and kind in _DELTAS and (content := contents.get(event.get("index"))) is not None:
        delta = dict(event)
        content.versions = content.versions or [[]]
        content.versions[-1].append(_Piece(delta, _DELTAS[kind]))
        return delta
    part = event.get("part")
    if kind not in _WITH_PART or not isinstance(part, dict) or part.get("type") not in _CONTENT:
        return cast("_Object", scrubber.data(dict(event)))
    return {**event, "part": _scrub_part(part, contents.setdefault(event.get("index"), _content_of(part)), scrubber)}


def _scrub_logprobs(events: Iterable[_Object], scrubber: Scrubber) -> None:
    """Scrub the log probabilities of all deltas as one list, since each token is a piece of the answer."""
    holders = [event for event in events if event.get("event") in _DELTAS and isinstance(event.get("logprobs"), list)]
    lists = [cast("list[JSON]", event["logprobs"]) for event in holders]
    clean = iter(cast("list[JSON]", scrubber.data([each for logprobs in lists for each in logprobs])))
    for event, logprobs in zip(holders, lists, strict=True):
        event["logprobs"] = [next(clean) for _ in logprobs]


def _content_of(part: _Object) -> _Content:
    return _Content(cast("str", part["type"]))


def _scrub_part(part: _Object, content: _Content, scrubber: Scrubber) -> _Object:
    """Return a part, scrubbed except for its content, which is added to *content*."""
    name = _CONTENT[cast("str", part["type"])]
    inner = part.get("source") if part["type"] == "media" else part
    text = inner.get(name) if isinstance(inner, dict) and (inner is part or inner.get("type") == "bytes") else None
    if not isinstance(text, str):
        return cast("_Object", scrubber.data(part))
    clean = cast("_Object", scrubber.data(_with_content(part, name, "")))
    holder = clean if inner is part else cast("_Object", clean["source"])
    holder[name] = text
    if text:
        content.versions.append([_Piece(holder, name)])
    return clean


def _with_content(part: _Object, name: str, text: str) -> _Object:
    if part["type"] != "media":
        return {**part, name: text}
    return {**part, "source": {**cast("_Object", part["source"]), name: text}}


def _scrub_text(pieces: Sequence[_Piece], scrubber: Scrubber, *, is_bytes: bool = False) -> None:
    texts = [piece.text for piece in pieces]
    clean = _scrub_bytes(texts, scrubber) if is_bytes else scrubber.pieces(texts)
    for piece, before, after in zip(pieces, texts, clean, strict=True):
        if after != before:
            piece.holder[piece.name] = after


def _scrub_bytes(texts: Sequence[str], scrubber: Scrubber) -> list[str]:
    clean = scrubber.bytes([base64.b64decode(text) for text in texts])
    return [base64.b64encode(each).decode("ascii") for each in clean]


def _scrub_across_parts(contents: Sequence[_Content], scrubber: Scrubber) -> None:
    """Scrub the parts of each kind as one text, then all of them, as in a list of parts."""
    most = max((len(content.versions) for content in contents), default=0)
    for version in reversed(range(most)):
        for group in _groups(contents, version):
            _scrub_text([piece for pieces in group for piece in pieces], scrubber)


def _groups(contents: Sequence[_Content], version: int) -> Iterator[list[list[_Piece]]]:
    by_kind: dict[str, list[list[_Piece]]] = {}
    by_name: dict[str, list[list[_Piece]]] = {}
    for content in contents:
        pieces = content.at(version)
        if "".join(piece.text for piece in pieces) not in {"", MASK}:
            by_kind.setdefault(content.kind, []).append(pieces)
            by_name.setdefault(_CONTENT[content.kind], []).append(pieces)
    yield from (group for group in by_kind.values() if len(group) > 1)
    yield from (group for group in by_name.values() if len(group) > 1)
