"""Write what was measured into a page of the documentation, between its markers."""

from __future__ import annotations

from pathlib import Path

PAGES = Path(__file__).parents[2] / "docs" / "explanation"


def write(page: str, mark: str, text: str) -> Path:
    """Replace what stands between the markers of a page.

    Args:
        page: the name of the page.
        mark: the name of the markers.
        text: what is to stand there.

    Raises:
        LookupError: if the page has no such markers.

    """
    path = PAGES / page
    begin, end = f"<!-- {mark}: begin -->", f"<!-- {mark}: end -->"
    before, found, rest = path.read_text("utf-8").partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        message = f"{page} has no markers called {mark}"
        raise LookupError(message)
    path.write_text(f"{before}{begin}\n\n{text.strip()}\n\n{end}{after}", "utf-8")
    return path


def table(heads: list[str], rows: list[list[str]]) -> str:
    """Return a table in Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
