"""``dragoman config``, profiles, and the file that commands read."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from core.cli.pseudo_terminal import PseudoTerminal
from dragoman.cli.group import dragoman
from dragoman.plugins.registry import installed

if TYPE_CHECKING:
    from pathlib import Path

    from core.scripted import Site

FILE = """\
[llm]
model = "echo"
temperature = 0.2
api_key = "sk-of-the-file"

[llm.brief]
max_tokens = 1

[llm.other]
model = "openai/gpt-4"
"""


def run(*arguments: str, stdin: str | None = None, **environment: str) -> Result:
    return CliRunner().invoke(dragoman, arguments, input=stdin, env=environment)


@pytest.fixture
def file(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write the file of the user; the working directory has none."""
    path = home / ".config" / "dragoman" / "dragoman.toml"
    path.parent.mkdir(parents=True)
    path.write_text(FILE)
    monkeypatch.chdir(home)
    return path


@pytest.mark.usefixtures("file")
def test_a_profile_is_used_by_each_command() -> None:
    cut = run("chat", "--no-log", "-P", "brief", "one two")
    assert (cut.exit_code, cut.stdout) == (0, "one\n")
    assert "cut by a limit of tokens" in cut.stderr
    assert run("chat", "--no-log", "-P", "brief", "-o", "max_tokens=5", "one two").stdout == "one two\n"
    assert run("complete", "--profile", "other", "-m", "echo", "text").stdout == "text\n"
    assert "[" in run("embed", "-P", "brief", "text").stdout
    missing = run("chat", "-P", "brif", "hi")
    assert missing.exit_code == 2
    assert "has no profile [llm.brif]; it has brief, other" in missing.stderr


def test_each_value_tells_its_line(file: Path) -> None:
    arguments = ("config", "show", "-P", "brief", "-o", "top_p=0.5", "--json")
    found = json.loads(run(*arguments, DRAGOMAN_SEED="3").stdout)
    assert found == {
        "model": {"value": "echo", "from": f"{file}:2"},
        "temperature": {"value": 0.2, "from": f"{file}:3"},
        "max_tokens": {"value": 1, "from": f"{file}:7"},
        "seed": {"value": 3, "from": "DRAGOMAN_SEED"},
        "top_p": {"value": 0.5, "from": "-o"},
        "api_key": {"value": "********", "from": f"{file}:4"},
    }


def test_a_model_that_nobody_serves_is_shown_with_its_line(file: Path) -> None:
    file.write_text("[llm]\nmodel = 'nosuch'\n")
    done = run("config", "--json")
    assert (done.exit_code, json.loads(done.stdout)["model"]) == (0, {"value": "nosuch", "from": f"{file}:2"})
    assert json.loads(done.stdout)["api_key"] == {"value": "not set", "from": "no provider is found"}
    assert "dragoman: warning: no installed provider claims the model 'nosuch'" in done.stderr


@pytest.mark.usefixtures("home")
def test_it_says_who_answers_without_a_model() -> None:
    assert json.loads(run("config", "--json").stdout)["model"] == {"value": "not set", "from": "echo answers"}
    assert "the server of api_base; -m names one" in run("config", "-b", "https://x.example/v1").stderr


def test_an_error_names_its_line(file: Path) -> None:
    file.write_text("[llm]\ntemperature = 'warm'\n")
    done = run("chat", "-m", "echo", "hi")
    assert done.exit_code == 2
    assert f"{file}:2: " in done.stderr
    file.write_text("[llm]\ntemprature = 1\n")
    assert "did you mean 'temperature'?" in run("chat", "-m", "echo", "hi").stderr


@pytest.mark.usefixtures("file")
def test_another_model_gets_no_key_of_the_file() -> None:
    found = json.loads(run("config", "show", "-m", "openai/gpt-4", "--json").stdout)
    assert found["api_key"]["value"] == "not set"
    assert found["temperature"]["value"] == 0.2
    assert json.loads(run("config", "show", "-m", "echo", "--json").stdout)["api_key"]["value"] == "********"
    assert json.loads(run("config", "show", "-p", "echo", "--json").stdout)["api_key"]["value"] == "********"
    assert json.loads(run("config", "show", "-p", "openai", "--json").stdout)["api_key"]["value"] == "not set"


@pytest.mark.parametrize("line", ["proxy = 'http://a.example:1'", "verify = false", "allow_insecure = true"])
def test_a_file_that_was_only_found_does_not_say_who_can_read(line: str, file: Path, home: Path) -> None:
    (home / "dragoman.toml").write_text(f"[llm]\n{line}\n")
    done = run("chat", "-m", "echo", "hi")
    assert done.exit_code == 2
    assert "dragoman.toml:2 sets" in done.stderr
    assert "only found" not in run("chat", "-m", "echo", "hi", DRAGOMAN_CONFIG="dragoman.toml").stderr
    file.write_text(f"[llm]\n{line}\n")
    (home / "dragoman.toml").unlink()
    assert "only found" not in run("chat", "-m", "echo", "hi").stderr


def test_profiles_are_listed_and_completed(file: Path) -> None:
    assert run("config", "profiles").stdout == "brief  echo\nother  openai/gpt-4\n"
    own = {"_DRAGOMAN_COMPLETE": "bash_complete", "COMP_WORDS": "dragoman chat -P b", "COMP_CWORD": "3"}
    assert CliRunner().invoke(dragoman, [], prog_name="dragoman", env=own).stdout == "plain,brief\n"
    file.write_text("[llm")
    assert CliRunner().invoke(dragoman, [], prog_name="dragoman", env=own).stdout.strip() == ""
    file.write_text("llm = 3")
    assert "there is no profile" in run("config", "profiles").stderr
    file.unlink()
    done = run("config", "profiles")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "there is no profile; 'dragoman config set -P NAME -m MODEL' makes one" in done.stderr


def editor(home: Path, code: str) -> str:
    """Return a program that changes the file, of which ``text`` is the content."""
    script = home / "editor.py"
    script.write_text(f"import pathlib, sys\npath = pathlib.Path(sys.argv[1])\ntext = path.read_text()\n{code}\n")
    return f"{sys.executable} {script}"


def test_the_file_is_edited_and_checked(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    monkeypatch.delenv("VISUAL", raising=False)
    path = home / ".config" / "dragoman" / "dragoman.toml"
    done = run("config", "edit", EDITOR=editor(home, "path.write_text(text.replace('# model', 'model'))"))
    assert (done.exit_code, done.stdout) == (0, f"{path} is valid\n")
    assert path.stat().st_mode & 0o777 == 0o600
    assert run("chat", "--no-log", "hi").stderr == ""
    done = run("config", "edit", EDITOR=editor(home, "path.write_text(text.replace('# ', ''))"))
    assert done.exit_code == 2
    assert "cannot read a configuration from " in done.stderr
    assert "DRAGOMAN_CONFIG" not in done.stderr  # nobody set it
    path.write_text(FILE)
    done = run("config", "edit", EDITOR=editor(home, ""))
    assert done.stdout == f"{path} is valid; its profiles: brief, other\n"
    done = run("config", "edit", EDITOR=editor(home, "path.write_text(text.replace('= 1', '= \"many\"'))"))
    assert done.exit_code == 2
    assert f"{path}:7: " in done.stderr
    assert run("config", "edit", EDITOR="false").exit_code == 1
    done = run("config", "edit", EDITOR="vi '")
    assert done.exit_code == 2
    assert "the editor that VISUAL or EDITOR names cannot be read: no closing quotation; set it" in done.stderr
    named = home / "own.toml"
    done = run("config", "edit", EDITOR=editor(home, ""), DRAGOMAN_CONFIG=str(named))
    assert done.stdout == f"{named} is valid\n"
    (home / "taken").write_text("")
    done = run("config", "edit", EDITOR="true", DRAGOMAN_CONFIG=str(home / "taken" / "a.toml"))
    assert (done.exit_code, "cannot be written" in done.stderr) == (2, True)


@pytest.mark.usefixtures("file")
@pytest.mark.parametrize("columns", [80, 40])
def test_values_fit_into_a_terminal(columns: int) -> None:
    with PseudoTerminal(columns) as terminal:
        assert terminal.run(lambda: None, "config", "show", "-o", f"stop={'x' * 100}") == 0
        assert terminal.run(lambda: None, "config", "profiles") == 0
        shown = terminal.wait("other  openai/gpt-4")
    assert "sk-of-the-file" not in shown
    assert all(len(line) < columns for line in terminal.lines())


def test_values_are_set_and_the_rest_of_the_file_stays(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    path = home / ".config" / "dragoman" / "dragoman.toml"
    done = run("config", "set", "-m", "echo", "-o", "temperature=0.2")
    assert (done.exit_code, done.stdout) == (0, f"model, temperature of [llm] in {path}: changed\n")
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text("# mine\n" + path.read_text() + "\n[other]\na = 1 # kept\n")
    assert run("config", "set", "-P", "big", "-m", "openai/gpt-4").exit_code == 0
    assert run("config", "set", "-o", "temperature=null", "-o", "seed=3").exit_code == 0
    text = path.read_text()
    assert text.startswith("# mine\n[llm]\n")
    assert "a = 1 # kept" in text
    table = {"model": "echo", "seed": 3, "big": {"model": "openai/gpt-4"}}
    assert tomllib.loads(text) == {"llm": table, "other": {"a": 1}}
    assert run("config").stdout.startswith("model ")
    (home / "dragoman.toml").write_text("[llm]\n")
    assert "dragoman.toml in this folder is read instead" in run("config", "set", "-m", "echo").stderr


def test_a_model_that_nobody_serves_is_set_with_a_warning(home: Path) -> None:
    file = home / ".config" / "dragoman" / "dragoman.toml"
    for arguments, words in (
        (("-m", "nosuch"), "dragoman: warning: no installed provider claims the model 'nosuch'; name the provider"),
        (("-P", "draft", "-m", "nosuch/x"), "claims the model 'nosuch/x'"),
        (("-p", "nosuch"), "dragoman: warning: the provider 'nosuch' is not installed; nobody has published"),
    ):
        done = run("config", "set", *arguments)
        assert done.exit_code == 0
        assert words in done.stderr
        assert "installed:" not in done.stderr
    assert 'model = "nosuch"' in file.read_text()
    for arguments in (("-m", "echo", "-p", "echo"), ("-o", "temperature=0.5"), ("-P", "draft", "-m", "openai/gpt-4o")):
        assert run("config", "set", *arguments).stderr == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "there is nothing to set"),
        (("-o", "api_key=x"), "'dragoman keys set PROVIDER' keeps keys"),
        (("-o", "temperature=hot"), "temperature must be a number"),
        (("-o", "max_tokenz=1"), "did you mean 'max_tokens'?"),
        (("-P", "temperature", "-m", "echo"), "llm.temperature in"),
        (("-P", "headers", "-m", "echo"), "has no profile [llm.headers]"),
        (("-o", 'stop=["a",null]'), "stop cannot be written to"),
        (("-o", 'headers={"a":null}'), "headers cannot be written to"),
        (("-o", 'stop=["\\ud800"]'), "'\\ud800' is not a character"),
        (("-o", f"max_tokens={2**64}"), "max_tokens must be between 1 and"),
        (("-o", f"seed={'9' * 5000}"), "seed must be a whole number"),
        (("-P", "", "-m", "echo"), "-P is empty; leave it out"),
        (("-o", "fial=broken"), "echo has no option 'fial'; did you mean 'fail'?"),
        (("-o", "stall=long"), "wrong option for echo: expected float, not 'long'"),
        (
            ("-P", "draft", "-m", "openai/gpt-4o", "-o", "user=3"),
            "wrong option for openai: expected str or null, not 3",
        ),
        (("-m", "openai/gpt-4o", "-b", "nowhere"), "api_base is not an http(s) URL"),
        (("-o", 'options={"eco":{}}'), "did you mean 'echo'?"),
    ],
)
def test_what_would_not_be_valid_is_not_set(arguments: tuple[str, ...], words: str, file: Path) -> None:
    file.write_text("[llm]\nmodel = 'echo'\ntemperature = 0.5\n")
    done = run("config", "set", *arguments)
    assert done.exit_code == 2
    assert words in " ".join(done.stderr.split())
    assert not re.search(rf"{file}:\d", done.stderr)  # what was typed stands on no line
    assert file.read_text() == "[llm]\nmodel = 'echo'\ntemperature = 0.5\n"
    assert [each.name for each in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-o", "reasoning_efort=low"), "no installed provider has an option 'reasoning_efort'"),
        (("-o", "user=3", "-p", "openai"), "wrong option for openai: expected str or null, not 3"),
        (("-o", 'options={"eco":{}}'), "did you mean 'echo'?"),
        (("-o", 'options={"echo":{"fial":"broken"}}'), "echo has no option 'fial'"),
        (("-b", "nowhere"), "api_base is not an http(s) URL"),
    ],
)
def test_what_is_not_valid_makes_no_file(arguments: tuple[str, ...], words: str, home: Path) -> None:
    done = run("config", "set", *arguments)
    assert (done.exit_code, words in done.stderr) == (2, True)
    assert [*home.iterdir()] == []


def test_what_may_be_valid_later_is_set(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_OPENAI_ENDPOINT", raising=False)
    file = home / ".config" / "dragoman" / "dragoman.toml"
    for arguments in (
        ("-o", "store=true"),  # an option of several providers, of which none is named yet
        ("-o", "store=null", "-b", "https://x.example/v1"),
        ("-m", "azure/x"),  # which needs to know its endpoint
        ("-m", "nosuch/x", "-o", "strange=1"),
    ):
        assert run("config", "set", *arguments).exit_code == 0
    assert tomllib.loads(file.read_text())["llm"]["strange"] == 1


def test_a_plugin_that_is_broken_may_be_named(home: Path, site: Site) -> None:
    site.add("acme", source="raise RuntimeError", providers=("acme",))
    installed.cache_clear()
    assert run("config", "set", "-m", "acme/x").exit_code == 0
    assert home.joinpath(".config", "dragoman", "dragoman.toml").exists()


def test_a_line_that_is_wrong_is_named_and_can_be_mended(file: Path) -> None:
    file.write_text("[llm]\nmodel = 'echo'\nfial = 'x'\n")
    done = run("config", "set", "-o", "temperature=0.5")
    assert (done.exit_code, f"{file}:3: echo has no option 'fial'" in done.stderr) == (2, True)
    assert run("config", "set", "-o", "temperature=0.5", "-o", "fial=null").exit_code == 0
    assert tomllib.loads(file.read_text()) == {"llm": {"model": "echo", "temperature": 0.5}}


def test_profiles_that_are_set_at_once_are_all_kept(home: Path) -> None:
    names = [f"p{number}" for number in range(4)]
    command = [sys.executable, "-m", "dragoman.cli", "config", "set", "-m", "echo", "-P"]
    set_at_once = [subprocess.Popen([*command, each], cwd=home) for each in names]
    assert [each.wait() for each in set_at_once] == [0] * 4
    table = tomllib.loads((home / ".config" / "dragoman" / "dragoman.toml").read_text())["llm"]
    assert table == {each: {"model": "echo"} for each in names}


def test_a_link_to_the_file_stays(file: Path, home: Path) -> None:
    kept = home / "kept.toml"
    kept.write_text("[llm]\nmodel = 'echo'\n")
    kept.chmod(0o644)
    file.unlink()
    file.symlink_to(kept)
    assert run("config", "set", "-o", "seed=3").exit_code == 0
    assert (file.is_symlink(), kept.stat().st_mode & 0o777) == (True, 0o644)
    assert tomllib.loads(kept.read_text())["llm"]["seed"] == 3


def test_the_variable_that_names_no_file_is_named(home: Path) -> None:
    for command in (("config", "set", "-m", "echo"), ("config", "edit"), ("chat", "-m", "echo", "hi")):
        done = run(*command, DRAGOMAN_CONFIG="~nobody-of-this-name/x.toml")
        assert (done.exit_code, [*home.iterdir()]) == (2, [])
        assert "the home of a user that is not known: ~nobody-of-this-name/x.toml" in done.stderr
        assert "DRAGOMAN_CONFIG" in done.stderr
    assert run("config", "set", "-m", "echo", DRAGOMAN_CONFIG="~/own.toml").exit_code == 0
    assert (home / "own.toml").exists()
