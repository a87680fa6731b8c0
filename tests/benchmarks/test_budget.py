"""What Dragoman does for a call stays within its budget, counted without a clock."""

from __future__ import annotations

import pytest

from benchmarks.budget import BUDGETS, COUNTS, entered


@pytest.mark.parametrize(("count", "of"), BUDGETS)
def test_within_budget(count: str, of: str) -> None:
    found, budget = COUNTS[count](of), BUDGETS[count, of]
    assert 0 < found <= budget, (
        f"{count}, {of}: {found:g}, where {budget:g} is allowed. See with `python -X importtime` or cProfile what"
        " came on top; if it is worth its price, raise the number in tests/benchmarks/budget.py and say why."
    )


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
