"""The page about faults matches the rows; ``UPDATE_FAULTS=1`` regenerates it."""

from __future__ import annotations

import os

from faults.report import PAGE, page
from faults.rows import ROWS, cells


def test_the_page_is_up_to_date() -> None:
    now = page()
    if os.environ.get("UPDATE_FAULTS"):
        PAGE.write_text(now, "utf-8")
    assert PAGE.read_text("utf-8") == now, (
        "the rows have changed: run this test with UPDATE_FAULTS=1 in the environment, and review the changes"
    )


def test_every_row_is_tested_or_gives_a_reason() -> None:
    assert [row.number for row in ROWS] == list(range(1, len(ROWS) + 1))
    for row in ROWS:
        clients = {cell.client.name for cell in cells(row)}
        assert bool(clients) != bool(row.absent), row
        if clients and len(clients) < 10:
            assert row.partly or row.number in {54, 82} or {"openai", "anthropic", "google"} <= clients, row
