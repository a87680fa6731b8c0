"""The citations of an answer.

Google gives positions in bytes of the UTF-8 text of a part; a citation gives them in characters. See
https://ai.google.dev/api/generate-content#GroundingMetadata and #CitationMetadata.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, islice
from typing import Any

from dragoman import Citation
from dragoman.http import MAX_ITEMS, fields, items_of, number, objects, word
from dragoman_google.response import integer
from dragoman_google.response_segments import Location, SegmentLocator

_SOURCE_KINDS = ("web", "retrievedContext", "maps", "image")


def citations(candidate: Mapping[str, Any], texts: Sequence[str]) -> dict[int, list[Citation]]:
    """Return the citations of an answer by the number of the text that they belong to.

    Args:
        candidate: the metadata of the candidate.
        texts: the texts of the answer, at least one.

    Raises:
        ResponseTooLargeError: if there are more than 10,000.

    """
    grounding, sources = fields(candidate.get("groundingMetadata")), _sources(candidate)
    supports = objects(grounding.get("groundingSupports"))
    locator = SegmentLocator(texts, len(supports) + len(sources))
    grounded = _supported(grounding, supports, locator) if supports else _unsupported(grounding, len(texts) - 1)
    found: dict[int, list[Citation]] = {}
    located = items_of(list(islice(chain(grounded, _attributed(sources, locator)), MAX_ITEMS + 1)))
    for location, citation in located:
        found.setdefault(location.text, []).append(citation)
    return found


def _unsupported(grounding: Mapping[str, Any], last: int) -> Iterable[tuple[Location, Citation]]:
    """Return citations of sources without segments, which belong to the last text as a whole."""
    return ((Location(last), _citation(chunk)) for chunk in objects(grounding.get("groundingChunks")))


def _supported(
    grounding: Mapping[str, Any], supports: Iterable[Mapping[str, Any]], locator: SegmentLocator
) -> Iterable[tuple[Location, Citation]]:
    """Return citations of the sources that support segments."""
    chunks = objects(grounding.get("groundingChunks"))
    for support in supports:
        location = _locate(fields(support.get("segment")), locator)
        for index in items_of(support.get("groundingChunkIndices")):
            if (at := number(index)) is not None and at < len(chunks):
                yield location, _citation(chunks[at], location, support)


def _citation(
    chunk: Mapping[str, Any], location: Location | None = None, support: Mapping[str, Any] | None = None
) -> Citation:
    source = fields(chunk.get(next((kind for kind in _SOURCE_KINDS if chunk.get(kind)), _SOURCE_KINDS[0])))
    scores = (support or {}).get("confidenceScores")
    return Citation(
        source_url=word(source.get("uri")) or word(source.get("sourceUri")),
        document_id=_first(source, "documentName", "placeId", "fileSearchStore"),
        title=word(source.get("title")),
        start=location.start if location else None,
        end=location.end if location else None,
        quote=word(source.get("text")),
        metadata={"confidenceScores": scores} if scores else {},
    )


def _first(source: Mapping[str, Any], *names: str) -> str | None:
    return next((found for name in names if (found := word(source.get(name)))), None)


def _sources(candidate: Mapping[str, Any]) -> list[dict[str, Any]]:
    metadata = fields(candidate.get("citationMetadata"))
    return objects(metadata.get("citationSources") or metadata.get("citations"))


def _attributed(sources: Iterable[Mapping[str, Any]], locator: SegmentLocator) -> Iterable[tuple[Location, Citation]]:
    """Return citations of the sources that an answer recites."""
    for source in sources:
        location = _locate(source, locator)
        kept = {name: source[name] for name in ("license", "publicationDate") if source.get(name)}
        citation = Citation(
            source_url=word(source.get("uri")),
            title=word(source.get("title")),
            start=location.start,
            end=location.end,
            metadata=kept,
        )
        yield location, citation


def _locate(segment: Mapping[str, Any], locator: SegmentLocator) -> Location:
    return locator.locate(integer(segment.get("startIndex")), integer(segment.get("endIndex")), segment.get("text"))
