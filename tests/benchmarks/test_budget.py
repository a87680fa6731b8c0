"""What Dragoman does for a call stays within its budget, counted without a clock."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from benchmarks.budget import BUDGETS, entered


@cache
def counts() -> dict[str, float]:
    """Return all counts, of a process of its own: what other tests have installed is not counted."""
    program = [sys.executable, "-m", "benchmarks.budget", "--json"]
    made = subprocess.run(program, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=True)  # our own
    found: dict[str, float] = json.loads(made.stdout)
    return found


@pytest.mark.parametrize(("count", "of"), BUDGETS)
def test_within_budget(count: str, of: str) -> None:
    found, budget = counts()[f"{count}, {of}"], BUDGETS[count, of]
    assert 0 < found <= budget, (
        f"{count}, {of}: {found:g}, where {budget:g} is allowed. See with `python -X importtime` or cProfile what"
        " came on top; if it is worth its price, raise the number in tests/benchmarks/budget.py and say why."
    )


@pytest.mark.parametrize("of", ["openai", "openai, Responses", "anthropic"])
@pytest.mark.parametrize("what", ["", ", with states"])
def test_a_value_that_streams_takes_at_most_twice_what_its_text_takes(what: str, of: str) -> None:
    bare, typed = (
        counts()[f"functions for an event of {door}, {of}"] for door in ("stream()", f"stream_extract(){what}")
    )
    assert bare < typed <= 2 * bare


def test_functions_are_counted_one_by_one() -> None:
    def inner() -> None: ...

    def outer() -> None:
        inner()
        inner()

    with entered() as none:
        pass
    with entered() as three:
        outer()
    assert three[0] - none[0] == 3
