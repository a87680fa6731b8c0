"""How a question differs from the recorded question that is most like it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from dragoman import JSON
from dragoman_recorder.exchange import Question

_MAX_LINES = 5
_MAX_EXCERPT = 80  # characters
_ABSENT = "nothing"


def describe_nearest(asked: Question, recorded: Iterable[Question]) -> str:
    """Describe, one difference per line, how *asked* differs from the recorded question that is most like it.

    Args:
        asked: a question without a recording.
        recorded: the questions of the cassette, at least one; of those that are equally near, the first is described.

    """
    asked_leaves = dict(_leaves(asked.data))
    least = min((_differences(dict(_leaves(other.data)), asked_leaves) for other in recorded), key=len)
    lines = [f"  {path}: recorded {then}, asked {now}" for path, then, now in least[:_MAX_LINES]]
    more = len(least) - _MAX_LINES
    return "\n".join([*lines, f"  and {more} more"] if more > 0 else lines)


def _differences(recorded: dict[str, str], asked: dict[str, str]) -> list[tuple[str, str, str]]:
    paths = dict.fromkeys((*recorded, *asked))
    pairs = ((path, recorded.get(path, _ABSENT), asked.get(path, _ABSENT)) for path in paths)
    return [(path, *_excerpts(then, now)) for path, then, now in pairs if then != now]


def _leaves(value: JSON, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path and the JSON text of each value that holds no others."""
    if isinstance(value, dict) and value:
        for name, each in value.items():
            yield from _leaves(each, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and value:
        for index, each in enumerate(value):
            yield from _leaves(each, f"{path}[{index}]")
    else:
        yield path, json.dumps(value, ensure_ascii=False)


def _excerpts(then: str, now: str) -> tuple[str, str]:
    """Return both texts, long ones from shortly before their first difference."""
    differing = (index for index, (old, new) in enumerate(zip(then, now, strict=False)) if old != new)
    start = max(0, next(differing, min(len(then), len(now))) - _MAX_EXCERPT // 2)
    return _excerpt(then, start), _excerpt(now, start)


def _excerpt(text: str, start: int) -> str:
    if len(text) <= _MAX_EXCERPT:
        return text
    end = start + _MAX_EXCERPT
    return ("..." if start else "") + text[start:end] + ("..." if end < len(text) else "")
