"""The captured sessions in the documentation are what a terminal shows now."""

from __future__ import annotations

import pytest

from captures.sessions import CAPTURES, FOLDER, drawn


@pytest.mark.parametrize("name", CAPTURES)
def test_a_captured_session_is_what_a_terminal_shows(name: str) -> None:
    kept = (FOLDER / f"{name}.svg").read_text("utf-8")
    assert drawn(name) == kept, "`nox -s captures` writes the sessions anew"


def test_each_capture_is_shown_on_the_page() -> None:
    page = FOLDER.with_name("use-the-terminal.md").read_text("utf-8")
    assert all(f"captures/{name}.svg" in page for name in CAPTURES)
    assert {path.stem for path in FOLDER.glob("*.svg")} == {*CAPTURES}
