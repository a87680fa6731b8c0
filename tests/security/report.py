"""Write docs/reference/security.md from the rows: ``python -m security.report`` in the folder ``tests``."""

from __future__ import annotations

from pathlib import Path

from security.rows import ROWS, Row

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "security.md"

_INTRODUCTION = """\
# Security

Promises about keys, URLs, replies and plugins, and the tests that verify them. This page is generated from
`tests/security/rows.py` by `python -m security.report`, run in the folder `tests`.
"""


def proof(row: Row) -> str:
    """Return the tests of a row, one for each line of its cell, and its exceptions."""
    if row.absent:
        return f"does not apply: {row.absent}"
    tests = "<br>".join(f"`{test.partition('::')[2].replace('::', '.')}`" for test in row.tests)
    return f"{tests}<br>Exception: {row.partly}" if row.partly else tests


def page() -> str:
    """Return the page."""
    lines = [_INTRODUCTION, "| # | Promise | Tests |", "|--:|---|---|"]
    lines += [f"| {row.number} | {row.promise} | {proof(row)} |" for row in ROWS]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    print(f"{len(ROWS)} rows")
