"""Generate docs/reference/conformance.md: run ``python -m conformance.page`` in the folder ``tests``."""

from __future__ import annotations

from pathlib import Path

from dragoman.testing.conformance import LEVELS, checks

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "conformance.md"

_INTRODUCTION = """\
# Conformance

Every provider must pass these checks. There are {count} checks with {cases} tests. [Test a
provider](../how-to/test-a-provider.md) shows how to run them. This page is generated from the docstrings of the checks
by `python -m conformance.page`, run in the folder `tests`.

A check is *skipped* if it does not apply, for example a check of tools for a model without tools. It is *not shown* if
it applies, but the `ServerDialect` of the test class lacks the member that it needs. The verdict counts the two
separately.
"""
_CLASSES = """\
## The classes

```{eval-rst}
.. automodule:: dragoman.testing.conformance

.. autoclass:: dragoman.testing.conformance.ProviderConformance

.. autoclass:: dragoman.testing.conformance.provider_case.ProviderCase
   :no-members:

.. autoclass:: dragoman.testing.faults.ServerDialect
   :no-members:

.. autoclass:: dragoman.testing.faults.ServerFraming
   :no-members:

.. autoclass:: dragoman.testing.faults.PromptEndpoint
   :no-members:

.. autoclass:: dragoman.testing.faults.EmbeddingEndpoint
   :no-members:

.. autoclass:: dragoman.testing.faults.ListingEndpoint
   :no-members:

.. autoclass:: dragoman.testing.faults.CountingEndpoint
   :no-members:

.. autoclass:: dragoman.testing.faults.LearningEndpoint
   :no-members:

.. automodule:: dragoman.testing.request_reading
   :members:

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
