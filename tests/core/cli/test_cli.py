"""The command line: answers, errors, exit codes and signals."""

from __future__ import annotations

import io
import json
import os
import re
import runpy
import signal
import subprocess
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner, Result

from dragoman import Command, hookimpl
from dragoman.cli import EndsAtInterrupt, main
from dragoman.cli.group import dragoman
from dragoman.plugins.registry import installed
from dragoman.testing.faults import FaultServer
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply

if TYPE_CHECKING:
    from pathlib import Path

SHOW_MODULES = """
import atexit, sys
sys.argv[1:] = ["{}"]
atexit.register(lambda: print(sorted(sys.modules)))
from dragoman.cli import main
main()
"""
COMMAND = (sys.executable, "-W", "error", "-m", "dragoman.cli")


def run(*arguments: str, stdin: str | None = None, **environment: str) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(dragoman, arguments, input=stdin, env=environment)


def chunk(text: str | None, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {} if text is None else {"content": text}, "finish_reason": finish}
    return b"data: " + json.dumps({"id": "c1", "choices": [choice]}).encode() + b"\n\n"


def test_without_a_model_the_echo_answers_and_says_so() -> None:
    done = run("chat", "Hello")

    assert (done.exit_code, done.stdout) == (0, "Hello\n")
    assert "no model is configured" in done.stderr


def test_a_question_may_come_from_standard_input() -> None:
    assert run("chat", "-m", "echo", "--no-stream", stdin="piped\n").stdout == "piped\n"
    assert run("chat", "-m", "echo", "first", stdin="second").stdout == "first\n\nsecond\n"


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("chat", "-m", "gtp-4o", "hi"), "hint: -p names the provider; 'dragoman why MODEL' shows how a model"),
        (("chat", "-p", "opnai", "-m", "m", "hi"), "hint: -p names the provider"),
        (("chat", "-m", "echo", "-o", "temprature=1", "hi"), "hint: 'dragoman chat --help' lists the options"),
        (("chat", "-p", "openai", "hi"), "hint: 'dragoman chat --help' lists the options"),
        (("why", "gtp-4o"), ""),
        (("why", ""), ""),
        (("new-provider", "acme", "--kind", "dialec"), ""),
        (("keys", "set", "opnai"), ""),
        (("models", "-p", "opnai"), ""),
        (("chat", "-P", "nowhere", "hi"), "hint: 'dragoman chat --help' lists the options"),
    ],
)
def test_a_hint_is_of_use_where_it_is_given(arguments: tuple[str, ...], hint: str) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert hint in done.stderr
    assert done.stderr.count("hint:") == bool(hint)


def test_a_model_that_the_server_does_not_know_is_looked_up() -> None:
    with LoopbackServer(Reply.json({"error": {"message": "no model m"}}, status=404)) as server:
        done = run("chat", "-m", "openai_compatible/m", "-b", f"{server.url}/v1", "hi")
    assert done.exit_code == 1
    assert "hint: check the model and the base URL; 'dragoman models -p PROVIDER' lists its models\n" in done.stderr


def test_the_options_are_no_help_where_a_file_cannot_be_read() -> None:
    done = run("chat", "-m", "echo", "hi", DRAGOMAN_CONFIG="nowhere.toml")
    assert done.exit_code == 2
    assert "hint:" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (("chatt",), "Did you mean 'chat'?"),
        (("docter",), "Did you mean 'doctor'?"),
        (("zzz",), "No such command 'zzz'"),
    ],
)
def test_an_unknown_command_says_which_is_meant(arguments: tuple[str, ...], meant: str) -> None:
    assert meant in run(*arguments).stderr
    assert "did you mean 'dialect'?" in run("new-provider", "acme", "--kind", "dialec").stderr


def test_the_environment_sets_what_no_option_says() -> None:
    own = {"DRAGOMAN_MODEL": "m", "DRAGOMAN_PROVIDER": "openai", "DRAGOMAN_API_KEY": "k", "DRAGOMAN_MAX_TOKENS": "1"}
    assert run("chat", "-m", "echo", "-o", "stall=0", "one two", **own).stdout == "one\n"
    assert run("chat", "one two", DRAGOMAN_MODEL="echo", DRAGOMAN_OPTIONS='{"cut": 1}').stdout != "one two\n"
    assert run("chat", "-m", "echo", "one two", DRAGOMAN_OPTIONS='{"stal": 1}').exit_code == 2
    assert run("chat", "-p", "echo", "Hi", DRAGOMAN_MODEL="m", DRAGOMAN_OPTIONS='{"api": "chat"}').stdout == "Hi\n"
    assert run("chat", "-m", "echo", "Hi", DRAGOMAN_MODEL="echo").stdout == "Hi\n"


def test_a_warning_is_one_line() -> None:
    installed.cache_clear()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        done = run("why", "gpt-4", DRAGOMAN_DISABLE_PLUGINS="openai")
    installed.cache_clear()
    assert done.stderr == (
        "dragoman: warning: DRAGOMAN_DISABLE_PLUGINS names 'openai', which is not installed; "
        "did you mean dragoman-openai?\n"
    )


def test_a_misspelled_variable_is_not_answered_by_the_echo() -> None:
    done = run("chat", "hi", DRAGOMAN_MODLE="gpt-4")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "DRAGOMAN_MODLE is not read; did you mean DRAGOMAN_MODEL?" in done.stderr


def test_the_model_may_come_from_the_environment() -> None:
    done = run("chat", "hi", DRAGOMAN_MODEL="echo")

    assert (done.stdout, done.stderr) == ("hi\n", "")


def test_json_holds_the_complete_response() -> None:
    done = run("chat", "-m", "echo", "--json", "-s", "be brief", "hello there")

    response = json.loads(done.stdout)
    assert response["message"] == {"role": "assistant", "content": "hello there"}
    assert response["usage"] == {"input_tokens": 4, "output_tokens": 2}
    assert response["origin"]["provider"] == "echo"


def test_option_values_are_parsed() -> None:
    assert run("chat", "-m", "echo", "-o", "max-tokens=2", "a b c").stdout == "a b\n"
    assert (
        run("chat", "-m", "echo", "-o", "seed=null", "-o", "logprobs=true", "-o", "service_tier=x", "a").stdout == "a\n"
    )


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("chat", "-m", "nobody-knows-this", "hi"), 2, "no installed provider claims"),
        (("chat", "-m", "echo", "-o", "cutt=1", "hi"), 2, "did you mean 'cut'"),
        (("chat", "-m", "echo", "-o", "cut", "hi"), 2, "--option expects NAME=VALUE"),
        (("chat", "-m", "echo", "-o", "fail=broken", "hi"), 1, "option fail='broken'"),
        (("chat", "-m", "echo", "-o", "cut=1", "hi"), 1, "ended before the answer began"),
        (("chat", "-m", "gpt-4", "hi"), 2, "OPENAI_API_KEY"),
        (("chat", "-m", "echo", "-o", "temperature=hot", "hi"), 2, "temperature must be a number"),
        (("chat", "-m", "echo", "-o", "temperature=" + "[" * 9999, "hi"), 2, "temperature must be a number"),
        (("chat", "-m", "echo"), 2, "the prompt is empty"),
        (("why", "nobody-knows-this"), 2, "no installed provider claims"),
        (("nonsense",), 2, "No such command"),
    ],
)
def test_an_error_is_a_line_and_a_code(arguments: tuple[str, ...], code: int, words: str) -> None:
    done = run(*arguments)

    assert done.exit_code == code
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_why_explains_the_choice() -> None:
    done = run("why", "openai/gpt-4", "--api-base", "https://openrouter.ai/api/v1")

    assert done.exit_code == 0
    assert "provider      openrouter" in done.stdout
    assert "model         openai/gpt-4" in done.stdout
    assert "claims the host openrouter.ai" in done.stdout
    assert "provider      openai_compatible" in run("why", "x", "-p", "openai_compatible").stdout


def test_plugins_lists_and_imports_none() -> None:
    code = SHOW_MODULES.format("plugins")
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "DRAGOMAN_DISABLE_PLUGINS": "dragoman-groq"},
    )

    listing, _, modules = done.stdout.rstrip().rpartition("\n")
    assert "dragoman-echo" in listing
    assert any("dragoman-groq" in line and "blocked" in line for line in listing.splitlines())
    assert "'dragoman_" not in modules


def test_help_imports_no_plugin_and_no_client() -> None:
    code = SHOW_MODULES.format("--help")
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
    )

    assert "chat" in done.stdout
    for absent in ("'aiohttp'", "'rich'", "'cattrs'", "'dragoman_", "'asyncio'"):
        assert absent not in done.stdout.rpartition("\n[")[2]


class Commands:
    """An extension that adds commands."""

    @hookimpl
    def dragoman_commands(self) -> list[Command]:
        return [
            Command(name="spend", target=f"{__name__}:spend"),
            Command(name="gone", target="no_such_module:x"),
            Command(name="odd", target="json:dumps"),
        ]


@click.command()
def spend() -> None:
    click.echo("nothing was spent")


def test_a_plugin_may_add_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, __name__, sys.modules.get(__name__) or module_of(spend))
    installed.cache_clear()
    installed().register(Commands())
    try:
        assert run("spend").stdout == "nothing was spent\n"
        assert "cannot be loaded" in run("gone").stderr
        assert "not a click command" in run("odd").stderr
        assert run("other").exit_code == 2
        assert "spend" not in run("--help").stdout
    finally:
        installed.cache_clear()


def module_of(command: click.Command) -> ModuleType:
    """Return a module that holds *command*, since pytest imports tests without registering their modules."""
    module = ModuleType(__name__)
    module.spend = command
    return module


def test_without_click_the_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "click", None)
    monkeypatch.delitem(sys.modules, "dragoman.cli.group")

    with pytest.raises(SystemExit, match=re.escape("pip install 'dragoman[cli]'")):
        main()


def test_completion_knows_our_commands() -> None:
    assert dragoman.list_commands(click.Context(dragoman)) == [
        "chat",
        "complete",
        "embed",
        "models",
        "keys",
        "logs",
        "config",
        "why",
        "plugins",
        "doctor",
        "new-provider",
    ]


def test_the_command_is_installed() -> None:
    done = subprocess.run(
        [*COMMAND, "chat", "-m", "echo", "Hi"], stdin=subprocess.DEVNULL, capture_output=True, check=True
    )

    assert done.stdout == b"Hi\n"


def test_an_interrupt_ends_with_its_own_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> bool:
        raise KeyboardInterrupt

    terminal = io.StringIO()
    terminal.isatty = interrupted
    monkeypatch.setattr(sys, "argv", ["dragoman", "chat", "-m", "echo"])
    monkeypatch.setattr(sys, "stdin", terminal)

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 130


class _Interrupted(io.BytesIO):
    """A stream that is interrupted at once, as the search for a module is."""

    def write(self, data: object, /) -> int:
        if data:
            raise KeyboardInterrupt
        return 0

    def find_spec(self, name: str, *_: object) -> None:
        if name == "dragoman.cli.group":
            raise KeyboardInterrupt


def test_an_interrupt_of_the_imports_or_the_arguments_ends_with_its_own_code(monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted = _Interrupted()
    monkeypatch.setattr(sys, "argv", ["dragoman", "--help"])
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(interrupted, "utf-8"))
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130
    monkeypatch.delitem(sys.modules, "dragoman.cli.group")
    monkeypatch.setattr(sys, "meta_path", [interrupted, *sys.meta_path])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130


def test_the_package_can_be_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["dragoman", "plugins"])

    with pytest.raises(SystemExit) as ended:
        runpy.run_path(main.__code__.co_filename.replace("__init__", "__main__"), run_name="__main__")

    assert ended.value.code == 0
    assert "dragoman-echo" in capsys.readouterr().out


def test_an_interrupt_is_clean_and_hangs_up(tmp_path: Path) -> None:
    with LoopbackServer(Reply.sse(chunk("one "), chunk("two"), ending="stall")) as server:
        arguments = ("chat", "-m", "openai_compatible/m", "-b", f"{server.url}/v1", "hi")
        with (tmp_path / "out").open("w+") as out, (tmp_path / "err").open("w+") as err:
            process = subprocess.Popen([*COMMAND, *arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=err)
            server.wait_requests(timeout=30)
            wait_for(tmp_path / "out", "one two")
            process.send_signal(signal.SIGINT)
            code = process.wait(timeout=30)
        server.wait_hangup(timeout=5)

    assert code == 130
    assert (tmp_path / "out").read_text() == "one two\n"
    assert (tmp_path / "err").read_text().strip() == ""


@pytest.mark.parametrize("arguments", [("chat", "-m", "echo", "-o", "stall=60", "hi"), ("chat", "-m", "echo")])
def test_an_interrupt_while_the_command_starts_is_clean(arguments: tuple[str, ...], home: Path) -> None:
    """At any moment from the first line of our own on: what Python does before is not ours."""
    launch = "import sys; from dragoman.cli import main; print(flush=True); sys.stdin.readline(); main()"
    seen = 0
    for milliseconds in (10, 20, 40, 60, 80, 100, 130, 170, 220, 300, 400, 600):
        process = subprocess.Popen(
            [sys.executable, "-c", launch, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        process.stdin.write("\n")
        process.stdin.flush()  # it stays open, so that the second command waits for a question
        time.sleep(milliseconds / 1000)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=30)
        if process.returncode == -signal.SIGINT and "dragoman" not in told:
            continue  # a busy machine had not called main() yet
        assert (process.returncode, told) == (130, ""), milliseconds
        seen += 1
    assert seen


LOSING = """
import os, signal, sys

class Lost:
    def __del__(self):  # as a callback of the import system, it swallows any exception
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000):
            pass

class Finder:
    def find_spec(self, name, *_):
        if name == NAME:
            Lost()

NAME = sys.argv.pop(1)
sys.meta_path.insert(0, Finder())
from dragoman.cli import main
main()
"""


@pytest.mark.parametrize("name", ["dragoman.cli.group", "dragoman.cli.chat", "dragoman.client.llm"])
def test_an_interrupt_that_python_would_lose_ends_the_command(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOSING, name, "chat", "-n", "-m", "echo", "hi"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_an_interrupt_that_is_ignored_stays_so() -> None:
    """As for a command that a shell runs in the background."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with EndsAtInterrupt():
            os.kill(os.getpid(), signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_an_interrupt_elsewhere_than_in_the_main_thread_is_left_alone() -> None:
    def enter() -> bool:
        with EndsAtInterrupt():
            return signal.getsignal(signal.SIGINT) is before

    before = signal.getsignal(signal.SIGINT)
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(enter).result()
    assert signal.getsignal(signal.SIGINT) is before


def wait_for(path: Path, text: str) -> None:
    """Wait until another process has written *text*."""
    end = time.monotonic() + 30
    while text not in path.read_text():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_closed_pipe_prints_no_traceback() -> None:
    question = " ".join(["word"] * 15_000)
    asking = subprocess.Popen(
        [*COMMAND, "chat", "-m", "echo", question],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert asking.stdout is not None
    assert asking.stderr is not None
    asking.stdout.read(10)
    asking.stdout.close()
    errors = asking.stderr.read()
    asking.wait(timeout=60)
    asking.stderr.close()

    assert b"Traceback" not in errors


def test_every_model_that_failed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "dragoman.toml"
    with FaultServer() as server:
        base = server.url_of("status_500") + "/v1"
        file.write_text(
            f"[llm]\nmodel = 'openai/first'\napi_key = 'k'\napi_base = {base!r}\nnum_retries = 0\n"
            f"options.openai.api = 'chat'\nfallbacks = ['openai/second']\n"
        )
        monkeypatch.setenv("DRAGOMAN_CONFIG", str(file))
        done = CliRunner().invoke(dragoman, ["chat", "hi"])
    assert done.exit_code == 1, done.stderr
    lines = done.stderr.splitlines()
    assert lines[0].startswith("dragoman: openai (first) answered")
    assert lines[1].startswith("note: the fallback 'openai/second' failed too: openai (second) answered")
