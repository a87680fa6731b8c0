"""Write docs/reference/security.md from the rows: ``python -m security.report`` in the folder ``tests``."""

from __future__ import annotations

from pathlib import Path

from security.rows import ROWS, Row

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "security.md"

_INTRODUCTION = """\
# Security

What is promised about keys, addresses, replies and plugins, and which tests hold it. The rows are data in
`tests/security/rows.py`, and this page is written from them by `python -m security.report` in the folder `tests`.
"""


def proof(row: Row) -> str:
    """Return the tests of a row, one for each line of its cell, and what they leave open."""
    if row.absent:
        return f"not here: {row.absent}"
    told = "<br>".join(f"`{test.partition('::')[2].replace('::', '.')}`" for test in row.tests)
    return f"{told}<br>{row.partly}" if row.partly else told


def page() -> str:
    """Return the page."""
    lines = [_INTRODUCTION, "| # | What holds | What shows it |", "|--:|---|---|"]
    lines += [f"| {row.number} | {row.promise} | {proof(row)} |" for row in ROWS]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    print(f"{len(ROWS)} rows")
