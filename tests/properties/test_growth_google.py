"""The work of decoding Google's dialect is linear in whatever a server repeats, streamed and whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, strategies as st

from dragoman_google.dialect import Gemini
from dragoman_google.response_segments import Location, SegmentLocator
from properties.growth import check_linear, of_reply, of_stream

Shape = Callable[[int], list[Any]]
SEALED = {"text": "a", "thoughtSignature": "AA=="}
CHUNK = {"web": {"uri": "u", "title": "t"}}
RATING = {"category": "C", "probability": "LOW"}
SOURCE = {"startIndex": 0, "endIndex": 1, "uri": "u", "title": "t"}
LOGGED: dict[str, Any] = {
    "chosenCandidates": [{"token": "a", "logProbability": -1.0}],
    "topCandidates": [{"candidates": []}],
}
SOUND = {"inlineData": {"mimeType": "audio/wav", "data": "AAAA"}}
IMAGE = {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}


def said(*parts: Any, index: int = 0, **facts: Any) -> dict[str, Any]:
    return {"candidates": [{"index": index, "content": {"parts": [*parts]}, **facts}]}


def support(start: int = 1, end: int = 2, text: str | None = "a", indices: Any = (0,)) -> dict[str, Any]:
    segment = {"startIndex": start, "endIndex": end, **({} if text is None else {"text": text})}
    return {"segment": segment, "groundingChunkIndices": [*indices], "confidenceScores": [0.5]}


def grounded(*supports: Any, chunks: int = 1) -> dict[str, Any]:
    return said(groundingMetadata={"groundingChunks": [CHUNK] * chunks, "groundingSupports": [*supports]})


def supported(make: Callable[[int], dict[str, Any]], *texts: str) -> tuple[Shape, Shape]:
    """Return n supports of one long text, and of n texts."""

    def of_one(n: int) -> list[Any]:
        return [said({"text": "".join(texts) * n}), grounded(*map(make, range(n)))]

    def of_many(n: int) -> list[Any]:
        each = [said({"text": texts[i % len(texts)], "thoughtSignature": "AA=="}) for i in range(n)]
        return [*each, grounded(*map(make, range(n)))]

    return of_one, of_many


def argued(*values: Any, goes_on: bool = True, **more: Any) -> dict[str, Any]:
    return said({"functionCall": {"partialArgs": [*values], "willContinue": goes_on, **more}})


def pieces(path: Callable[[int], str], **more: Any) -> Shape:
    return lambda n: [
        argued(name="f"),
        *(argued({"jsonPath": path(i), "stringValue": "abcd ", **more}) for i in range(n)),
        argued(goes_on=False),
    ]


SUPPORTS = {
    "supports": supported(lambda _: support(), "abc"),
    "supports without words": supported(lambda _: support(text=None), "abc"),
    "supports that differ": supported(lambda i: support(i, i + 1), "abc"),
    "supports that begin anywhere": supported(lambda i: support(i % 7, 7 + i % 5, "abcdefg"), "abcdefghi"),
    "supports whose words stand elsewhere": supported(lambda i: support(i, i + 1, "bc"), "abc"),
    "supports whose words stand nowhere": supported(lambda i: support(0, 5, f"zz{i}"), "abc"),
    "supports beyond ASCII": supported(lambda i: support(i, i + 2, "ö"), "aö🌍"),
    "supports beyond ASCII without words": supported(lambda i: support(i, i + 2, None), "aö🌍"),
}
SHAPES: dict[str, Shape] = {
    "text": lambda n: [said({"text": "abcd "})] * n,
    "thoughts": lambda n: [said({"text": "abcd ", "thought": True})] * n,
    "texts with seals": lambda n: [said(SEALED)] * n,
    "texts with seals and without": lambda n: [said(SEALED, {"text": "b"})] * n,
    "thoughts with seals": lambda n: [said({**SEALED, "thought": True})] * n,
    "seals": lambda n: [said({"thoughtSignature": "AA=="})] * n,
    "parts of one chunk": lambda n: [said(*[SEALED, {"text": "b"}] * n)],
    "texts and thoughts by turns": lambda n: [said({"text": "a"}), said({"text": "a", "thought": True})] * n,
    "calls": lambda n: [said({"functionCall": {"name": "f", "args": {}}})] * n,
    "calls of an answer with a long id": lambda n: [
        {"responseId": "r" * n, **said({"functionCall": {"name": "f", "args": {}}})},
        *[said({"functionCall": {"name": "f", "args": {}}})] * n,
    ],
    "calls that never end": lambda n: [argued(name="f")] * n,
    "arguments of one text": pieces(lambda _: "$.a", willContinue=True),
    "arguments that are sent again": pieces(lambda _: "$.a"),
    "arguments of many names": pieces("$.a{}".format),
    "arguments of many places": pieces("$.a[{}]".format),
    "arguments by turns": pieces(lambda i: f"$.a{i % 2}", willContinue=True),
    "arguments that are never complete": lambda n: [argued(name="f"), *pieces(lambda _: "$.a", willContinue=True)(n)],
    "arguments of one chunk": lambda n: [
        argued(*[{"jsonPath": "$.a", "stringValue": "b", "willContinue": True}] * n, name="f", goes_on=False)
    ],
    "sound": lambda n: [said(SOUND)] * n,
    "images": lambda n: [said(IMAGE)] * n,
    "files": lambda n: [said({"fileData": {"fileUri": "u", "mimeType": "video/mp4"}})] * n,
    "unknown parts": lambda n: [said({"novel": {"a": 1}})] * n,
    "log probabilities": lambda n: [said({"text": "a"}, logprobsResult=LOGGED)] * n,
    "log probabilities of many names": lambda n: [said(logprobsResult={f"k{i}": [i]}) for i in range(n)],
    "ratings": lambda n: [said({"text": "a"}, safetyRatings=[RATING])] * n,
    "ratings of one chunk": lambda n: [said({"text": "a"}, safetyRatings=[RATING] * n)],
    "sources": lambda n: [said({"text": "abc"}), said(citationMetadata={"citationSources": [SOURCE] * n})],
    "sources, chunk by chunk": lambda n: [said({"text": "a"}, citationMetadata={"citations": [SOURCE]})] * n,
    "chunks that are cited": lambda n: [said({"text": "abc"}), grounded(chunks=n)],
    "chunks that one support cites": lambda n: [
        said({"text": "abc"}),
        grounded(support(indices=range(n)), chunks=n),
    ],
    "another candidate": lambda n: [said({"text": "abcd "}, index=1)] * n,
    "other candidates": lambda n: [said({"text": "abcd "}, index=i + 1, finishReason="STOP") for i in range(n)],
    "candidates of one chunk": lambda n: [{"candidates": said({"text": "a"})["candidates"] * n}],
    "usage": lambda n: [{"usageMetadata": {"promptTokenCount": i}} for i in range(n)],
    "usage of many members": lambda n: [{"usageMetadata": {f"k{i}": i}} for i in range(n)],
    "ids": lambda n: [{"responseId": f"r{i}", "modelVersion": f"m{i}"} for i in range(n)],
    "feedback": lambda n: [{"promptFeedback": {"safetyRatings": [RATING]}, **said({"text": "a"})}] * n,
    **{name: shapes[0] for name, shapes in SUPPORTS.items()},
    **{f"{name}, of many texts": shapes[1] for name, shapes in SUPPORTS.items()},
}
END = said({"text": "z"}, finishReason="STOP")


BRACKETS: dict[str, Any] = {"novel": [list[Any]() for _ in range(501)]}
"""So many brackets that the depth of a text is checked, however few its repetitions are."""


@pytest.mark.parametrize("shape", SHAPES)
def test_a_stream(shape: str) -> None:
    more = BRACKETS if "one chunk" in shape or shape in SUPPORTS else {}

    def stream(n: int) -> bytes:
        chunks = ({**each, **more} for each in (*SHAPES[shape](n), END))
        return b"".join(b"data: " + json.dumps(each).encode() + b"\n\n" for each in chunks)

    check_linear(lambda n: of_stream(Gemini(), stream(n)))


@pytest.mark.parametrize("shape", SHAPES)
def test_a_stream_that_came_as_one_array(shape: str) -> None:
    check_linear(lambda n: of_reply(Gemini(), json.dumps([*SHAPES[shape](n), END, BRACKETS]).encode()))


WHOLE: dict[str, Callable[[int], dict[str, Any]]] = {
    "texts": lambda n: said(*[SEALED] * n),
    "calls": lambda n: said(*[{"functionCall": {"name": "f", "args": {}}}] * n),
    "unknown parts": lambda n: said(*[{"novel": 1}] * n),
    "supports": lambda n: said(
        *[SEALED] * n,
        groundingMetadata={"groundingChunks": [CHUNK], "groundingSupports": [support(0, 1, f"z{i}") for i in range(n)]},
    ),
    "sources": lambda n: said({"text": "abc"}, citationMetadata={"citationSources": [SOURCE] * n}),
    "candidates": lambda n: {"candidates": [{"index": i, "content": {"parts": [SEALED]}} for i in range(n)]},
    "log probabilities": lambda n: said({"text": "a"}, logprobsResult={"chosenCandidates": [{"token": "a"}] * n}),
    "unknown members": lambda n: {**said({"text": "a"}), **{f"k{i}": i for i in range(n)}},
}


@pytest.mark.parametrize("shape", WHOLE)
def test_a_whole_reply(shape: str) -> None:
    check_linear(lambda n: of_reply(Gemini(), json.dumps({**WHOLE[shape](n), **BRACKETS}).encode()))


def plainly(texts: list[str], start: int, end: int, words: str | None) -> Location:
    """Return where a segment stands, found by looking through all texts."""
    for number, text in enumerate(texts):
        data = text.encode()
        cut = data[start:end].decode("utf-8", "ignore")
        if end <= len(data) and (words is None or cut == words):
            first = len(data[:start].decode("utf-8", "ignore"))
            return Location(number, first, first + len(cut))
    for number, text in enumerate(texts):
        if words is not None and words in text:
            return Location(number, text.index(words), text.index(words) + len(words))
    return Location(len(texts) - 1)


LETTERS = st.text(alphabet="abö🌍", max_size=8)


@given(
    texts=st.lists(LETTERS, min_size=1, max_size=4),
    segments=st.lists(st.tuples(st.integers(0, 14), st.integers(0, 14), st.none() | LETTERS), max_size=4),
)
def test_places_are_those_that_a_plain_search_finds(
    texts: list[str], segments: list[tuple[int, int, str | None]]
) -> None:
    found = SegmentLocator(texts, len(segments))
    for segment in segments:
        assert found.locate(*segment) == plainly(texts, *segment)


def test_places_in_a_long_text() -> None:
    text = "aö🌍" * 300
    found = SegmentLocator([text], 1)
    for start in range(0, len(text.encode()), 97):
        assert found.locate(start, start + 20, None) == plainly([text], start, start + 20, None)


def test_no_more_is_searched_than_a_multiple_of_the_texts() -> None:
    long = "a" * 1_000_000
    found = SegmentLocator([long], 50)
    places = [found.locate(0, 0, f"a{'b' * number}") for number in range(50)]
    assert places[0] == Location(0, 0, 1)
    assert places[1:] == [Location(0)] * 49
    assert found.locate(0, 0, "aa") == Location(0)
