"""Secrets in plain data and in texts that are JSON: under telling names, and in pieces within a list."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, cast

from dragoman import JSON, parse_json
from dragoman_recorder.named import MASK
from dragoman_recorder.names import is_strong, is_telling
from dragoman_recorder.pieces import Edit, difference

_SCHEMA = frozenset({"type", "$ref", "anyOf", "oneOf", "allOf", "enum", "const", "description", "title", "properties"})
_NAMES = ("name", "key", "header")


class _Scrubs(Protocol):
    def text(self, text: str) -> str: ...
    def name(self, name: str) -> str: ...
    def pieces(self, pieces: Sequence[str]) -> list[str]: ...
    def bytes(self, pieces: Sequence[bytes]) -> list[bytes]: ...


def scrubbed_data(value: JSON, scrubber: _Scrubs) -> JSON:
    """Return plain data without secrets.

    Args:
        value: the data.
        scrubber: takes secrets out of texts.

    """
    if isinstance(value, str):
        return scrubber.text(value)
    if isinstance(value, list):
        return [scrubbed_data(each, scrubber) for each in _joined(value, scrubber)]
    if isinstance(value, dict):
        return _object(value, scrubber)
    return value


def scrubbed_json(text: str, scrubber: _Scrubs) -> list[Edit]:
    """Return what has to change in a text that is JSON, with regard to what its values are; nothing in another.

    Args:
        text: the text.
        scrubber: takes secrets out of texts.

    """
    if text.lstrip()[:1] not in {"{", "["}:
        return []
    try:
        before: JSON = parse_json(text)
    except ValueError:
        return []
    after = scrubbed_data(before, scrubber)
    return [] if after == before else difference(text, json.dumps(after, ensure_ascii=False))


def _object(value: Mapping[str, JSON], scrubber: _Scrubs) -> JSON:
    if value.get("type") == "bytes" and isinstance(data := value.get("data"), str):
        return {**value, "data": scrubbed_base64(data, scrubber)}
    secret = _names_secret(value)
    return {
        scrubber.name(name): _masked(each) if secret and name == "value" else _named(name, each, value, scrubber)
        for name, each in value.items()
    }


def scrubbed_base64(data: str, scrubber: _Scrubs) -> str:
    """Return base64 of bytes without keys, and what is no base64 without anything that looks like one."""
    try:
        decoded = base64.b64decode(data, validate=True)
    except ValueError:
        return scrubber.text(data)
    return base64.b64encode(scrubber.bytes((decoded,))[0]).decode("ascii")


def _named(name: str, value: JSON, siblings: Mapping[str, JSON], scrubber: _Scrubs) -> JSON:
    if not is_telling(name) or ("logprob" in siblings and name == "token"):
        return scrubbed_data(value, scrubber)
    if isinstance(value, dict) and not _SCHEMA.isdisjoint(value):
        return scrubbed_data(value, scrubber)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return MASK if is_strong(name) else value
    return _masked(value)


def _names_secret(value: Mapping[str, JSON]) -> bool:
    """Tell whether a pair of a name and a value, such as a header in a list, is a secret."""
    names = (value.get(name) for name in _NAMES)
    return "value" in value and any(isinstance(name, str) and is_telling(name) for name in names)


def _masked(value: JSON) -> JSON:
    if isinstance(value, str):
        return MASK if value else value
    if isinstance(value, list):
        return [_masked(each) for each in value]
    if isinstance(value, dict):
        return {name: _masked(each) for name, each in value.items()}
    return value


def _joined(given: Sequence[JSON], scrubber: _Scrubs) -> list[JSON]:
    """Scrub what a list holds in pieces: its texts, and the texts of one name in its objects.

    This comes first: half of a key may look like a whole one.
    """
    values: list[JSON] = [dict(each) if isinstance(each, dict) else each for each in given]
    texts = [index for index, each in enumerate(values) if isinstance(each, str)]
    _replace(values, texts, scrubber)
    objects = [each for each in values if isinstance(each, dict)]
    if not any("role" in each for each in objects):  # a message ends where the next one begins
        for group in _groups(objects):
            _replace_members(group, scrubber)
    return values


def _replace(values: list[JSON], places: Sequence[int], scrubber: _Scrubs) -> None:
    if len(places) > 1:
        for place, text in zip(places, scrubber.pieces([cast("str", values[each]) for each in places]), strict=True):
            values[place] = text


def _groups(objects: Sequence[dict[str, JSON]]) -> Iterator[list[tuple[dict[str, JSON], str]]]:
    """Yield the members that may be pieces of one text: those of one name and kind, then those of one name."""
    kinds: dict[tuple[str, object], list[tuple[dict[str, JSON], str]]] = {}
    names: dict[str, list[tuple[dict[str, JSON], str]]] = {}
    for each in objects:
        for name, value in each.items():
            if isinstance(value, str) and value != MASK:
                kinds.setdefault((name, repr(each.get("type"))), []).append((each, name))
                names.setdefault(name, []).append((each, name))
    yield from (group for group in kinds.values() if len(group) > 1)
    yield from (group for group in names.values() if len(group) > 1)


def _replace_members(group: Sequence[tuple[dict[str, JSON], str]], scrubber: _Scrubs) -> None:
    texts = scrubber.pieces([cast("str", each[name]) for each, name in group])
    for (each, name), text in zip(group, texts, strict=True):
        if text != each[name]:
            each[name] = text
            if "logprob" in each:
                each["bytes"] = None
