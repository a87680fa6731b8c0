"""The page that compares the command with `llm`: our lines run, the keys are counted, and ours are no more."""

from __future__ import annotations

import re
import shlex
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from benchmarks.compare_llm import PAGE, told
from benchmarks.everyday import TASKS, WRONG_USES, Task, WrongUse, keystrokes, write_files
from benchmarks.page import PAGES
from core.cli.pseudo_terminal import PseudoTerminal
from dragoman.cli.group import dragoman
from dragoman.plugins.registry import installed
from servers.echo_as_vendors import EchoAsVendors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TEXT = (PAGES / PAGE).read_text("utf-8")
COMPARED = {"dragoman", "dragoman-openai", "dragoman-openai-compatible", "dragoman-anthropic", "dragoman-google"}
INSTALLED = re.compile(r" \(installed: [^)]*\)")
"""What differs between here and the environment of the comparison."""
LINE = re.compile(r"(?:cat (?P<file>\S+) \| )?dgm (?P<arguments>.*)")


def rows(mark: str) -> list[list[str]]:
    """Return the cells of a table of the page."""
    table = TEXT.partition(f"<!-- {mark}: begin -->")[2].partition(f"<!-- {mark}: end -->")[0]
    lines = [line for line in table.splitlines() if line.startswith("|")][2:]
    return [[cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the user a home with the files of the tasks, and a server; only the plugins of the comparison are there."""
    write_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("DRAGOMAN_DISABLE_PLUGINS", ",".join(_others()))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setattr(sys, "path", [*sys.path])
    with EchoAsVendors():
        yield tmp_path


def _others() -> list[str]:
    return sorted({each.distribution for each in installed().records()} - COMPARED)


def run(line: str, place: Path, stdin: str) -> tuple[int, str]:
    """Run a line as a shell does, and return its exit code and all that it prints."""
    found = LINE.fullmatch(line)
    assert found, line
    given = (place / found["file"]).read_text() if found["file"] else stdin
    done = CliRunner().invoke(dragoman, shlex.split(found["arguments"]), prog_name="dgm", input=given)
    return done.exit_code, done.output


def type_into(task: Task) -> tuple[int, str]:
    """Do a task in a terminal, and return its exit code and what is shown."""
    with PseudoTerminal() as terminal:

        def user() -> None:
            terminal.wait(task.asked[1])
            terminal.type(task.typed[1])

        code = terminal.run(user, *shlex.split(task.ours)[1:])
        return code, terminal.wait(task.shows)


def test_our_lines_run_one_after_the_other(place: Path, subtests: pytest.Subtests) -> None:
    for task in TASKS:
        with subtests.test(what=task.what):
            code, shown = type_into(task) if task.asked[1] else run(task.ours, place, task.stdin)
            assert (code, task.shows in shown) == (0, True), shown


def test_the_page_has_the_tasks_and_our_lines_are_no_longer() -> None:
    found = [row[:5] for row in rows("tasks")]
    assert found == [
        [each.what, f"`{each.llm}`", f"`{each.ours}`", str(keystrokes(each.llm)), str(keystrokes(each.ours))]
        for each in TASKS
    ]
    assert len(found) == 25
    assert [row for row in found if int(row[4]) > int(row[3])] == []


@pytest.mark.parametrize("wrong", WRONG_USES, ids=lambda each: each.what)
def test_our_errors_are_those_of_the_page(wrong: WrongUse, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("dgm config set -m gpt-4o", place, "")
    with monkeypatch.context() as patch:  # undone while the server is still named
        for name, value in wrong.environment:
            patch.setenv(name, value)
        code, shown = run(wrong.ours, place, "")
    row = next(row for row in rows("errors") if row[0] == wrong.what)
    assert code
    assert INSTALLED.sub("", told(code, shown).replace(r"\|", "|")) == INSTALLED.sub("", row[2])
