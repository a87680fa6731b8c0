"""The page about conformance lists all checks; ``UPDATE_CONFORMANCE=1`` regenerates it."""

from __future__ import annotations

import os

from conformance.page import PAGE, page


def test_the_page_is_up_to_date() -> None:
    now = page()
    if os.environ.get("UPDATE_CONFORMANCE"):
        PAGE.write_text(now, "utf-8")
    assert PAGE.read_text("utf-8") == now, (
        "the checks have changed: run this test with UPDATE_CONFORMANCE=1 in the environment, and review the changes"
    )
