"""The lesson "Write a provider" ends with what it promises: its code blocks are the distribution, and it passes."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs/tutorial/write-a-provider.md"
BLOCK = re.compile(r"^```\{code-block\} \w+\n:caption: (\S+)\n\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MOST_LINES = 250
LEAST_CHECKS = 300


def files() -> dict[str, str]:
    """Return what stands in each file that the page names."""
    return dict(BLOCK.findall(PAGE.read_text("utf-8")))


def lines_of_code(source: str) -> int:
    """Count the lines that are neither blank nor comment nor docstring."""
    reported: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        for each in getattr(node, "body", ()) if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) else ():
            if (
                isinstance(each, ast.Expr)
                and isinstance(each.value, ast.Constant)
                and isinstance(each.value.value, str)
            ):
                reported.update(range(each.lineno, (each.end_lineno or each.lineno) + 1))
    lines = enumerate(source.splitlines(), 1)
    return sum(1 for number, line in lines if line.strip() and line.strip()[0] != "#" and number not in reported)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Do what the lesson says: make the folder, and install it in addition to what is installed here."""
    folder = tmp_path_factory.mktemp("dragoman-cohere")
    for name, text in files().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    (folder / "src/dragoman_cohere/py.typed").touch()
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", "dist"]
    subprocess.run(build, cwd=folder, check=True, capture_output=True)
    [wheel] = (folder / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder


def run(project: Path, *command: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_", "DRAGOMAN_"))}
    environment = {**kept, "PYTHONPATH": str(project / "site")}
    done = subprocess.run(
        [sys.executable, *command], cwd=project, env=environment, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
    return done.stdout


def test_the_provider_is_as_short_as_the_page_says() -> None:
    sources = [text for name, text in files().items() if name.startswith("src/")]
    assert len(sources) == 5
    assert sum(map(lines_of_code, sources)) < MOST_LINES


def test_the_page_shows_every_file_that_it_names() -> None:
    tree = PAGE.read_text("utf-8").partition("```text\n")[2].partition("```")[0]
    named = set(re.findall(r"[\w.]+\.(?:py|toml|md)\b", tree))
    assert named == {Path(name).name for name in files()} - {"try.py"}


def test_the_program_of_the_page_works(project: Path) -> None:
    assert run(project, "try.py") == "ready\n"


def test_the_provider_passes_the_conformance_suite(project: Path) -> None:
    last = run(project, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:cov", "tests").splitlines()[-1]
    passed = re.search(r"(\d+) passed", last)
    assert passed is not None
    assert int(passed[1]) >= LEAST_CHECKS
    assert "failed" not in last
