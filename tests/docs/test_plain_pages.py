"""The pages can be read as they are, on a code host: what a table of contents leads to is linked in words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PATTERNS = ("README.md", "core/README.md", "plugins/*/README.md", "docs/**/*.md")
FOUND = [page for pattern in PATTERNS for page in sorted(ROOT.glob(pattern))]
PAGES = [page for page in FOUND if DOCS / "changelog" not in page.parents]
BLOCK = re.compile(r"^( *)(`{3,}|~{3,}|:{3,}).*?^\1\2 *$", re.DOTALL | re.MULTILINE)
CONTENTS = re.compile(r"^```\{toctree\}\n(.*?)```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)


def words(page: Path) -> str:
    """Return the text of a page without its code."""
    return BLOCK.sub("", page.read_text("utf-8"))


def anchors(page: Path) -> set[str]:
    plain = (re.sub(r"[^\w -]", "", LINK.sub(r"\1", heading).lower()) for heading in HEADING.findall(words(page)))
    return {heading.strip().replace(" ", "-") for heading in plain}


def listed(page: Path) -> set[Path]:
    """Return the pages to which the tables of contents of a page lead."""
    found: set[Path] = set()
    for contents in CONTENTS.findall(page.read_text("utf-8")):
        entries = [line for line in contents.splitlines() if line and not line.startswith(":")]
        found |= {each for entry in entries for each in page.parent.glob(f"{entry}.md")} - {page}
    return found


WITH_CONTENTS = [page for page in PAGES if listed(page)]


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def test_the_tables_of_contents_are_read() -> None:
    assert DOCS / "how-to/configure.md" in listed(DOCS / "how-to/index.md")
    assert {"docs/index.md", "docs/reference/hooks.md", "docs/reference/index.md"} <= {*map(name, WITH_CONTENTS)}


@pytest.mark.parametrize("page", WITH_CONTENTS, ids=name)
def test_each_page_of_a_table_of_contents_is_linked_by_its_title(page: Path) -> None:
    linked = {((page.parent / target).resolve(), text) for text, target in LINK.findall(words(page))}
    if page == DOCS / "index.md":  # it names the sections within sentences
        assert listed(page) - {each for each, _ in linked} == set()
    else:
        assert {(each, HEADING.findall(words(each))[0]) for each in listed(page)} - linked == set()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_have_words_and_lead_somewhere(page: Path) -> None:
    wrong: list[str] = []
    for text, target in LINK.findall(words(page)):
        place, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        found = (page.parent / place).resolve() if place else page
        if not text or not found.exists() or (anchor and found.suffix == ".md" and anchor not in anchors(found)):
            wrong.append(f"[{text}]({target})")
    assert wrong == []
