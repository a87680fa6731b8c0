"""The help of each command, its examples, and what starting costs."""

from __future__ import annotations

import json
import os
import re
import runpy
import shlex
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import dragoman as package
from core.cli.pseudo_terminal import PseudoTerminal
from dragoman.cli.group import dragoman
from dragoman.cli.model_lists import ListedModel, ModelList, remember
from dragoman.cli.terminal import wrapped

COMMANDS = tuple(dragoman.list_commands(click.Context(dragoman)))
COSTLY = ("prompt_toolkit", "rich", "cattrs", "aiohttp", "asyncio", "sqlite3")
MODULES = "import atexit, sys; atexit.register(lambda: print('\\n' + '\\n'.join(sys.modules), file=sys.stderr));"


def modules_of(*arguments: str) -> set[str]:
    """Return what is imported by the time that the command has ended."""
    code = f"{MODULES} sys.argv = ['dragoman', *{arguments!r}]; from dragoman.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stderr.splitlines())


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("chat", "--help"), ("keys", "--help")])
def test_help_imports_nothing_costly(arguments: tuple[str, ...]) -> None:
    assert not {*COSTLY} & modules_of(*arguments)


def test_a_question_imports_no_editor() -> None:
    assert not {"prompt_toolkit", "rich", "aiohttp"} & modules_of("chat", "--no-log", "-m", "echo", "hi")


def help_of(*command: str) -> str:
    done = CliRunner().invoke(dragoman, [*command, "--help"])
    assert done.exit_code == 0
    return done.stdout


def examples() -> list[str]:
    found = [line.strip() for name in COMMANDS for line in help_of(name).splitlines()]
    return [line for line in found if re.match(r"dragoman .*-m echo ", line) or line.endswith("why echo")]


def test_each_command_has_an_example() -> None:
    for command in ((), *((name,) for name in COMMANDS)):
        assert re.search(r"\n *Examples?:\n +dragoman ", help_of(*command)), command


@pytest.mark.parametrize("line", examples())
def test_the_examples_work(line: str, home: Path) -> None:
    done = CliRunner().invoke(dragoman, shlex.split(line)[1:])
    assert done.exit_code == 0
    assert ("-> " in done.stderr) if " -t " in line else not done.stderr  # calls of tools are told
    assert done.stdout


@pytest.mark.parametrize("columns", [80, 40])
@pytest.mark.parametrize(
    "arguments", [("--help",), ("chat", "--help"), ("why", "nobody"), ("doctor",), ("plugins",), ("why", "gpt-4o")]
)
def test_lines_are_broken_between_words(columns: int, arguments: tuple[str, ...]) -> None:
    with PseudoTerminal(columns, 300) as terminal:
        assert terminal.run(lambda: None, *arguments) == 2 * (arguments[-1] == "nobody")
    lines = terminal.raw.decode().replace("\r", "").splitlines()
    told = [line for line in lines if not re.match(r"dragoman: |hint: | +(git .*)?dragoman ", line)]
    assert told
    assert [line for line in told if len(line) > columns] == []


def test_a_line_that_fits_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dragoman.cli.terminal.columns", lambda _: 20)
    assert wrapped("one two", 4) == "one two"
    assert wrapped("one two three four five", 4) == "one two three four\n    five"
    assert wrapped("  1. two three four five", 5) == "  1. two three four\n     five"
    monkeypatch.setattr("dragoman.cli.terminal.columns", lambda _: None)
    assert wrapped("one two three four five", 4) == "one two three four five"


@pytest.mark.parametrize(
    ("shell", "marker"), [("bash", "complete -o"), ("zsh", "#compdef"), ("fish", "complete --no-files")]
)
def test_a_shell_gets_its_completion(shell: str, marker: str) -> None:
    done = completion(f"{shell}_source")
    assert marker in done


def completion(instruction: str, *words: str) -> str:
    own = {"_DRAGOMAN_COMPLETE": instruction, "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    done = CliRunner().invoke(dragoman, [], prog_name="dragoman", env=own)
    return done.stdout


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("--sc",), ["--schema"]),
        (("--v",), ["--version"]),
        (("--he",), ["--help"]),
        (("-m", "echo", "--no"), ["--no-log", "--no-stream"]),
        (("logs", "--l"), ["--limit"]),
        (("logs", "-r", "--j"), ["--json"]),
        (("config", "--pr"), ["--provider", "--profile"]),
        (("keys", "--"), ["--help"]),
    ],
)
def test_options_of_the_command_that_is_meant_are_completed(words: tuple[str, ...], found: list[str]) -> None:
    assert completion("bash_complete", "dragoman", *words).split() == [f"plain,{each}" for each in found]


@pytest.mark.parametrize("name", ["dragoman", "dgm"])
def test_both_names_of_the_program_are_completed(name: str) -> None:
    program = str(Path(sys.executable).with_name(name))
    variable = f"_{name.upper()}_COMPLETE"
    asked = {"COMP_WORDS": f"{name} --sc", "COMP_CWORD": "1", variable: "bash_complete"}
    for own, shown in ((asked, "plain,--schema\n"), ({variable: "bash_source"}, f"{variable}=bash_complete")):
        done = subprocess.run([program], capture_output=True, text=True, check=True, env={**os.environ, **own})
        assert shown in done.stdout


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("chat", "-a", "no"), ["file,no"]),
        (("-t", "no"), ["file,no"]),
        (("chat", "--schema", "no"), ["file,no"]),
        (("chat", "-p", "anthro"), ["plain,anthropic"]),
        (("why", "-p", "anthro"), ["plain,anthropic"]),
        (("models", "-p", "anthro"), ["plain,anthropic"]),
        (("keys", "set", "anthro"), ["plain,anthropic"]),
        (("keys", "remove", "anthro"), ["plain,anthropic"]),
    ],
)
def test_paths_and_providers_are_completed(words: tuple[str, ...], found: list[str], home: Path) -> None:
    assert completion("bash_complete", "dragoman", *words).split() == found


def test_commands_and_models_are_completed(home: Path) -> None:
    path = home / ".config" / "dragoman" / "models.json"
    remember(path, [ModelList(provider="openai", models=(ListedModel(id="gpt-x"),), asked=1.0)])
    assert completion("bash_complete", "dragoman", "comp") == "plain,complete\n"
    assert completion("bash_complete", "dragoman", "chat", "-m", "openai/") == "plain,openai/\nplain,openai/gpt-x\n"


def test_the_package_is_a_program(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["dragoman", "--version"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(Path(package.__file__).with_name("__main__.py")), run_name="__main__")
    assert ended.value.code == 0
    assert metadata.version("dragoman") in capsys.readouterr().out
    done = subprocess.run(
        [sys.executable, "-m", "dragoman", "chat", "--json", "--no-log", "-m", "echo", "hi"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
        env={**os.environ},
    )
    assert json.loads(done.stdout)["message"]["content"] == "hi"


@pytest.mark.parametrize("arguments", [("-m", "echo", "-h"), ("--help", "-m", "echo"), ("-p", "echo", "--help")])
def test_the_help_of_a_model_has_the_options_of_its_provider(arguments: tuple[str, ...]) -> None:
    done = CliRunner().invoke(dragoman, ["chat", *arguments])
    assert done.exit_code == 0
    assert "Settings, each as -o NAME=VALUE:\n  max_tokens, temperature," in done.stdout
    told = done.stdout.partition("Options of echo, each as -o NAME=VALUE:\n")[2]
    assert re.search(r"^  stall +seconds to wait before each piece of the answer\.$", told, re.MULTILINE)
    assert "Options of" not in help_of("chat")


def test_the_help_of_a_model_needs_no_key(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    for name in [*os.environ]:
        if name.startswith(("ANTHROPIC_", "OPENAI_")):
            monkeypatch.delenv(name)
    assert "\n  organization " in help_of("chat", "-m", "openai/gpt-4o")
    inherited = help_of("chat", "-m", "anthropic/claude-x")
    assert "api_version" in inherited
    assert re.search(r"^  \w+ +\S", inherited.partition("Options of anthropic")[2], re.MULTILINE)


def test_the_help_says_why_there_are_no_options() -> None:
    assert "They cannot be told: no installed provider claims the model 'nobody'" in " ".join(
        help_of("chat", "-m", "nobody").split()
    )
    assert "Options of" not in CliRunner().invoke(dragoman, ["chat", "-m", "--help"]).stdout
    assert CliRunner().invoke(dragoman, ["chat", "--nonsense", "--help"]).exit_code in {0, 2}


def test_commands_are_completed_without_importing_them() -> None:
    described = completion("zsh_complete", "dragoman", "pl")
    assert described == "plain\nplugins\nList the installed plugins without importing them.\n"
    assert "plain,--version" in completion("bash_complete", "dragoman", "--")


@pytest.mark.usefixtures("scripted")
def test_a_provider_may_have_no_options() -> None:
    assert "Options of scripted, each as -o NAME=VALUE:\n  It has none of its own.\n" in help_of(
        "chat", "-m", "scripted/x"
    )


QUESTION = {"hi": " 'dragoman chat hi' asks a model.\n", "": "\n", "modls": " Did you mean 'models'?\n"}


@pytest.mark.parametrize("source", ["pipe", "file", "null"])
def test_what_is_piped_needs_no_command(home: Path, source: str) -> None:
    (home / "question").write_text("what is it?")
    streams = {"pipe": "cat question |", "file": "<question", "null": "</dev/null"}
    line = f'{streams[source]} "$0" -m dragoman' if source == "pipe" else f'"$0" -m dragoman {streams[source]}'
    done = subprocess.run(
        ["/bin/sh", "-c", line, sys.executable], capture_output=True, text=True, check=False, cwd=home, timeout=60
    )
    if source == "null":
        assert done.stderr.startswith("Usage: ")
    else:
        assert (done.returncode, done.stdout) == (0, "what is it?\n")


def test_what_a_file_holds_is_asked_in_this_process(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "question").write_text("what is it?")
    with (home / "question").open() as file:
        monkeypatch.setattr(sys, "stdin", file)
        with pytest.raises(SystemExit) as ended:
            dragoman([])
    assert (ended.value.code, capsys.readouterr().out) == (0, "what is it?\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("prompt", "hi"), "No such command 'prompt'. It is called 'chat' here."),
        (("aliases",), "No such command 'aliases'. 'dragoman config set -P NAME -m MODEL' stores a model"),
        (("--key", "x", "hi"), "No such option '--key'. 'dragoman keys set PROVIDER' keeps a key."),
        (("chat", "--cid", "7", "hi"), "No such option '--cid'. It is called --id here."),
        (("logs", "show", "--cid", "7"), "No such option '--cid'.\n"),
        (("chat", "--schem", "a", "hi"), "No such option '--schem'. (Did you mean one of: '--help', '--schema', "),
    ],
)
def test_what_llm_calls_otherwise_is_told(home: Path, arguments: tuple[str, ...], words: str) -> None:
    done = CliRunner().invoke(dragoman, arguments, prog_name="dragoman")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"dragoman: {words}")


def test_a_question_needs_no_command(home: Path) -> None:
    for arguments in (("what is it?",), ("-m", "echo", "hi"), ("-m", "echo", "-x", "a b")):
        done = CliRunner().invoke(dragoman, arguments)
        assert (done.exit_code, done.stdout) == (0, f"{arguments[-1]}\n")
    for wrong in ("modls", "hi", ""):
        done = CliRunner().invoke(dragoman, [wrong])
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr.startswith(f"dragoman: No such command '{wrong}'.{QUESTION[wrong]}")
    assert CliRunner().invoke(dragoman, []).stderr.startswith("Usage: ")
    assert CliRunner().invoke(dragoman, ["--version"]).exit_code == 0
    assert completion("bash_complete", "dragoman", "keys", "re") == "plain,remove\n"
