"""What an answer cites, as citations of its texts.

Google counts in bytes of the UTF-8 text of a part; a citation counts in characters. See
https://ai.google.dev/api/generate-content#GroundingMetadata and #CitationMetadata.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from attrs import frozen

from dragoman import Citation
from dragoman_google.reading import member, number, objects, word

_PLACES = ("web", "retrievedContext", "maps", "image")


@frozen
class Place:
    """Say where a citing text stands.

    Args:
        text: which of the texts.
        start: its first character, if that is known.
        end: one past its last character, if that is known.

    """

    text: int
    start: int | None = None
    end: int | None = None


def citations(candidate: Mapping[str, Any], texts: Sequence[str]) -> dict[int, list[Citation]]:
    """Return the citations of an answer by the number of the text that cites.

    Args:
        candidate: what is known of the answer beside its parts.
        texts: the texts of the answer, at least one.

    """
    found: dict[int, list[Citation]] = {}
    for place, citation in (*_grounded(member(candidate, "groundingMetadata"), texts), *_recited(candidate, texts)):
        found.setdefault(place.text, []).append(citation)
    return found


def _grounded(grounding: Mapping[str, Any], texts: Sequence[str]) -> Iterable[tuple[Place, Citation]]:
    chunks = objects(grounding.get("groundingChunks"))
    supports = objects(grounding.get("groundingSupports"))
    if not supports:
        yield from ((Place(len(texts) - 1), _of_chunk(chunk)) for chunk in chunks)
    for support in supports:
        segment = member(support, "segment")
        place = _locate(segment, texts)
        indices = support.get("groundingChunkIndices")
        for index in cast("Sequence[Any]", indices) if isinstance(indices, list) else ():
            if isinstance(index, int) and 0 <= index < len(chunks):
                yield place, _of_chunk(chunks[index], place, support)


def _of_chunk(
    chunk: Mapping[str, Any], place: Place | None = None, support: Mapping[str, Any] | None = None
) -> Citation:
    source = member(chunk, next((name for name in _PLACES if name in chunk), _PLACES[0]))
    scores = (support or {}).get("confidenceScores")
    return Citation(
        source_url=word(source.get("uri")) or word(source.get("sourceUri")),
        document_id=_first(source, "documentName", "placeId", "fileSearchStore"),
        title=word(source.get("title")),
        start=place.start if place else None,
        end=place.end if place else None,
        quote=word(source.get("text")),
        metadata={"confidenceScores": scores} if scores else {},
    )


def _first(source: Mapping[str, Any], *names: str) -> str | None:
    return next((found for name in names if (found := word(source.get(name)))), None)


def _recited(candidate: Mapping[str, Any], texts: Sequence[str]) -> Iterable[tuple[Place, Citation]]:
    metadata = member(candidate, "citationMetadata")
    for source in objects(metadata.get("citationSources") or metadata.get("citations")):
        place = _locate(source, texts)
        kept = {name: source[name] for name in ("license", "publicationDate") if source.get(name)}
        citation = Citation(
            source_url=word(source.get("uri")),
            title=word(source.get("title")),
            start=place.start,
            end=place.end,
            metadata=kept,
        )
        yield place, citation


def _locate(segment: Mapping[str, Any], texts: Sequence[str]) -> Place:
    """Return where a segment stands: where its bytes say the same, else where its words are found."""
    start, end = number(segment.get("startIndex")), number(segment.get("endIndex"))
    said = segment.get("text")
    for place, text in enumerate(texts):
        data = text.encode()
        if end <= len(data) and (said is None or _cut(data, start, end) == said):
            first = len(_cut(data, 0, start))
            return Place(place, first, first + len(_cut(data, start, end)))
    for place, text in enumerate(texts):
        if isinstance(said, str) and said in text:
            first = text.index(said)
            return Place(place, first, first + len(said))
    return Place(len(texts) - 1)


def _cut(data: bytes, start: int, end: int) -> str:
    return data[start:end].decode("utf-8", "ignore")
