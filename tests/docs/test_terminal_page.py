"""The commands on the page about the terminal print what the page says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from dragoman.cli.group import dragoman

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "use-the-terminal.md"
BLOCKS = re.findall(r"```console\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
COMMAND = re.compile(r"^\$ (?:echo \"(?P<stdin>.*)\" \| )?dragoman (?P<arguments>.*)$", re.MULTILINE)


@pytest.mark.parametrize("block", BLOCKS)
def test_the_commands_print_what_the_page_says(block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    commands = [*COMMAND.finditer(block)]
    ends = [each.start() for each in commands[1:]] + [len(block)]
    for command, end in zip(commands, ends, strict=True):
        stdin = command["stdin"] and f"{command['stdin']}\n"
        done = CliRunner().invoke(dragoman, shlex.split(command["arguments"]), input=stdin)
        assert done.exit_code == 0
        assert done.stdout.replace(str(tmp_path), "~").strip() == block[command.end() : end].strip()


def test_there_are_commands() -> None:
    assert sum(len(COMMAND.findall(block)) for block in BLOCKS) > 6
