"""The log of conversations: written by ``chat``, read by ``logs`` and by ``chat -c``."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from core.cli.pseudo_terminal import CTRL_D, PseudoTerminal
from dragoman import Message
from dragoman.cli.conversation_log import ConversationLog, LogError, is_logging, log_of_user
from dragoman.cli.dialogue import Dialogue
from dragoman.cli.group import dragoman

if TYPE_CHECKING:
    from pathlib import Path

SAID = (Message("user", "100% of\nit"), Message("assistant", "an answer"))


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(dragoman, arguments, input=stdin)


@pytest.fixture
def log(tmp_path: Path) -> ConversationLog:
    return ConversationLog(tmp_path / "below" / "logs.db")


def test_a_log_that_is_not_there_is_empty_and_is_not_made(log: ConversationLog) -> None:
    assert log.conversations() == []
    with pytest.raises(LogError, match="the log holds no conversation; 'dragoman logs list'"):
        log.conversation()
    assert not log.path.exists()


def test_messages_come_back_as_they_were(log: ConversationLog) -> None:
    first, second = log.begin("echo"), log.begin("openai/x")
    seen = log.add(first, 0, SAID, "echo")
    assert seen is not None
    log.add(second, 0, (Message("user", "a_b"), SAID[1]), "openai/x", system="be brief")
    seen = log.add(first, 2, SAID, "echo", seen=seen)
    assert seen is not None
    assert log.messages(first) == [*SAID, *SAID]
    assert [(each.id, each.count, each.first, each.system) for each in log.conversations()] == [
        (1, 4, "100% of\nit", None),
        (2, 2, "a_b", "be brief"),
    ]
    assert log.conversation().id == 1  # that with the latest message, not the one that began last
    assert log.conversation(1).model == "echo"
    assert log.add(first, 2, (), "echo") is None  # it has messages that this caller does not know of
    log.add(first, 2, (), "echo", seen=seen)
    assert log.messages(first) == [*SAID]
    log.delete(first)
    assert log.messages(first) == []
    with pytest.raises(LogError, match="the log holds no conversation 1"):
        log.conversation(1)
    assert log.begin("echo") == 3
    assert log.path.stat().st_mode & 0o777 == 0o600
    assert log.path.parent.stat().st_mode & 0o777 == 0o700
    assert b"100%" not in log.path.read_bytes()


@pytest.mark.parametrize(("words", "found"), [("0% OF", 1), ("100_", 0), ("\\", 0), ("answer", 1), ("", 1), ("%%", 0)])
def test_words_are_found_as_they_are_written(log: ConversationLog, words: str, found: int) -> None:
    log.add(log.begin("echo"), 0, SAID, "echo")
    assert len(log.conversations(words=words)) == found


def test_a_file_that_is_no_log_is_an_error(log: ConversationLog) -> None:
    log.path.parent.mkdir()
    log.path.write_text("no database at all" * 100)
    with pytest.raises(LogError, match="file is not a database; move it away, and a new one is made"):
        log.conversations()
    other = ConversationLog(log.path / "below" / "logs.db")
    with pytest.raises(LogError, match=r"cannot be used: .*; 'dragoman logs off' turns the log off"):
        other.begin("echo")


def test_chat_writes_and_goes_on(home: Path) -> None:
    assert run("chat", "-m", "echo", "-s", "be brief", "first").stdout == "first\n"
    assert run("chat", "-c", "second").stdout == "second\n"
    assert run("chat", "-m", "echo", "other", "-o", "top_p=0.5").exit_code == 0
    assert run("chat", "-p", "echo", "--id", "1", "-s", "be long", "third").stdout == "third\n"
    assert run("chat", "--no-log", "-m", "echo", "unseen").exit_code == 0
    shown = json.loads(run("logs", "show", "1", "--json").stdout)
    assert [each["content"] for each in shown["messages"]] == ["first", "first", "second", "second", "third", "third"]
    assert (shown["system"], shown["model"]) == ("be long", "echo")
    sent = json.loads(run("chat", "--id", "1", "--json", "--no-log", "x").stdout)
    assert sent["usage"]["input_tokens"] == 9  # two of the system prompt, six before, and the last one
    assert run("chat", "--id", "7", "x").exit_code == 1
    assert "the log holds no conversation 7" in run("chat", "--id", "7", "x").stderr
    listed = run("logs", "list").stdout
    assert re.fullmatch(r"   1  \S+ \S+  echo  first\n   2  \S+ \S+  echo  other\n", listed)
    assert run("logs", "list", "-n", "1").stdout == listed.splitlines()[0] + "\n"
    assert run("logs", "search", "SECOND").stdout == listed.splitlines()[0] + "\n"
    assert "there is no such conversation" in run("logs", "search", "unseen").stderr
    assert [each["id"] for each in json.loads(run("logs", "list", "--json").stdout)] == [1, 2]
    assert [json.loads(line)["id"] for line in run("logs", "export").stdout.splitlines()] == [2, 1]
    assert run("logs", "show", "2").stdout == "## User\n\nother\n\n## Assistant\n\nother\n"
    assert run("logs", "delete", "2").stdout == "conversation 2 is removed\n"
    assert "no conversation 2" in run("logs", "delete", "2").stderr
    assert run("logs", "path").stdout == f"{home}/.config/dragoman/logs.db\n"


def test_the_log_can_be_turned_off(home: Path) -> None:
    assert is_logging()
    assert "are not logged" in run("logs", "off").stdout
    assert not is_logging()
    run("chat", "-m", "echo", "unseen")
    with PseudoTerminal() as terminal:

        def user() -> None:
            terminal.wait("leaves.\n>")
            terminal.enter("unseen too")
            terminal.type(CTRL_D)

        assert terminal.run(user, "chat", "-m", "echo") == 0
    assert sorted(each.name for each in (home / ".config" / "dragoman").iterdir()) == ["logs-off"]
    assert "are logged in" in run("logs", "on").stdout
    assert is_logging()


def test_no_key_is_written(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGOMAN_API_KEY", "sk-secret-of-the-environment")
    monkeypatch.setenv("DRAGOMAN_HEADERS", "x-token=secret-token")
    assert run("chat", "-m", "echo", "-o", "api_key=sk-secret", "hi").exit_code == 0
    log = log_of_user()
    assert log is not None
    assert b"secret" not in log.path.read_bytes()


def test_a_log_that_cannot_be_written_is_only_reported(home: Path) -> None:
    (home / ".config").write_text("")
    done = run("chat", "-m", "echo", "hi")
    assert (done.exit_code, done.stdout) == (0, "hi\n")
    assert "the log of conversations in" in done.stderr


def test_an_answer_and_a_conversation_are_not_printed_at_once(home: Path) -> None:
    done = run("logs", "1", "-r", "--json")
    assert (done.exit_code, "give one of them" in done.stderr) == (2, True)


def test_a_log_without_conversations_says_so(home: Path) -> None:
    assert run("logs").stderr == "nothing is logged yet\n"
    assert run("logs", "-q", "words").stderr == "there is no such conversation\n"


def test_without_a_home_nothing_is_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    assert log_of_user(os.environ) is None
    assert run("chat", "-m", "echo", "hi").exit_code == 0
    for arguments in (("chat", "-c", "hi"), ("logs", "list"), ("logs", "off")):
        done = run(*arguments)
        assert done.exit_code == 2
        assert "set HOME or XDG_CONFIG_HOME" in done.stderr


def test_what_is_undone_leaves_the_log(log: ConversationLog) -> None:
    dialogue = Dialogue({"model": "echo"}, log=log)
    dialogue.keep(*SAID)
    dialogue.keep(Message("user", "second"), SAID[1])
    assert dialogue.undo() == Message("user", "second")
    assert log.messages(1) == [*SAID]
    going_on = Dialogue({"model": "echo"}, messages=log.messages(1), log=log, logged=log.conversation(1))
    going_on.keep(Message("user", "third"), SAID[1])
    assert [each.content for each in log.messages(1)] == ["100% of\nit", "an answer", "third", "an answer"]
    unlogged = Dialogue({"model": "echo"}, log=log, messages=SAID)
    assert unlogged.undo() == SAID[0]


def test_what_could_not_be_written_is_written_later(log: ConversationLog) -> None:
    dialogue = Dialogue({"model": "echo"}, log=log)
    dialogue.keep(*SAID)
    kept = log.path.read_bytes()
    log.path.write_bytes(b"no database" * 100)
    for _ in range(2):
        with pytest.raises(LogError, match="file is not a database"):
            dialogue.keep(Message("user", "second"), SAID[1])
    log.path.write_bytes(kept)
    dialogue.keep(Message("user", "third"), SAID[1])
    assert [each.content for each in log.messages(1)][::2] == [SAID[0].content, "second", "second", "third"]


def test_what_another_process_wrote_stays(log: ConversationLog, capsys: pytest.CaptureFixture[str]) -> None:
    Dialogue({"model": "echo"}, log=log).keep(*SAID)

    def going_on() -> Dialogue:
        return Dialogue({"model": "echo"}, messages=log.messages(1), log=log, logged=log.conversation(1))

    one, other, third = going_on(), going_on(), going_on()
    for dialogue, word in ((one, "one"), (other, "other"), (one, "again"), (other, "more")):
        dialogue.keep(Message("user", word), SAID[1])
    assert third.undo() == SAID[0]
    assert [each.content for each in log.messages(1)][2::2] == ["one", "again"]
    assert [each.content for each in log.messages(2)][::2] == [SAID[0].content, "other", "more"]
    assert [each.id for each in log.conversations()] == [2, 1]
    told = " ".join(capsys.readouterr().err.split())
    assert "conversation 1 was changed elsewhere and stays so; this one goes on as conversation 2" in told
    assert told.endswith("this one goes on as a new one")
    log.delete(1)
    one.keep(Message("user", "after"), SAID[1])
    assert [each.content for each in log.messages(3)][::2] == [SAID[0].content, "one", "again", "after"]


def test_processes_that_go_on_at_once_lose_no_word(home: Path) -> None:
    """Each goes on with the conversation, or with one of its own: every answer is in the log, and nothing twice."""
    assert run("chat", "-m", "echo", "begun").exit_code == 0
    words = [f"word{number}" for number in range(4)]
    asked = [
        subprocess.Popen(
            [sys.executable, "-m", "dragoman.cli", "chat", "-m", "echo", "-c", "-o", "stall=0.2", word],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for word in words
    ]
    ended = [each.communicate() for each in asked]
    assert [out for out, _ in ended] == [f"{word}\n" for word in words]
    log = log_of_user()
    assert log is not None
    said = [[each.content for each in log.messages(one.id)] for one in log.conversations()]
    assert all(each[:2] == ["begun", "begun"] and each[::2] == each[1::2] for each in said)
    assert {each for one in said for each in one} == {"begun", *words}
    moved = sum("goes on as conversation" in " ".join(told.split()) for _, told in ended)
    assert len(said) == 1 + moved


def test_a_system_prompt_that_changes_is_logged(log: ConversationLog) -> None:
    dialogue = Dialogue({"model": "echo"}, log=log)
    dialogue.instruct("before")
    dialogue.keep(*SAID)
    assert log.conversation().system == "before"
    dialogue.instruct("after")
    assert (log.conversation().system, log.messages(1)) == ("after", [*SAID])


def test_each_of_two_conversations_keeps_its_system_prompt(
    log: ConversationLog, capsys: pytest.CaptureFixture[str]
) -> None:
    Dialogue({"model": "echo"}, log=log, system="begun").keep(*SAID)

    def going_on() -> Dialogue:
        logged = log.conversation(1)
        return Dialogue({"model": "echo"}, messages=log.messages(1), log=log, logged=logged, system=logged.system)

    one, other, third = going_on(), going_on(), going_on()
    one.instruct("one")
    other.instruct("other")
    one.instruct("one, later")
    third.keep(Message("user", "third"), SAID[1])
    other.instruct(None)
    assert {each.id: each.system for each in log.conversations()} == {1: "one, later", 2: None, 3: "begun"}
    assert [log.conversation(each).count for each in (1, 2, 3)] == [2, 2, 4]
    told = " ".join(capsys.readouterr().err.split())
    assert told.count("conversation 1 was changed elsewhere and stays so") == 2


@pytest.mark.parametrize("as_variables", [True, False], ids=["variables", "file"])
@pytest.mark.parametrize(
    ("model", "provider"),
    [("gpt-4o", None), ("openai_compatible/gpt-4o", None), ("gpt-4o", "openai_compatible")],
)
def test_a_conversation_goes_on_with_its_key(
    home: Path, monkeypatch: pytest.MonkeyPatch, model: str, provider: str | None, *, as_variables: bool
) -> None:
    own = {"model": model, "api_key": "sk-own", "api_base": "http://127.0.0.1:1/v1", "provider": provider}
    own = {name: value for name, value in own.items() if value is not None}
    if as_variables:
        for name, value in own.items():
            monkeypatch.setenv(f"DRAGOMAN_{name.upper()}", str(value))
    else:
        file = home / "own.toml"
        file.write_text("[llm]\n" + "".join(f"{name} = {value!r}\n" for name, value in own.items()))
        monkeypatch.setenv("DRAGOMAN_CONFIG", str(file))
    model_before = Dialogue({}).model
    assert Dialogue({"model": model_before}).llm.config.api_key == "sk-own"
    assert Dialogue({"model": "openai/other"}).llm.config.api_key is None
    assert Dialogue({"model": "nobody-has-this", "provider": "echo"}).llm.config.api_key is None


def test_a_file_that_cannot_be_written_is_told_on_one_line(home: Path) -> None:
    (home / ".config").write_text("")
    for command in ("off", "on"):
        done = run("logs", command)
        assert (done.exit_code, done.exception.__class__, done.stderr.count("\n")) == (2, SystemExit, 1)
        assert "logs-off cannot be written: " in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [("logs", "{}"), ("logs", "show", "{}"), ("logs", "delete", "{}"), ("logs", "-n", "{}"), ("--id", "{}", "x")],
)
def test_a_number_beyond_the_database_is_a_wrong_use(home: Path, arguments: tuple[str, ...]) -> None:
    done = run(*(each.format(2**63) for each in arguments))
    assert (done.exit_code, done.stdout) == (2, "")
    assert "is not in the range" in " ".join(done.stderr.split())
    assert run("logs", "-n", str(2**63 - 1)).exit_code == 0
    assert not list(home.iterdir())


@pytest.mark.parametrize("word", ["word ", "\u8a71", "\U0001f600 a"])
def test_a_terminal_gets_lines_that_fit(home: Path, word: str) -> None:
    run("chat", "-m", "echo", word * 40)
    for columns in (80, 40):
        with PseudoTerminal(columns) as terminal:
            assert terminal.run(lambda: None, "logs", "list") == 0
            shown = terminal.wait("...")
            assert len(shown.splitlines()) == 1
    assert sys.stdout is not None


def test_what_is_done_most_is_short(home: Path) -> None:
    assert "the log holds no conversation" in run("logs", "-c").stderr
    for question in ("first", "second"):
        run("chat", "-m", "echo", "-s", "be brief", question)
    assert run("logs").stdout == run("logs", "list").stdout
    assert run("logs", "-q", "sec").stdout == run("logs", "search", "sec").stdout
    assert run("logs", "1").stdout == run("logs", "show", "1").stdout
    assert run("logs", "-c").stdout == run("logs", "show").stdout
    assert run("logs", "-r").stdout == "second\n"
    assert run("logs", "1", "-r").stdout == "first\n"
    assert "leave it out, or the number" in run("logs", "1", "-c").stderr
    log = log_of_user()
    assert log is not None
    log.add(1, 1, (), "echo", seen=log.conversation(1).state)
    assert run("logs", "1", "-r").stdout == "\n"
    assert "Usage: dragoman logs" in run("logs", "--help").stdout


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *(("data", each) for each in ("junk", "7", "null", "{}", '{"role": "x", "content": 7}', "[" * 5000, b"\xff")),
        *(("begun", each) for each in ("soon", b"\xff", 1e300, -1e300, float("inf"))),
        *((each, b"\xff") for each in ("text", "model", "system", "role", "time")),
        *((each, b"7") for each in ("text", "model", "system", "role", "time")),
    ],
)
def test_a_row_that_another_program_wrote_is_no_traceback(home: Path, column: str, value: object) -> None:
    log = log_of_user()
    assert log is not None
    log.add(log.begin("echo"), 0, SAID, "echo")
    with closing(sqlite3.connect(log.path)) as database, database:
        table = "conversations" if column in {"begun", "model", "system"} else "messages"
        database.execute(f"UPDATE {table} SET {column} = ?", (value,))  # noqa: S608  # names of this test
    for command in ("list", "export"):
        done = run("logs", command)
        assert isinstance(done.exception, SystemExit | None), command
        assert done.exit_code == 0 or done.stderr.startswith("dragoman: the log of conversations in")
