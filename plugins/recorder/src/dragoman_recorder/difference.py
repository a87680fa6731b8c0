"""What distinguishes a question from the recorded ones."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from dragoman import JSON
from dragoman_recorder.exchange import Question

_MOST = 5
_LONGEST = 80
_ABSENT = "nothing"


def nearest(asked: Question, recorded: Iterable[Question]) -> str:
    """Return, line by line, how *asked* differs from the recorded question that is most like it."""
    ours = dict(_leaves(asked.data))
    differences = [_differing(ours, dict(_leaves(other.data))) for other in recorded]
    least = min(differences, key=len)
    lines = [f"  {path}: recorded {then}, asked {now}" for path, then, now in least[:_MOST]]
    more = len(least) - _MOST
    return "\n".join([*lines, f"  and {more} more"] if more > 0 else lines)


def _differing(ours: dict[str, str], theirs: dict[str, str]) -> list[tuple[str, str, str]]:
    paths = dict.fromkeys((*theirs, *ours))
    pairs = ((path, theirs.get(path, _ABSENT), ours.get(path, _ABSENT)) for path in paths)
    return [(path, *_excerpt(then, now)) for path, then, now in pairs if then != now]


def _leaves(value: JSON, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for name, each in value.items():
            yield from _leaves(each, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and value:
        for index, each in enumerate(value):
            yield from _leaves(each, f"{path}[{index}]")
    else:
        yield path, json.dumps(value, ensure_ascii=False)


def _excerpt(then: str, now: str) -> tuple[str, str]:
    """Return both, long ones from shortly before the place where they part."""
    parting = next((i for i, (a, b) in enumerate(zip(then, now, strict=False)) if a != b), min(len(then), len(now)))
    start = max(0, parting - _LONGEST // 2)
    return _cut(then, start), _cut(now, start)


def _cut(text: str, start: int) -> str:
    if len(text) <= _LONGEST:
        return text
    end = start + _LONGEST
    return ("..." if start else "") + text[start:end] + ("..." if end < len(text) else "")
