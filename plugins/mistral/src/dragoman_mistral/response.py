"""The parts of answers in which Mistral differs from OpenAI: content in chunks, ids of calls, and cached tokens.

https://docs.mistral.ai/capabilities/reasoning and https://docs.mistral.ai/capabilities/citations
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from dragoman import Citation, Extension, Part, Reasoning, Seal, Text, Usage
from dragoman.http import count, items_of, objects, words
from dragoman_mistral.options import ISSUER
from dragoman_openai_compatible import text_of

_NO_ID = "null"
"""What stands in place of the id of a call that has none."""


class Thought:
    """Collect the chunks of a thought, which is sent back as one chunk like those in which it came."""

    def __init__(self) -> None:
        self._pieces: list[dict[str, Any]] = []
        self._added: list[str] = []
        self._members: dict[str, Any] = {}

    def add(self, chunk: Mapping[str, Any]) -> str:
        """Add a chunk of the type ``thinking``, whose text may continue that of the chunk before; return its text."""
        for number, piece in enumerate(objects(chunk.get("thinking"))):
            if number == 0 and self._pieces and piece.get("type") == self._pieces[-1].get("type") == "text":
                self._added.append(words(piece.get("text")))
            else:
                self._join()
                self._pieces.append(dict(piece))
        self._members.update({name: value for name, value in chunk.items() if name != "thinking"})
        return text_of(chunk.get("thinking"))

    def seal(self) -> Seal:
        """Return the whole thought, with its signature if it has one."""
        self._join()
        chunk: dict[str, Any] = {**self._members, "thinking": self._pieces}
        return Seal(issuer=ISSUER, payload=chunk)

    def _join(self) -> None:
        """Add to the last piece what continues it; once, so that the time stays linear in the text."""
        if self._added:
            self._pieces[-1]["text"] = words(self._pieces[-1].get("text")) + "".join(self._added)
            self._added = []


class Passages:
    """Find the passages that references are about: each is the text since the reference before it."""

    def __init__(self) -> None:
        self._start = 0
        self._end = 0

    def add(self, text: str) -> None:
        """Add text of the answer."""
        self._end += len(text)

    def cite(self, chunk: Mapping[str, Any]) -> list[Citation]:
        """Return a citation of the text before a chunk of the type ``reference`` for each source that it names."""
        start, self._start = self._start, self._end
        names = [str(each) for each in items_of(chunk.get("reference_ids")) if isinstance(each, str | int)]
        return [Citation(document_id=name, start=start, end=self._end) for name in names]


def content_parts(chunks: Iterable[Mapping[str, Any]]) -> list[Part]:
    """Return the parts of a content in chunks: the thought, the text with its citations, and what is unknown."""
    thought, passages = Thought(), Passages()
    reasoning, text = "", ""
    citations: list[Citation] = []
    others: list[Part] = []
    for chunk in chunks:
        kind = chunk.get("type")
        if kind == "thinking":
            reasoning += thought.add(chunk)
        elif kind == "text":
            text += words(chunk.get("text"))
            passages.add(words(chunk.get("text")))
        elif kind == "reference":
            citations += passages.cite(chunk)
        else:
            others.append(unknown(chunk))
    parts: list[Part] = [Reasoning(text=reasoning, seal=thought.seal())] if reasoning else []
    if text or citations:
        parts.append(Text(text=text, citations=tuple(citations)))
    return parts + others


def unknown(chunk: Mapping[str, Any]) -> Extension:
    """Return a chunk of another type as it is."""
    return Extension(kind=f"{ISSUER}.{words(chunk.get('type')) or 'chunk'}", value=dict(chunk))


def with_id(call: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a call without the word that stands in place of a missing id."""
    return {**call, "id": None} if call.get("id") == _NO_ID else call


def with_cached_tokens(usage: Usage | None) -> Usage | None:
    """Return a usage with the cached tokens of models that report them in a member of their own."""
    if usage is None or usage.cache_read_tokens is not None or not isinstance(usage.raw, Mapping):
        return usage
    return attrs.evolve(usage, cache_read_tokens=count(usage.raw, "num_cached_tokens"))
