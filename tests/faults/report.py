"""Generate docs/reference/faults.md: run ``python -m faults.report`` in the folder ``tests``.

A call counts as passed if the tests require it to pass. The tests fail if such a call fails, or if a call of an open
row passes.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from dragoman.testing.faults import FAULTS
from faults.rows import ROWS, Row, cells

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "faults.md"

_INTRODUCTION = """\
# Faults

Faults of servers, networks and callers, and the required behavior. Every row is tested with every HTTP provider: whole
and streamed where the fault applies to both, asynchronously with all providers and synchronously with one for each
dialect. This page is generated from `tests/faults/rows.py` by `python -m faults.report`, run in the folder `tests`;
`tests/faults/test_matrix.py` makes the calls.

The result is the number of calls with the required behavior, of all calls that the row applies to.
"""
_SERVER = """\
## The fault server

`python -m dragoman.testing.faults` serves every fault on 127.0.0.1 below a path with its name. The rest of the path
selects the dialect: OpenAI chat and Responses, Anthropic, Gemini. Any client gets a fault by its base URL, such as
`http://127.0.0.1:8000/stall/v1`. If several names are joined with `+`, successive requests get successive faults:
`/status_500+ok/v1`. The server prints each request and each hang-up. In tests, the fixture `faults` of
`dragoman.testing.fixtures` provides such a server.
"""


def result(row: Row) -> str:
    if row.absent:
        return f"tested elsewhere: {row.absent}"
    count = sum(1 for _ in cells(row))
    calls = f"0/{count}, open: {row.open}" if row.open else f"{count}/{count}"
    return f"{calls}; {row.partly}" if row.partly else calls


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
    lines = [_INTRODUCTION, "| # | Fault | Required behavior | Result |", "|--:|---|---|---|"]
    lines += [f"| {row.number} | {row.injected} | {row.required} | {result(row)} |" for row in ROWS]
    lines += [
        "",
        "In total {passed}/{applicable} calls. Of {rows} rows, {closed} pass, {open} do not pass yet, and {absent} are "
        "tested elsewhere.".format_map(counted),
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
