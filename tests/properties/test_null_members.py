"""A member of a reply or an event that is null is one that is not there: some servers write all that there could be."""

from __future__ import annotations

import copy
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dragoman import Response, StreamEnd
from fuzz import seeds
from fuzz.dialects import DIALECTS, DialectCase
from fuzz.outcome import decoded, streamed

KEPT = {"arguments", "input", "args", "caller", "provider_specific_fields", "stop_details", "location"}
"""Objects whose members are not read: they are handed on as they are."""
UNIQUE = {case.server_dialect.name: case for case in reversed(DIALECTS.values())}
Path = tuple[Any, ...]


def plain(value: Any) -> Any:
    """Return plain data without members that are null or empty, as parts have them that are handed on."""
    if isinstance(value, dict):
        return {name: said for name, each in value.items() if (said := plain(each)) not in (None, {}, [])}
    return [plain(each) for each in value] if isinstance(value, list | tuple) else value


def told(response: Any) -> Any:
    if not isinstance(response, Response):
        return type(response)
    origin, usage = response.origin, response.usage
    counts = (usage.input_tokens, usage.output_tokens, usage.reasoning_tokens, usage.cache_read_tokens)
    facts = (origin.response_id, origin.served_model, response.finish, plain(response.metadata))
    return plain(response.message.to_dict()), counts, facts


def read_whole(case: DialectCase, body: Any) -> Any:
    return told(decoded(case, json.dumps(body).encode()))


def read_stream(case: DialectCase, events: Any) -> Any:
    outcome = streamed(case, [b"data: " + json.dumps(event).encode() + b"\n\n" for event in events])
    end = outcome.events[-1] if outcome.events else None
    return told(end.response if isinstance(end, StreamEnd) else outcome.error)


def objects(value: Any, at: Path = ()) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield all objects that are read, with where they are; items of a list are at one place."""
    if isinstance(value, dict):
        yield at, value
        for name, each in [*value.items()]:
            if name not in KEPT:
                yield from objects(each, (*at, name))
    elif isinstance(value, list):
        for each in value:
            yield from objects(each, (*at, "*"))


Way = tuple[int, Callable[[DialectCase, Any], Any]]
READ: dict[str, Way] = {"whole": (1, read_whole), "stream": (0, read_stream)}
every_way = pytest.mark.parametrize("way", READ.values(), ids=READ)


@every_way
@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_all_that_there_could_be_is_null(dialect: DialectCase, way: Way) -> None:
    at, read = way
    sent = json.loads(json.dumps(seeds.RICH[dialect.server_dialect.name][at]))
    names: dict[Path, dict[str, None]] = defaultdict(dict)
    for place, each in objects(sent):
        names[place].update(dict.fromkeys(each))
    full = copy.deepcopy(sent)
    for place, each in objects(full):
        if at or len(place) > 1:  # an event of another kind has another name
            each.update({name: None for name in names[place] if name not in each})
    assert full != sent
    assert read(dialect, full) == read(dialect, sent)


@every_way
@pytest.mark.parametrize("dialect", UNIQUE.values(), ids=UNIQUE)
def test_null_says_no_more_than_nothing(dialect: DialectCase, way: Way) -> None:
    at, read = way
    sent = json.loads(json.dumps(seeds.RICH[dialect.server_dialect.name][at]))
    known: set[Path] = set()
    for place, each in objects(sent):
        for name in [*each]:
            if (*place, name) in known or (not at and len(place) <= 1):
                continue
            known.add((*place, name))
            was = each[name]
            each[name] = None
            null = read(dialect, sent)
            del each[name]
            assert null == read(dialect, sent), (*place, name)
            each[name] = was
