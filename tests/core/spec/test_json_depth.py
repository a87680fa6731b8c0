from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, strategies as st

from dragoman import ProtocolError, ToolCall
from dragoman.http import loads
from dragoman.spec._json_depth import MAX_DEPTH, is_too_deep, parse_json

TEXTS = st.text(st.sampled_from('[]{}"\\\n:,ü\ud800'))


@given(TEXTS, st.lists(st.sampled_from(("[", '{"a": ', '["[{", ')), min_size=MAX_DEPTH - 2, max_size=MAX_DEPTH + 2))
def test_what_counts_is_what_nests(text: str, opened: list[str]) -> None:
    closed = "".join("}" if each.startswith("{") else "]" for each in reversed(opened))
    nested = f"{''.join(opened)}{json.dumps(text)}{closed}"
    assert is_too_deep(nested.encode()) is (len(opened) > MAX_DEPTH)


@pytest.mark.parametrize("text", ['["' + "[" * 9999 + '"]', "[" + "[]," * 9999 + "[]]", "[" * 500 + "]" * 500])
def test_many_brackets_are_not_yet_deep(text: str) -> None:
    assert parse_json(text) == json.loads(text)


@pytest.mark.parametrize("text", ["[" * 501, '{"a":' * 501 + "1" + "}" * 501])
def test_what_nests_deeper_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="nested deeper than 500 levels"):
        parse_json(text)


def test_text_in_which_no_string_ends_is_read_once() -> None:
    assert not is_too_deep(b"[" * 500 + b'"' + rb"\"[" * 500_000)


class Garbage:
    """Need some room on the stack when the garbage collector ends it."""

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        def down(levels: int) -> None:
            if levels:
                down(levels - 1)

        down(20)


@pytest.fixture
def collector() -> Iterator[None]:
    kept = gc.get_threshold()
    gc.freeze()  # with less to look at it is faster
    yield
    gc.unfreeze()
    gc.set_threshold(*kept)


@pytest.mark.usefixtures("collector")
@pytest.mark.parametrize(
    "read", [lambda text: loads(text.encode()), lambda text: ToolCall(name="f", call_id="1", arguments=text).parse()]
)
def test_finalizers_have_room_wherever_the_garbage_collector_runs(
    read: Callable[[str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    failures: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda failure: failures.append(failure.exc_type))
    text = "[" * 100_000
    for objects in range(600, sys.getrecursionlimit(), 2):
        gc.collect()
        gc.set_threshold(objects)
        Garbage()
        with pytest.raises((ProtocolError, ValueError)):
            read(text)
    assert failures == []
