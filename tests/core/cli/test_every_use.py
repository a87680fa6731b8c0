"""Every command, and every wrong use of it, in a terminal: nothing is too wide, coloured in vain, or a traceback."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from core.cli.pseudo_terminal import CTRL_D, PseudoTerminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RIGHT = (
    "chat -n -m echo hi",
    "complete -m echo hi",
    "config",
    "config path",
    "config profiles",
    "config set -P draft -m echo -o stop=x",
    "doctor",
    "keys",
    "keys path",
    "logs",
    "new-provider acme --kind dialect",
    "logs off",
    "logs on",
    "logs path",
    "logs show 1",
    "logs -q e",
    "logs -r",
    "models --offline",
    "models --offline gpt",
    "plugins",
    "why echo",
    "why gpt-4o",
)
WRONG = (
    ("chatt hi", "did you mean 'chat'?"),
    ("--nonsense", "No such option"),
    ("chat --modle echo hi", "Did you mean"),
    ("chat -m", "requires an argument"),
    ("-m", " chat --help' lists the arguments"),
    ("logs list -q", " logs --help' lists the arguments"),
    ("help", "--help shows the commands"),
    ("chat -m echo --schema= hi", "it is empty; leave it out"),
    ("chat -m echo --provider= hi", "-p is empty; leave it out, or give a value"),
    ("chat -m echo --api-base= hi", "-b is empty; leave it out, or give a value"),
    ("chat -m echo --profile= hi", "-P is empty; leave it out, or give a value"),
    ("chat -m echo --attach= hi", "the name of an attachment is empty"),
    ("chat -m nobody hi", "no installed provider claims the model 'nobody'"),
    ("chat -m nobody hi", "providers, which 'dragoman plugins' lists"),
    ("chat -m openia/gpt-4 hi", "did you mean 'openai/gpt-4'?"),
    ("chat -p nobody hi", "the provider 'nobody' is not installed"),
    ("models -p opnai", "did you mean 'openai'?"),
    ("chat -m openai/gpt-4o hi", "OPENAI_API_KEY"),
    ("chat -m echo -a gone.png hi", "gone.png"),
    ("chat -m echo -a folder hi", "folder"),
    ("chat -m echo -a strange hi", "the type of strange is unknown"),
    ("chat -m echo --schema dinosaur? hi", "is not a field"),
    ("chat -m echo --schema {1 hi", "the schema is not valid JSON"),
    ("chat -m echo -yt gone.py hi", "there is no file gone.py"),
    ("chat -m echo -yt broken.py hi", "broken.py cannot be imported: SyntaxError"),
    ("chat -m echo -yt os:nothing hi", "os has no 'nothing'"),
    ("chat -m echo -yt tools hi", "names no tools; give module:function"),
    ("chat -m echo -o temperature hi", "expects NAME=VALUE"),
    ("chat -m echo -o temperature=hot hi", "temperature"),
    ("chat -m echo -o temprature=1 hi", "temprature"),
    ("chat -m echo --turns 0 hi", "--turns"),
    ("chat -m echo --id 99 hi", "the log holds no conversation 99"),
    ("chat -P gone -m echo hi", "there is no file with the profile 'gone'"),
    ("chat -m echo --json", "give a PROMPT with --json"),
    ("chat -m echo --json --events hi", "print an answer in different ways; give one of them"),
    ("chat -m echo -x --json hi", "print an answer in different ways; give one of them"),
    ("chat -m echo -c --id 1 hi", "-c is the last conversation; leave it out, or --id"),
    ("complete -m echo", "the prompt is empty"),
    ("complete -m nobody hi", "no installed provider claims"),
    ("complete -m openai/gpt-4o hi", "OPENAI_API_KEY"),
    ("config frob", "No such command 'frob'"),
    ("config set", "there is nothing to set"),
    ("config set -o api_key=x", "'dragoman keys set PROVIDER' keeps keys"),
    ("config set -o temperature=hot", "temperature"),
    ("config set -o tempratur=1", "did you mean 'temperature'?"),
    ("config set -m echo -o fial=broken", "did you mean 'fail'?"),
    ("config show -P gone", "gone"),
    ("doctor --limit soon", "'soon' is not a valid float"),
    ("doctor --limit 0", "0 is not a number of seconds above 0"),
    ("doctor --limit nan", "nan is not a number of seconds above 0"),
    ("doctor --limit inf", "inf is not a number of seconds above 0, and up to 86400"),
    ("doctor now", "unexpected extra argument (now)"),
    ("embed -m openai/text-embedding-3-small hi", "OPENAI_API_KEY"),
    ("embed -m echo", "there is no text"),
    ("embed -p anthropic -m claude-sonnet-4-5 -o api_key=k hi", "does not make embeddings"),
    ("keys frob", "No such command 'frob'"),
    ("keys remov openai", "Did you mean 'remove'?"),
    ("keys remove", "Missing argument 'PROVIDER'"),
    ("keys remove openai", "no key of openai is stored"),
    ("keys set", "Missing argument 'PROVIDER'"),
    ("keys set nobody", "nobody"),
    ("logs delete", "Missing argument 'NUMBER'"),
    ("logs delete 99", "the log holds no conversation 99"),
    ("logs 1 -r --json", "give one of them"),
    ("logs list -n -1", "-1"),
    ("logs list -n few", "'few' is not a valid"),
    ("logs search", "Missing argument 'WORDS'"),
    ("logs show first", "'first' is not a valid integer; 'dragoman logs list' shows"),
    ("logs show 0", "'0' is not in the range of numbers; 'dragoman logs list' shows"),
    ("chat -m echo --id first hi", "'first' is not a valid integer; 'dragoman logs list' shows"),
    ("logs delete first", "'first' is not a valid integer; 'dragoman logs list' shows"),
    ("logs serch e", "Did you mean 'search'?"),
    ("logs abcxyz", "A number shows a conversation"),
    ("logs frob", "No such command 'frob'"),
    ("logs 99", "the log holds no conversation 99"),
    ("models -p nobody", "nobody"),
    ("models --refesh", "Did you mean"),
    ("models --offline --refresh", "--refresh asks the providers, --offline asks nobody; give one of them"),
    ("models one two", "unexpected extra argument (two)"),
    ("new-provider", "Missing argument 'NAME'"),
    ("new-provider acme", "Missing option '-k' / '--kind'. The kinds are dialect, in-process"),
    ("new-provider acme -k nothing", "nothing"),
    ("new-provider 1! -k dialect", "1!"),
    ("new-provider acme -k dialect -o gone", "gone"),
    ("plugins now", "unexpected extra argument (now)"),
    ("plugins --jsn", "Did you mean"),
    ("why nobody", "no installed provider claims the model 'nobody'"),
    ("why --api-base= m", "-b is empty; leave it out, or give a value"),
    ("why --provider= m", "-p is empty; leave it out, or give a value"),
    ("why -b http://[ nobody", "no installed provider claims"),
)
UNREADABLE = ("chat hi", "complete hi", "embed hi", "config", "config profiles", "config set -m echo")
COLOUR = re.compile(rb"\x1b\[[0-9;]*(3[0-7]|9[0-7]|4[0-7]|[34]8;)[0-9;]*m")
LOOKS = pytest.mark.parametrize(("columns", "no_color"), [(80, "1"), (40, "")], ids=["80-plain", "40"])


@pytest.fixture
def place(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the user a folder with files that cannot be used, and no key."""
    for name in [*os.environ]:
        if name.endswith(("_API_KEY", "_BASE_URL")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(home)
    (home / "folder").mkdir()
    (home / "strange").write_bytes(b"\x00\xff\x00")
    (home / "broken.py").write_text("def f(:\n")
    return home


@pytest.fixture(params=[(80, ""), (40, "1")], ids=["80", "40-plain"])
def terminal(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[PseudoTerminal]:
    columns, no_color = request.param
    if no_color:
        monkeypatch.setenv("NO_COLOR", no_color)
    with PseudoTerminal(columns, 50) as opened:
        yield opened


def told(terminal: PseudoTerminal, line: str) -> tuple[int, str]:
    """Run a command in the terminal; return its exit code and what it prints, which has to fit."""
    start = len(terminal.raw)
    code = terminal.run(lambda: None, *line.split())
    end = f"{line}: ended".encode()
    os.write(terminal.slave, end)
    terminal.wait_until(lambda _: terminal.raw[start:].endswith(end), line)  # the line may be the one before
    said = terminal.raw[start : -len(end)]
    os.write(terminal.slave, b"\r\n")
    shown = said.decode().replace("\r", "")
    assert "Traceback" not in shown
    assert not COLOUR.search(said)
    wide = [each for each in shown.splitlines() if len(each) > terminal.columns and len(each.split()) > 2]
    assert [each for each in wide if not each.startswith("  pip install")] == []  # that line is copied whole
    return code, " ".join(shown.split())


def test_every_command_fits(terminal: PseudoTerminal, place: Path, subtests: pytest.Subtests) -> None:
    terminal.run(lambda: None, "chat", "-m", "echo", "a question")
    for line in RIGHT:
        with subtests.test(line=line):
            code, shown = told(terminal, line)
            assert (code, bool(shown)) == (0, True)


def test_every_wrong_use_says_what_is_wrong(terminal: PseudoTerminal, place: Path, subtests: pytest.Subtests) -> None:
    for line, words in WRONG:
        with subtests.test(line=line):
            code, shown = told(terminal, line)
            assert code in {1, 2}
            assert "dragoman: " in shown
            assert len(shown.partition("dragoman: ")[2]) < 500, "it is too long to be read"
            assert "".join(words.split()).lower() in "".join(shown.split()).lower()


def test_a_file_that_cannot_be_read_is_named(
    terminal: PseudoTerminal, place: Path, monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests
) -> None:
    (place / "bad.toml").write_text("[llm")
    monkeypatch.setenv("DRAGOMAN_CONFIG", "bad.toml")
    for line in UNREADABLE:
        with subtests.test(line=line):
            code, shown = told(terminal, line)
            assert code == 2
            assert "cannot read a configuration from 'bad.toml' (DRAGOMAN_CONFIG): " in shown


@LOOKS
def test_every_command_of_a_conversation_fits(
    columns: int, no_color: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)
    (place / "tools.py").write_text('def f() -> str:\n    """Tell what this does in many more words than fit."""\n')
    with PseudoTerminal(columns, 50) as terminal:

        def user() -> None:
            terminal.wait("leaves.", "\n>")
            terminal.enter("/model", "the model is echo")
            terminal.enter("/model nobody-has-this-model-at-all", "no installed provider claims")
            terminal.enter("/modle", "did you mean '/model'?")
            terminal.enter("/system answer with as few words as you can find", "the system prompt is: answer")
            terminal.enter("/attach gone.png", "gone.png' cannot be read")
            terminal.enter("/attach -", "standard input is where messages are typed")
            terminal.enter("/tools gone.py", "there is no file gone.py")
            terminal.enter("/tools broken.py", "broken.py cannot be imported: SyntaxError")
            terminal.enter("/tools tools.py", "Tell what this does")
            terminal.enter("/tools -", "there are no tools")
            terminal.enter("a **bold** question, with `code`")
            terminal.enter("/cost", "1 call")
            terminal.enter("/save", "name a file: /save talk.md")
            terminal.enter("/save talk.md", "saved 2 messages")
            terminal.enter("/save talk.md", "is there already")
            terminal.enter("/save none/talk.md", "cannot be written")
            terminal.enter("/retry")
            terminal.enter("/undo", "removed: a **bold** question, with `code`")
            terminal.enter("/help", "Ctrl-D leaves.")
            terminal.type(CTRL_D)

        assert terminal.run(user, "chat", "-m", "echo") == 0
        shown = terminal.text()
    assert "Traceback" not in shown
    assert bool(COLOUR.search(terminal.raw)) is (not no_color)
    assert [word for word in ("conversation", "question", "Ctrl-C", "leaves.") if word not in shown] == []
