"""The page about conformance lists the checks there are; ``UPDATE_CONFORMANCE=1`` writes it anew."""

from __future__ import annotations

import os

from conformance.page import PAGE, page


def test_the_page_is_true() -> None:
    now = page()
    if os.environ.get("UPDATE_CONFORMANCE"):
        PAGE.write_text(now, "utf-8")
    assert PAGE.read_text("utf-8") == now, (
        "the checks have changed: run this test with UPDATE_CONFORMANCE=1 in the environment, and look at what it wrote"
    )
