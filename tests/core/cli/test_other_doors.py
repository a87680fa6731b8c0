"""``dragoman complete``, ``embed`` and ``config``."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from core.cli.pseudo_terminal import PseudoTerminal
from dragoman.cli.group import dragoman
from dragoman.cli.terminal import columns, fitting
from dragoman.spec.key_file import write_keys
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply

if TYPE_CHECKING:
    from pathlib import Path

VECTORS = {
    "data": [{"index": 0, "embedding": [0.5, 1.0]}, {"index": 1, "embedding": [0.25, 2.0]}],
    "model": "m",
    "usage": {"prompt_tokens": 2},
}


def run(*arguments: str, stdin: str | None = None, **environment: str) -> Result:
    return CliRunner().invoke(dragoman, arguments, input=stdin, env=environment)


def test_a_text_is_continued() -> None:
    assert run("complete", "-m", "echo", "once", "upon").stdout == "once upon\n"
    assert run("complete", "-m", "echo", "--no-stream", stdin="a line\n").stdout == "a line\n\n"
    assert run("complete", "-m", "echo", stdin=" ").exit_code == 2
    assert run("complete", "-m", "echo", "-o", "cut=2", "one two three").exit_code == 1


def test_a_suffix_is_passed_on() -> None:
    done = run("complete", "-m", "echo", "--suffix", "end", "begin")
    assert (done.exit_code, "suffix" in done.stderr, done.stdout) == (2, True, "")


def test_each_text_becomes_a_vector() -> None:
    with LoopbackServer(Reply.json(VECTORS)) as server:
        own = ("embed", "-m", "openai_compatible/m", "-b", f"{server.url}/v1")
        assert run(*own, "one", "two").stdout == "[0.5, 1.0]\n[0.25, 2.0]\n"
        assert run(*own, stdin="one\n\ntwo\n").stdout == "[0.5, 1.0]\n[0.25, 2.0]\n"
        found = json.loads(run(*own, "--json", "one", "two").stdout)
        assert (found["model"], found["vectors"][1]) == ("m", [0.25, 2.0])
        assert [json.loads(each.body)["input"] for each in server.requests] == [["one", "two"]] * 3


def test_a_model_that_makes_no_vectors_is_an_error() -> None:
    done = run("embed", "-m", "anthropic/claude-sonnet-4-5", "-o", "api_key=k", "one")
    assert done.exit_code == 2
    assert done.stderr.startswith("dragoman: the provider 'anthropic' does not")
    assert "there is no text" in run("embed", "-m", "echo").stderr
    assert "one of the texts is empty" in run("embed", "-m", "echo", "one", " ").stderr


def test_each_value_is_shown_with_its_origin(home: Path) -> None:
    own = {
        "DRAGOMAN_TOP_P": "0.5",
        "DRAGOMAN_OPTIONS": '{"stall": 0, "access_token": "secret"}',
        "DRAGOMAN_MODEL": "echo",
    }
    shown = run("config", "show", "-o", "seed=3", "-o", 'stop=["a"]', **own).stdout
    lines = {line.split()[0]: line for line in shown.splitlines()}
    assert lines["model"].endswith("  echo  (DRAGOMAN_MODEL)")
    assert lines["temperature"].endswith("  0.7  (default)")
    assert lines["top_p"].endswith("  0.5  (DRAGOMAN_TOP_P)")
    assert lines["seed"].endswith("  3  (-o)")
    assert lines["stall"].endswith("  0  (DRAGOMAN_OPTIONS)")
    assert lines["access_token"].endswith("  ********  (DRAGOMAN_OPTIONS)")
    assert "secret" not in shown
    assert "echo may read one from its own environment variables" in lines["api_key"]


@pytest.mark.parametrize(
    ("arguments", "environment", "origin"),
    [
        (("-o", "api_key=sk-secret"), {}, "-o"),
        ((), {"DRAGOMAN_API_KEY": "sk-secret", "DRAGOMAN_MODEL": "openai/m"}, "DRAGOMAN_API_KEY"),
        ((), {}, "keys.json, unless openai reads one from its own environment variables"),
    ],
)
def test_a_key_is_masked(home: Path, arguments: tuple[str, ...], environment: dict[str, str], origin: str) -> None:
    write_keys(home / ".config" / "dragoman" / "keys.json", {"openai": "sk-secret"})
    done = run("config", "show", "-m", "openai/m", "--json", *arguments, **environment)
    found = json.loads(done.stdout)
    assert found["api_key"]["value"] == "********"
    assert found["api_key"]["from"].endswith(origin)
    assert found["model"] == {"value": "openai/m", "from": "-m"}
    assert "secret" not in done.stdout


def test_the_folder_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("config", "path").stdout == f"{home}/.config/dragoman\n"
    monkeypatch.delenv("HOME")
    assert "set HOME or XDG_CONFIG_HOME" in run("config", "path").stderr
    assert "may read one" in run("config", "show", "-m", "echo").stdout


def test_lines_fit_into_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fitting("x" * 200) == "x" * 200
    assert columns() is None
    with PseudoTerminal(40) as terminal, open(terminal.slave, "w", closefd=False) as out:  # a descriptor
        monkeypatch.setattr(sys, "stdout", out)
        assert columns() == 40
        assert fitting("x" * 40) == "x" * 36 + "..."
        assert fitting("x" * 39) == "x" * 39
        monkeypatch.undo()
