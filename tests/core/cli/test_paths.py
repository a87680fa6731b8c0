"""Paths that cannot be: each is told on a line, wherever it is given."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from core.cli.pseudo_terminal import CTRL_D, PseudoTerminal
from dragoman.cli.group import dragoman

if TYPE_CHECKING:
    from pathlib import Path

LONG = "x" * 300
HOMELESS = "~nobody-has-this-name/file"
OPENAI = ("-m", "openai/gpt-4o", "-o", "api_key=x", "-o", "num_retries=0", "-b", "http://127.0.0.1:1")


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(dragoman, [*arguments], env=environment)


def assert_told(done: Result) -> None:
    """Assert that an error is a line with perhaps a hint, and no traceback."""
    assert isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code in {1, 2}
    lines = done.stderr.splitlines()
    assert lines[0].startswith("dragoman: ")
    assert all(line.startswith("hint: ") for line in lines[1:])


@pytest.mark.parametrize("path", [HOMELESS, LONG, f"{LONG}.py", f"{HOMELESS}.py"])
@pytest.mark.parametrize(
    "arguments",
    [
        ("chat", "-m", "echo", "-a", "{}", "hi"),
        ("chat", "-m", "echo", "-y", "-t", "{}", "hi"),
        ("chat", "-m", "echo", "-y", "-t", "{}:f", "hi"),
        ("chat", "-m", "echo", "--schema", "{},,", "hi"),
        ("chat", "-m", "echo", "--schema", "{}.json", "hi"),
        ("chat", "-m", "echo", "-P", "{}", "hi"),
        ("chat", *OPENAI, "-o", "verify={}", "hi"),
        ("chat", *OPENAI, "-o", "client_cert={}", "hi"),
        ("new-provider", "acme", "-k", "dialect", "-o", "{}"),
        ("new-provider", "{}", "-k", "dialect"),
    ],
)
def test_a_path_that_cannot_be_is_told(home: Path, arguments: tuple[str, ...], path: str) -> None:
    assert_told(run(*(each.format(path) for each in arguments)))
    assert not list(home.iterdir())


@pytest.mark.parametrize("path", [HOMELESS, LONG])
def test_a_configuration_that_is_nowhere_is_told(home: Path, path: str) -> None:
    assert_told(run("chat", "-m", "echo", "hi", DRAGOMAN_CONFIG=path))


@pytest.mark.parametrize(
    ("variable", "value", "file"),
    [("DRAGOMAN_CONFIG", "~/own.toml", "own.toml"), ("XDG_CONFIG_HOME", "~/own", "own/dragoman/dragoman.toml")],
)
def test_a_variable_may_begin_with_a_tilde(home: Path, variable: str, value: str, file: str) -> None:
    environment = {variable: value}
    assert run("config", "set", "-m", "echo", "-o", "top_p=0.5", **environment).exit_code == 0
    assert "top_p = 0.5" in (home / file).read_text()
    assert "0.5" in run("config", **environment).stdout
    assert run("chat", "-n", "hi", **environment).stdout == "hi\n"


@pytest.mark.parametrize("folder", ["/dev/null", f"/tmp/{LONG}"])  # noqa: S108  # nothing is written there
@pytest.mark.parametrize("name", ["HOME", "XDG_CONFIG_HOME"])
def test_a_folder_that_cannot_be_made_stops_no_answer(home: Path, name: str, folder: str) -> None:
    done = run("chat", "-m", "echo", "hi", **{name: folder})
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (0, "hi\n", 1)
    assert "dragoman: what is said is not kept: the log of conversations in" in done.stderr
    for arguments in (
        ("logs", "on"),
        ("logs", "off"),
        ("config", "set", "-m", "echo"),
        ("config", "edit"),
        ("keys", "set", "openai"),
        ("keys", "remove", "openai"),
        ("chat", "-c", "hi"),
    ):
        assert_told(run(*arguments, **{name: folder}))
    for arguments in (("logs", "path"), ("models", "--offline"), ("doctor",)):
        assert run(*arguments, **{name: folder}).exit_code == 0


def test_a_folder_that_is_none_holds_no_keys() -> None:
    for arguments in (("keys", "list"), ("config", "-m", "echo")):
        assert run(*arguments, HOME="/dev/null", XDG_CONFIG_HOME="").exit_code == 0
    done = run("chat", "-m", "openai/gpt-4o", "hi", HOME="/dev/null", XDG_CONFIG_HOME="", OPENAI_API_KEY="")
    assert "set OPENAI_API_KEY" in done.stderr


def test_a_conversation_needs_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/dev/null")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    with PseudoTerminal() as terminal:

        def user() -> None:
            terminal.wait("what is typed is not remembered", "leaves.\n>")
            terminal.enter("hi", "what is said is not kept: the log of conversations", "cannot be used")
            terminal.enter("again")
            terminal.enter("/undo", "removed: again")
            terminal.enter("/retry")
            assert terminal.text().count("is not kept") == 1
            terminal.type(CTRL_D)

        assert terminal.run(user, "chat", "-m", "echo") == 0


def test_links_that_lead_to_themselves_are_no_file(home: Path) -> None:
    loop = home / "loop.py"
    loop.symlink_to(loop)
    for option in ("-t", "-a", "--schema"):
        assert_told(run("chat", "-m", "echo", "-y", option, str(loop), "hi"))


@pytest.mark.parametrize(
    ("path", "words"),
    [("/dev/full", "it is a device, and no file"), ("/dev/null", "no file"), ("/proc/self/mem", "cannot be read")],
)
def test_a_file_without_an_end_is_no_attachment(home: Path, path: str, words: str) -> None:
    if not os.path.exists(path):  # noqa: PTH110  # of another system
        pytest.skip(f"there is no {path}")
    done = run("chat", "-m", "echo", "-a", path, "hi")
    assert_told(done)
    assert words in done.stderr


def test_what_is_wrong_with_a_schema_is_short(home: Path) -> None:
    for schema in ("[" * 10_000, "a" * 10_000 + " x y", "a: int" + " " * 10_000, "b" * 10_000 + ": int"):
        done = run("chat", "-m", "echo", "--schema", schema, "hi")
        assert_told(done)
        assert len(done.stderr) < 1000


def test_a_working_directory_that_was_removed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = home / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert run("chat", "-m", "echo", "hi").stdout == "hi\n"
    for arguments in (("-t", "x.py"), ("-t", "nobody_has_this:f"), ("-a", "x.png")):
        assert_told(run("chat", "-m", "echo", "-y", *arguments, "hi"))
    assert_told(run("new-provider", "acme", "-k", "dialect"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("chat", "-m", "echo", "-a", "-", "hi"), "standard input cannot be read: it is closed"),
        (("chat", "-m", "echo"), "the prompt is empty"),
        (("embed", "-m", "echo"), "there is no text"),
        (("keys", "set", "openai"), "the key of openai is empty"),
    ],
)
def test_standard_input_may_be_closed(home: Path, arguments: tuple[str, ...], words: str) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", '"$0" -m dragoman.cli "$@" <&-', sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HOME": str(home)},
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"dragoman: {words}")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [("keys", "remove"), ("models", "--offline"), ("logs", "x"), ("why",)])
def test_what_is_named_may_be_of_any_length(home: Path, arguments: tuple[str, ...]) -> None:
    done = run(*arguments, "x" * 100_000)
    assert done.exit_code in {0, 2}
    assert len(done.stderr) < 3000
