"""Write docs/reference/conformance.md from the checks: ``python -m conformance.page`` in the folder ``tests``."""

from __future__ import annotations

from pathlib import Path

from dragoman.testing.conformance import LEVELS, checks

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "conformance.md"

_INTRODUCTION = """\
# Conformance

The checks that every provider has to pass: {count} of them, which make {cases} tests. How to run them is told in
[Test a provider](../how-to/test-a-provider.md). This page is written from the docstrings of the checks by
`python -m conformance.page` in the folder `tests`.

A check is *skipped* where it does not apply: a model without tools is asked for none, and a provider without a server
has no wire. It is *not shown* where it would apply, but the `ServerDialect` of the test class does not say how the
dialect expresses what it needs. The verdict counts the two apart.
"""
_CLASSES = """\
## The classes

```{eval-rst}
.. automodule:: dragoman.testing.conformance

.. autoclass:: dragoman.testing.conformance.ProviderConformance

.. autoclass:: dragoman.testing.conformance.subject.Subject
   :no-members:

.. autoclass:: dragoman.testing.faults.ServerDialect
   :no-members:

.. autoclass:: dragoman.testing.faults.SampleReply
   :no-members:

.. autoclass:: dragoman.testing.faults.SampleCall
   :no-members:

.. autoclass:: dragoman.testing.faults.SampleUsage
   :no-members:

.. autoclass:: dragoman.testing.faults.SampleSeal
   :no-members:
```
"""


def page() -> str:
    found = list(checks())
    lines = [_INTRODUCTION.format(count=len(found), cases=sum(check.cases for check in found))]
    for level, (about, _) in LEVELS.items():
        lines += [f"## {level}: {about}", "", "| Check | Tests | Protects |", "|---|--:|---|"]
        lines += [f"| `{check.name}` | {check.cases} | {check.protects} |" for check in found if check.level == level]
        lines.append("")
    return "\n".join([*lines, _CLASSES])


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
