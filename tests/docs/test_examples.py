"""Every Python block of the documentation and the READMEs runs, page by page; `await` may stand at the top level.

A block is left out by a comment above it that says why: `<!-- skip: next "needs a key" -->`.
"""

from __future__ import annotations

import ast
import asyncio
import builtins
import inspect
import re
import types
import unittest
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sybil import Document, Example, Sybil
from sybil.evaluators.python import pad
from sybil.parsers.myst import CodeBlockParser, SkipParser

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PATTERNS = ("README.md", "core/README.md", "plugins/*/README.md", "docs/**/*.md")
PAGES = [page for pattern in PATTERNS for page in sorted(ROOT.glob(pattern))]
FLAGS = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | annotations.compiler_flag
UNEXPLAINED = re.compile(r'skip: *(next|start)(?! *(if\(.*, *)?"[^"]{5,}")')


def run(example: Example) -> None:
    """Run one block in its page's namespace, inside an event loop if it awaits anything."""
    source = pad(str(example.parsed), example.line + example.parsed.line_offset)
    code = compile(source, example.path, "exec", flags=FLAGS, dont_inherit=True)
    example.namespace.setdefault("__builtins__", builtins)  # as in a module; pickle imports by them
    started = types.FunctionType(code, example.namespace)()
    if inspect.iscoroutine(started):
        asyncio.run(started)


def documents() -> Iterator[Document]:
    sybil = Sybil([CodeBlockParser("python", run), SkipParser()])
    for page in PAGES:
        document = sybil.parse(page)
        if document.regions:
            yield document


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("document", [pytest.param(each, id=name(Path(each.path))) for each in documents()])
def test_the_examples_of_a_page_run(document: Document, subtests: pytest.Subtests) -> None:
    for example in document.examples():
        with subtests.test(line=example.line):
            try:
                example.evaluate()
            except unittest.SkipTest as reason:
                pytest.skip(str(reason))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_skipped_example_says_why(page: Path) -> None:
    assert UNEXPLAINED.findall(page.read_text("utf-8")) == []
