"""Write docs/reference/faults.md from the rows: ``python -m faults.report`` in the folder ``tests``.

What a row counts as passed is what the tests hold it to: a cell that failed would fail the tests, and one of a row that
is open would fail them if it passed.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from dragoman.testing.faults import FAULTS
from faults.rows import ROWS, Row, cells

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "faults.md"

_INTRODUCTION = """\
# Faults

What may befall a call, and what it comes to. Every row is met by every HTTP provider: whole and streamed where that
makes a difference, with `await` by all of them and without it by one for each dialect. The rows are data in
`tests/faults/rows.py`, the calls are `tests/faults/test_matrix.py`, and this page is written from the same data by
`python -m faults.report` in the folder `tests`.

A result is the number of calls that come to what is required, of all calls that the row concerns.
"""
_SERVER = """\
## The fault server

`python -m dragoman.testing.faults` serves every fault on 127.0.0.1 below a path of its name, in the dialect that the
rest of the path asks for: OpenAI chat and Responses, Anthropic, Gemini. A client of any kind meets a fault by its base
URL, such as `http://127.0.0.1:8000/stall/v1`. Of several names joined with `+`, each request meets the next:
`/status_500+ok/v1`. The server prints each request and each hang-up. In tests, the fixture `faults` of
`dragoman.testing.fixtures` is such a server.
"""


def result(row: Row) -> str:
    if row.absent:
        return f"not here: {row.absent}"
    count = sum(1 for _ in cells(row))
    told = f"0/{count}, open: {row.open}" if row.open else f"{count}/{count}"
    return f"{told}; {row.partly}" if row.partly else told


def totals() -> Counter[str]:
    counted: Counter[str] = Counter()
    for row in ROWS:
        count = sum(1 for _ in cells(row))
        counted["applicable"] += count
        counted["passed"] += 0 if row.open else count
        counted["rows"] += 1
        counted["open" if row.open else "absent" if row.absent else "closed"] += 1
    return counted


def page() -> str:
    counted = totals()
    lines = [_INTRODUCTION, "| # | What happens | What it comes to | Result |", "|--:|---|---|---|"]
    lines += [f"| {row.number} | {row.injected} | {row.required} | {result(row)} |" for row in ROWS]
    lines += [
        "",
        "In all {passed}/{applicable} calls. Of {rows} rows, {closed} hold, {open} do not yet, and {absent} are proven "
        "elsewhere.".format_map(counted),
        "",
        _SERVER,
        "| Fault | What the server does |",
        "|---|---|",
        *(f"| `{name}` | {fault.summary} |" for name, fault in sorted(FAULTS.items())),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    print("{passed}/{applicable} calls".format_map(totals()))
