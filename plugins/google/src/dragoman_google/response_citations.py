"""What an answer cites, as citations of its texts.

Google counts in bytes of the UTF-8 text of a part; a citation counts in characters. See
https://ai.google.dev/api/generate-content#GroundingMetadata and #CitationMetadata.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, islice
from typing import Any

from dragoman import Citation
from dragoman.http import MAX_ITEMS, items_of
from dragoman_google.response import listed, member, number, word
from dragoman_google.response_segments import Place, Texts

_PLACES = ("web", "retrievedContext", "maps", "image")


def citations(candidate: Mapping[str, Any], texts: Sequence[str]) -> dict[int, list[Citation]]:
    """Return the citations of an answer by the number of the text that cites.

    Args:
        candidate: what is known of the answer beside its parts.
        texts: the texts of the answer, at least one.

    Raises:
        ResponseTooLargeError: if there are more than an answer may have.

    """
    grounding, sources = member(candidate, "groundingMetadata"), _sources(candidate)
    supports = listed(grounding.get("groundingSupports"))
    places = Texts(texts, len(supports) + len(sources))
    grounded = _supported(grounding, supports, places) if supports else _unsupported(grounding, len(texts) - 1)
    found: dict[int, list[Citation]] = {}
    cited = items_of(list(islice(chain(grounded, _recited(sources, places)), MAX_ITEMS + 1)))
    for place, citation in cited:
        found.setdefault(place.text, []).append(citation)
    return found


def _unsupported(grounding: Mapping[str, Any], last: int) -> Iterable[tuple[Place, Citation]]:
    return ((Place(last), _of_chunk(chunk)) for chunk in listed(grounding.get("groundingChunks")))


def _supported(
    grounding: Mapping[str, Any], supports: Iterable[Mapping[str, Any]], texts: Texts
) -> Iterable[tuple[Place, Citation]]:
    chunks = listed(grounding.get("groundingChunks"))
    for support in supports:
        place = _locate(member(support, "segment"), texts)
        for index in items_of(support.get("groundingChunkIndices")):
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


def _sources(candidate: Mapping[str, Any]) -> list[dict[str, Any]]:
    metadata = member(candidate, "citationMetadata")
    return listed(metadata.get("citationSources") or metadata.get("citations"))


def _recited(sources: Iterable[Mapping[str, Any]], texts: Texts) -> Iterable[tuple[Place, Citation]]:
    for source in sources:
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


def _locate(segment: Mapping[str, Any], texts: Texts) -> Place:
    return texts.locate(number(segment.get("startIndex")), number(segment.get("endIndex")), segment.get("text"))
