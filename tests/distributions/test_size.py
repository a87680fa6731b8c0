"""A plugin with a dialect of its own is small, since what dialects share stands in the core.

``python -m distributions.test_size``, run in the folder ``tests``, prints the sizes.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

PLUGINS = Path(__file__).parents[2] / "plugins"
LIMIT = 900
LARGER: Mapping[str, Mapping[str, tuple[int, str]]] = {
    "anthropic": {
        "the Messages API": (
            1420,
            "dialect endpoint errors models options request* response schema_rules stream stream_blocks versions",
        ),
        "prompts, clouds, files and listings": (255, "__init__ provider hosted files completions"),
        "the forms of other programs": (270, "anthropic_format answer_blocks event_writer plain_messages"),
    },
    "google": {
        "Gemini": (
            1600,
            "dialect errors models options request* response* retirement schema_rules stream* thinking",
        ),
        "two services, their credentials, files and listings": (520, "__init__ endpoint provider files tokens"),
        "Claude on Vertex AI": (85, "claude"),
    },
    "openai_compatible": {
        "chat completions": (
            1510,
            "chat chat_[cmps]* completion errors models families other_choice reasoning_details",
        ),
        "the Responses API": (1110, "responses responses_* strict_schemas"),
        "the manifest of a host": (290, "manifest manifest_checks"),
        "hosts described by a manifest, listings and embeddings": (
            480,
            "__init__ any_server catalogue embeddings endpoint manifest_p* model_l* name_patterns options provider",
        ),
        "the forms of other programs": (150, "chunk_writer openai_format plain_messages"),
    },
}
"""What plugins over the limit hold, with the lines and the modules of each part; see
docs/explanation/decisions/0019-one-dialect.md."""
ROOM = 40
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


def modules(plugin: Path) -> list[Path]:
    return [each for each in (plugin / "src").rglob("*.py") if "template" not in each.parts]


def size(paths: Iterable[Path]) -> int:
    return sum(code_lines(each.read_text("utf-8")) for each in paths)


def part_of(plugin: str, patterns: str) -> list[Path]:
    return [each for each in modules(PLUGINS / plugin) if any(fnmatchcase(each.stem, one) for one in patterns.split())]


PARTS = [(plugin, part) for plugin, parts in LARGER.items() for part in parts]
DIALECTS = sorted(path.parents[2].name for path in PLUGINS.glob("*/src/*/endpoint.py"))
SHARED = "aws"
"""What no provider stands in, but those of one vendor stand on."""


@pytest.mark.parametrize("name", [SHARED, *(name for name in DIALECTS if name not in LARGER)])
def test_a_plugin_is_within_its_limit(name: str) -> None:
    assert size(modules(PLUGINS / name)) <= LIMIT


@pytest.mark.parametrize(("plugin", "part"), PARTS)
def test_a_part_of_a_larger_plugin_is_within_its_limit_and_leaves_little_room(plugin: str, part: str) -> None:
    limit, patterns = LARGER[plugin][part]
    assert 0 <= limit - size(part_of(plugin, patterns)) < ROOM, "if it has become smaller, lower its number"


@pytest.mark.parametrize("plugin", LARGER)
def test_a_module_of_a_larger_plugin_is_in_one_part(plugin: str) -> None:
    listed = sorted(path for _, patterns in LARGER[plugin].values() for path in part_of(plugin, patterns))
    assert listed == sorted(modules(PLUGINS / plugin))
    assert size(listed) > LIMIT, "it is within the limit: take it out"


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
    for each in (SHARED, *DIALECTS):
        print(f"{size(modules(PLUGINS / each)):5}  {each}")
        for name, (_, patterns) in LARGER.get(each, {}).items():
            print(f"       {size(part_of(each, patterns)):5}  {name}")
