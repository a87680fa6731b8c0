"""The page about security matches the rows; ``UPDATE_SECURITY=1`` regenerates it."""

from __future__ import annotations

import ast
import os
from functools import cache
from pathlib import Path

import pytest

from security.report import PAGE, page
from security.rows import ROWS

TESTS = Path(__file__).parents[1]


def test_the_page_is_up_to_date() -> None:
    now = page()
    if os.environ.get("UPDATE_SECURITY"):
        PAGE.write_text(now, "utf-8")
    assert PAGE.read_text("utf-8") == now, (
        "the rows have changed: run this test with UPDATE_SECURITY=1 in the environment, and review the changes"
    )


def test_every_row_has_tests_or_a_reason() -> None:
    assert [row.number for row in ROWS] == list(range(1, len(ROWS) + 1))
    for row in ROWS:
        assert bool(row.tests) != bool(row.absent), row


@cache
def names_in(path: str) -> frozenset[str]:
    """Return the tests of a module as pytest names them."""
    body = ast.parse((TESTS / path).read_text("utf-8")).body
    classes = [node for node in body if isinstance(node, ast.ClassDef)]
    inner = {f"{node.name}::{name}" for node in classes for name in functions(node.body)}
    return frozenset(functions(body) | inner)


def functions(body: list[ast.stmt]) -> set[str]:
    found = (node.name for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return {name for name in found if name.startswith("test_")}


@pytest.mark.parametrize("test", sorted({test for row in ROWS for test in row.tests}))
def test_every_named_test_exists(test: str) -> None:
    path, _, name = test.partition("::")
    assert name in names_in(path)


def test_every_module_of_this_folder_is_listed() -> None:
    named = {test for row in ROWS for test in row.tests}
    here = {f"security/{path.name}" for path in Path(__file__).parent.glob("test_*.py")} - {"security/test_report.py"}
    assert all(any(test.startswith(path) for test in named) for path in here)
