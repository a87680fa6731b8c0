"""The directive ``options``: the options class of a provider as a table.

.. code-block:: markdown

    ```{options} dragoman_echo.EchoOptions
    ```

The names, types and defaults are those of the attrs class; what an option does is what the class's docstring says of it
under ``Args``.
"""
# ruff: noqa: INP001  # Sphinx finds this file on its path

from __future__ import annotations

import importlib
import re
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import Directive
from options_rows import Row, rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx

HEADINGS = ("option", "type", "default", "what it does")

_CODE = re.compile(r":\w+:`~?([^`]+)`|``(.+?)``")


def table(kind: type[Any]) -> nodes.table:
    """Return the table of *kind*."""
    group = nodes.tgroup(cols=len(HEADINGS))
    group += [nodes.colspec(colwidth=width) for width in (20, 25, 10, 45)]
    group += nodes.thead("", _row(*([nodes.Text(heading)] for heading in HEADINGS)))
    group += nodes.tbody("", *(_option(row) for row in rows(kind)))
    return nodes.table("", group, classes=["options"])


def _option(row: Row) -> nodes.row:
    code = ([nodes.literal(text=text)] for text in (row.name, row.type, row.default))
    return _row(*code, list(_inline(row.text)))


def _row(*cells: list[nodes.Node]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", *cell)) for cell in cells))


def _inline(text: str) -> Iterator[nodes.Node]:
    """Yield words and code in turn."""
    end = 0
    for code in _CODE.finditer(text):
        yield nodes.Text(text[end : code.start()])
        yield nodes.literal(text=code[1] or code[2])
        end = code.end()
    yield nodes.Text(text[end:])


class OptionsTable(Directive):
    """Put the table of the class that is named into the page."""

    required_arguments: ClassVar[int] = 1

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        module, _, name = self.arguments[0].rpartition(".")
        return [table(getattr(importlib.import_module(module), name))]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("options", OptionsTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
