"""The page about faults says what the tests hold; ``UPDATE_FAULTS=1`` writes it anew."""

from __future__ import annotations

import os

from faults.report import PAGE, page
from faults.rows import ROWS, cells


def test_the_page_is_true() -> None:
    now = page()
    if os.environ.get("UPDATE_FAULTS"):
        PAGE.write_text(now, "utf-8")
    assert PAGE.read_text("utf-8") == now, (
        "the rows have changed: run this test with UPDATE_FAULTS=1 in the environment, and look at what it wrote"
    )


def test_every_row_is_met_or_says_why_not() -> None:
    assert [row.number for row in ROWS] == list(range(1, len(ROWS) + 1))
    for row in ROWS:
        met = {cell.client.name for cell in cells(row)}
        assert bool(met) != bool(row.absent), row
        if met and len(met) < 10:
            assert row.partly or row.number in {54, 82} or {"openai", "anthropic", "google"} <= met, row
