"""A plugin with a dialect of its own is small, since what dialects share stands in the core.

``python -m distributions.test_size``, run in the folder ``tests``, prints the sizes.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

PLUGINS = Path(__file__).parents[2] / "plugins"
LIMIT = 900
LARGER: Mapping[str, int] = {
    "anthropic": 1900,  # the Messages API of three clouds too, files, and its forms for other programs
    "google": 2170,  # Gemini by two services, with files, resumable uploads, two kinds of credentials
    "openai_compatible": 3170,  # two dialects that seven plugins build on, and hosts described by a file
}
"""The lines that plugins over the limit may have, and what else is in them."""
IGNORED = frozenset(
    {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
)


def code_lines(source: str) -> int:
    """Return the lines with code: all that are not blank and hold more than a comment or a docstring."""
    documented = set(_documentation(ast.parse(source)))
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    lines = {line for each in tokens if each.type not in IGNORED for line in range(each.start[0], each.end[0] + 1)}
    return len(lines - documented)


def _documentation(tree: ast.Module) -> Iterator[int]:
    """Yield the lines of the texts that stand alone: docstrings, and what follows an attribute."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield from range(node.lineno, (node.end_lineno or node.lineno) + 1)


def size(plugin: Path) -> int:
    paths = (plugin / "src").rglob("*.py")
    return sum(code_lines(each.read_text("utf-8")) for each in paths if "template" not in each.parts)


DIALECTS = sorted(path.parents[2].name for path in PLUGINS.glob("*/src/*/endpoint.py"))


@pytest.mark.parametrize("name", DIALECTS)
def test_a_plugin_is_within_its_limit(name: str) -> None:
    assert size(PLUGINS / name) <= LARGER.get(name, LIMIT)


@pytest.mark.parametrize("name", LARGER)
def test_a_larger_plugin_leaves_little_room(name: str) -> None:
    assert LARGER[name] - size(PLUGINS / name) < 200, "it has become smaller: lower its number, or take it out"


def test_what_counts_as_code() -> None:
    texts = (
        '"""Say what it is.',
        "",
        'Two lines."""',
        "A = (",
        "    1,  # one",
        "    # nothing",
        ")",
        '"""What A is."""',
    )
    assert code_lines("\n".join(texts)) == 3
    assert code_lines('B = """x\n\ny"""') == 3


if __name__ == "__main__":
    for each in DIALECTS:
        print(f"{size(PLUGINS / each):5}  {each}")
