"""Scrubbing of plain data and of texts that are JSON: values with secret names, and secrets split across a list."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, cast

from dragoman import JSON, parse_json
from dragoman_recorder.secret_names import is_always_secret, is_secret_name
from dragoman_recorder.text_edits import MASK, Edit, edits_between

_SCHEMA = frozenset({"type", "$ref", "anyOf", "oneOf", "allOf", "enum", "const", "description", "title", "properties"})
_NAMES = ("name", "key", "header")


class _TextScrubber(Protocol):
    def text(self, text: str) -> str: ...
    def name(self, name: str) -> str: ...
    def pieces(self, pieces: Sequence[str]) -> list[str]: ...
    def bytes(self, pieces: Sequence[bytes]) -> list[bytes]: ...


def scrub_data(value: JSON, scrubber: _TextScrubber) -> JSON:
    """Return plain data without secrets.

    Args:
        value: the data.
        scrubber: removes secrets from texts.

    """
    if isinstance(value, str):
        return scrubber.text(value)
    if isinstance(value, list):
        return [scrub_data(each, scrubber) for each in _scrub_pieces(value, scrubber)]
    if isinstance(value, dict):
        return _scrub_object(value, scrubber)
    return value


def edits_of_json(text: str, scrubber: _TextScrubber) -> list[Edit]:
    """Return the edits that scrub the values in a text that is JSON; none for any other text.

    Args:
        text: the text.
        scrubber: removes secrets from texts.

    """
    if text.lstrip()[:1] not in {"{", "["}:
        return []
    try:
        before: JSON = parse_json(text)
    except ValueError:
        return []
    after = scrub_data(before, scrubber)
    return [] if after == before else edits_between(text, json.dumps(after, ensure_ascii=False))


def _scrub_object(value: Mapping[str, JSON], scrubber: _TextScrubber) -> JSON:
    if value.get("type") == "bytes" and isinstance(data := value.get("data"), str):
        return {**value, "data": _scrub_base64(data, scrubber)}
    is_secret = _is_secret_pair(value)
    return {
        scrubber.name(name): _mask(each)
        if is_secret and name == "value"
        else _scrub_member(name, each, value, scrubber)
        for name, each in value.items()
    }


def _scrub_base64(data: str, scrubber: _TextScrubber) -> str:
    try:
        decoded = base64.b64decode(data, validate=True)
    except ValueError:
        return scrubber.text(data)
    return base64.b64encode(scrubber.bytes((decoded,))[0]).decode("ascii")


def _scrub_member(name: str, value: JSON, siblings: Mapping[str, JSON], scrubber: _TextScrubber) -> JSON:
    if not is_secret_name(name) or ("logprob" in siblings and name == "token"):
        return scrub_data(value, scrubber)
    if isinstance(value, dict) and not _SCHEMA.isdisjoint(value):
        return scrub_data(value, scrubber)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return MASK if is_always_secret(name) else value
    return _mask(value)


def _is_secret_pair(value: Mapping[str, JSON]) -> bool:
    """Return whether an object is the pair of a secret's name and its value, such as a header in a list."""
    names = (value.get(name) for name in _NAMES)
    return "value" in value and any(isinstance(name, str) and is_secret_name(name) for name in names)


def _mask(value: JSON) -> JSON:
    if isinstance(value, str):
        return MASK if value else value
    if isinstance(value, list):
        return [_mask(each) for each in value]
    if isinstance(value, dict):
        return {name: _mask(each) for name, each in value.items()}
    return value


def _scrub_pieces(items: Sequence[JSON], scrubber: _TextScrubber) -> list[JSON]:
    """Scrub secrets that are split across a list: across its texts, or across members of one name in its objects.

    This precedes the scrubbing of each item, since a part of a key may look like a whole one.
    """
    values: list[JSON] = [dict(each) if isinstance(each, dict) else each for each in items]
    texts = [index for index, each in enumerate(values) if isinstance(each, str)]
    _scrub_texts(values, texts, scrubber)
    objects = [each for each in values if isinstance(each, dict)]
    if not any("role" in each for each in objects):  # no text continues from one message to the next
        for group in _member_groups(objects):
            _scrub_members(group, scrubber)
    return values


def _scrub_texts(values: list[JSON], indices: Sequence[int], scrubber: _TextScrubber) -> None:
    if len(indices) > 1:
        texts = scrubber.pieces([cast("str", values[index]) for index in indices])
        for index, text in zip(indices, texts, strict=True):
            values[index] = text


def _member_groups(objects: Sequence[dict[str, JSON]]) -> Iterator[list[tuple[dict[str, JSON], str]]]:
    """Yield the members that may be pieces of one text: those of one name and type, then those of one name."""
    by_type: dict[tuple[str, object], list[tuple[dict[str, JSON], str]]] = {}
    by_name: dict[str, list[tuple[dict[str, JSON], str]]] = {}
    for each in objects:
        for name, value in each.items():
            if isinstance(value, str) and value not in {"", MASK}:
                by_type.setdefault((name, repr(each.get("type"))), []).append((each, name))
                by_name.setdefault(name, []).append((each, name))
    yield from (group for group in by_type.values() if len(group) > 1)
    yield from (group for group in by_name.values() if len(group) > 1)


def _scrub_members(group: Sequence[tuple[dict[str, JSON], str]], scrubber: _TextScrubber) -> None:
    texts = scrubber.pieces([cast("str", each[name]) for each, name in group])
    for (each, name), text in zip(group, texts, strict=True):
        if text != each[name]:
            each[name] = text
            if "logprob" in each:
                each["bytes"] = None
