"""Conversations in a pseudo-terminal, looked at as their user does."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import termios
import time
import tty
from contextlib import nullcontext
from typing import TYPE_CHECKING

import click
import pytest
from prompt_toolkit.input import create_input
from prompt_toolkit.input.typeahead import get_typeahead
from prompt_toolkit.keys import Keys

from core.cli.pseudo_terminal import CTRL_C, CTRL_D, ENTER, NEW_LINE, TAB, PseudoTerminal, Session
from dragoman.cli import text_io
from dragoman.cli.typed_ahead import typed_ahead

if TYPE_CHECKING:
    from pathlib import Path

MARKDOWN = NEW_LINE.join(
    [
        "# Title",
        "a text that is **long** enough to wrap in a narrow window, and `code`",
        "",
        "- one",
        "- two",
        "",
        "```python",
        "def f(): pass",
        "```",
    ]
)


def test_an_answer_is_shown_as_markdown_with_its_status(tmp_path: Path) -> None:
    with Session("chat", "-m", "echo", home=tmp_path) as terminal:
        terminal.wait("echo. /help lists the commands; Ctrl-D leaves.\n>")
        terminal.enter(MARKDOWN)
        terminal.type(CTRL_D)
        assert terminal.ended() == 0
        shown = terminal.text()
        assert "\na text that is long enough to wrap in a narrow window, and code\n\n • one\n • two\n" in shown
        assert re.search(r"\necho \| tokens: 25 in, 25 out \| \d\.\d s\n", shown)
        assert b"\x1b[94mdef" in terminal.raw


def test_a_narrow_window_and_no_colours(tmp_path: Path) -> None:
    with Session("chat", "-m", "echo", home=tmp_path, columns=40, NO_COLOR="1") as terminal:
        terminal.wait("Ctrl-D\nleaves.\n>")
        terminal.enter(MARKDOWN)
        shown = terminal.enter("/help", "Ctrl-D leaves.")
        assert "\na text that is long enough to wrap in a\nnarrow window, and code\n" in shown
        assert "/quit" in shown
        terminal.type("/quit" + ENTER)
        assert terminal.ended() == 0
        assert not re.search(rb"\x1b\[[0-9;]*3[1-7]|\x1b\[[0-9;]*9[0-7]m|38;5", terminal.raw)


@pytest.mark.parametrize(
    ("environment", "arguments"), [({"TERM": "dumb"}, ()), ({}, ("--plain",))], ids=["dumb", "plain"]
)
def test_a_plain_conversation_has_no_control_sequences(
    tmp_path: Path, environment: dict[str, str], arguments: tuple[str, ...]
) -> None:
    with Session("chat", "-m", "echo", *arguments, home=tmp_path, **environment) as terminal:
        terminal.wait("leaves.\n>")
        assert "\n**bold**\necho |" in terminal.enter("**bold**")
        terminal.type(CTRL_C)
        terminal.wait("Ctrl-D or /quit leaves\n>")
        terminal.type(CTRL_D)
        assert terminal.ended() == 0
        assert b"\x1b" not in terminal.raw


def test_each_command(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("a note")
    with Session("chat", "-m", "echo", "-s", "be brief", home=tmp_path) as terminal:
        terminal.wait("leaves.\n>")
        terminal.enter("/retry", "nothing was asked yet")
        terminal.enter("/undo", "there is nothing to remove")
        terminal.enter("first question")
        terminal.enter("/system", "the system prompt is: be brief")
        terminal.enter("/system -", "there is no system prompt")
        terminal.enter("/system be long", "the system prompt is: be long")
        terminal.enter("/attach", "attached to the next message: nothing")
        terminal.enter(f"/attach {tmp_path}/notes.txt", "attached to the next message: notes.txt (text/plain)")
        terminal.enter("/attach", "next message: notes.txt\n")
        terminal.enter("/attach -", "standard input is where messages are typed")
        terminal.enter("/attach gone.png", "gone.png' cannot be read")
        terminal.enter("second")
        assert terminal.enter("/retry").count("\nsecond\necho |") == 2
        terminal.enter(f"/save {tmp_path}/talk.json", "saved 4 messages in")
        terminal.enter(f"/save {tmp_path}/talk.md", "talk.md")
        terminal.enter(f"/save {tmp_path}/talk.md", "is there already; choose another name")
        terminal.enter(f"/save {tmp_path}/no/talk.md", "cannot be written: No such file")
        terminal.enter("/save", "name a file: /save talk.md")
        terminal.enter("/undo", "removed: second")
        terminal.enter("/undo", "removed: first question")
        terminal.enter("/model", "the model is echo")
        terminal.enter("/model nobody-has-this", "no installed provider claims")
        terminal.enter("/model openai/gpt-4", "the model is openai/gpt-4")
        terminal.enter("hello?", "hint: 'dragoman why MODEL'", "/retry asks again")
        terminal.enter("/model echo", "the model is echo")
        assert "\nhello?\necho |" in terminal.enter("/retry")
        terminal.enter("/modle", "did you mean '/model'?")
        terminal.enter("/zzzz", "/help lists the commands (")
        assert "\n/etc is a folder\necho |" in terminal.enter("//etc is a folder")
        terminal.type("/quit" + ENTER)
        assert terminal.ended() == 0
    saved = json.loads((tmp_path / "talk.json").read_text())
    assert [each["role"] for each in saved] == ["system", "user", "assistant", "user", "assistant"]
    assert saved[3]["content"][0]["filename"] == "notes.txt"
    written = (tmp_path / "talk.md").read_text()
    assert "## System\n\nbe long\n\n## User\n\nfirst question\n\n## Assistant\n\nfirst question\n" in written


def test_commands_are_completed(tmp_path: Path) -> None:
    (tmp_path / "only-this.txt").write_text("x")
    with Session("chat", "-m", "echo", home=tmp_path) as terminal:
        terminal.wait("leaves.\n>")
        terminal.type("/sy")
        terminal.wait("show, set or remove the system prompt")
        terminal.type(TAB + " hello" + ENTER)
        terminal.wait("the system prompt is: hello\n>")
        terminal.type(f"/attach {tmp_path}/only")
        terminal.wait("only-this.txt")
        terminal.type(TAB + ENTER)
        terminal.wait("next message: only-this.txt (text/plain)\n>")
        terminal.type("/model openai_comp")
        terminal.wait("openai_compatible/")
        terminal.discard()
        terminal.wait("Ctrl-D or /quit leaves")
        terminal.type("text\x1b\rtwo")
        terminal.discard()
        terminal.type(CTRL_D)
        assert terminal.ended() == 0


def test_the_history_is_kept_for_the_user_alone(tmp_path: Path) -> None:
    for line in ("remember me", "\x1b[A"):
        with Session("chat", "-m", "echo", home=tmp_path) as terminal:
            terminal.wait("leaves.\n>")
            assert "\nremember me\necho |" in terminal.enter(line)
            terminal.type(CTRL_D)
            assert terminal.ended() == 0
    history = tmp_path / ".config" / "dragoman" / "history"
    assert history.stat().st_mode & 0o777 == 0o600
    assert history.read_text().count("+remember me") == 1


def test_a_conversation_that_is_not_logged_is_not_remembered(tmp_path: Path) -> None:
    with Session("chat", "-n", "-m", "echo", home=tmp_path) as terminal:
        terminal.wait("leaves.\n>")
        terminal.enter("forget me")
        terminal.type(CTRL_D)
        assert terminal.ended() == 0
    assert not list(tmp_path.rglob("history"))


def test_a_question_whose_answer_fails_keeps_the_one_before(tmp_path: Path) -> None:
    with Session("chat", "-m", "echo", home=tmp_path) as terminal:
        terminal.wait("leaves.\n>")
        terminal.enter("first")
        terminal.enter("/model openai/gpt-4", "the model is openai/gpt-4")
        terminal.enter("/retry", "/retry asks again")
        terminal.enter(f"/save {tmp_path}/talk.json", "saved 2 messages in")
        terminal.enter("/undo", "removed: first")
        terminal.enter("/retry", "nothing was asked yet")
        terminal.type(CTRL_D)
        assert terminal.ended() == 0


@pytest.mark.parametrize("arguments", [(), ("--plain",)], ids=["edited", "plain"])
@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C"},
        {"LC_ALL": "POSIX"},
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    ],
    ids=lambda given: "-".join(given.values()),
)
def test_every_character_can_be_typed(tmp_path: Path, environment: dict[str, str], arguments: tuple[str, ...]) -> None:
    with Session("chat", "-m", "echo", *arguments, home=tmp_path, **environment) as terminal:
        terminal.wait("leaves.\n>")
        terminal.enter("Gr\u00fc\u00dfe \u4f60", "tokens: 2 in")
        terminal.enter(f"/save {tmp_path}/talk.json", "saved 2 messages in")
        terminal.type(CTRL_D)
        assert terminal.ended() == 0
    saved = json.loads((tmp_path / "talk.json").read_text("utf-8"))
    assert [each["content"] for each in saved] == ["Gr\u00fc\u00dfe \u4f60"] * 2


def test_what_is_entered_before_the_prompt_is_sent(tmp_path: Path) -> None:
    with Session("chat", "-m", "echo", home=tmp_path) as terminal:
        terminal.type(ENTER + "first" + ENTER + "  " + ENTER + "two\x1b\rlines" + ENTER + "third")
        shown = terminal.wait("\ntwo lines\necho |", "\n> third")
        assert [line for line in shown.splitlines() if line.startswith("> ")] == ["> first", "> two", "> third"]
        assert "\nthird\necho |" in terminal.enter(" ")
        terminal.type(CTRL_D)
        assert terminal.ended() == 0


def test_what_is_entered_during_an_answer_is_sent_after_it(tmp_path: Path) -> None:
    with Session("chat", "-m", "echo", "-o", "stall=0.3", home=tmp_path) as terminal:
        terminal.wait("leaves.\n>")
        terminal.type("one two three" + ENTER)
        terminal.wait_until(lambda shown: terminal.is_answering and "\none" in shown)
        terminal.type("/model" + ENTER + ENTER + "Gr\u00fc\u00dfe" + ENTER + CTRL_D)
        assert terminal.ended() == 0
        shown = terminal.text()
        assert re.search(r" s\n> /model\nthe model is echo\n> Gr\u00fc\u00dfe\n+Gr\u00fc\u00dfe\necho \|", shown), shown


def test_what_is_entered_at_once_and_during_an_answer_is_sent_in_order(tmp_path: Path) -> None:
    with Session("chat", "-m", "echo", "-o", "stall=0.3", home=tmp_path) as terminal:
        terminal.wait("leaves.\n>")
        terminal.type("one" + ENTER + "two" + ENTER)
        terminal.wait_until(lambda _: terminal.is_answering)
        terminal.type("thre\x1b[De" + ENTER + CTRL_D)
        assert terminal.ended() == 0
        asked = [line for line in terminal.text().splitlines() if line.startswith("> ")]
        assert asked[:3] == ["> one", "> two", "> three"]


def test_ctrl_z_is_no_character_of_a_message(tmp_path: Path) -> None:
    with Session("chat", "-m", "echo", home=tmp_path) as terminal:
        terminal.wait("leaves.\n>")
        assert "\nabcdef\necho |" in terminal.enter("abc\x1adef")
        terminal.type(CTRL_D)
        assert terminal.ended() == 0


def test_what_is_entered_ahead_in_this_process(home: Path) -> None:
    with PseudoTerminal() as terminal:
        terminal.type("one\x1b\rtwo" + ENTER + ENTER + "/model" + ENTER + CTRL_D)
        assert terminal.run(lambda: None, "chat", "-m", "echo") == 0
        terminal.wait("leaves.\n> one\n. two\none two\necho |", "\n> /model\nthe model is echo")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        (f"one{CTRL_D} two{ENTER}{CTRL_D}", "> one two\none two\necho |"),
        (f"one{CTRL_D}{ENTER}{CTRL_D}", "> one\none\necho |"),
        (f"one{CTRL_D}{CTRL_D} two{ENTER}{CTRL_D}", "> one two\none two\necho |"),
        (f"one{ENTER}{CTRL_D}two{ENTER}", "> one\none\necho |"),
        (f"{CTRL_D}one{ENTER}", "leaves."),
        (f"one{CTRL_D}{CTRL_D}{CTRL_D}{ENTER}{CTRL_D}", "> one\none\necho |"),
    ],
)
def test_ctrl_d_ahead_leaves_where_a_line_begins(home: Path, typed: str, shown: str) -> None:
    with PseudoTerminal() as terminal:
        terminal.type(typed)
        assert terminal.run(lambda: None, "chat", "-m", "echo") == 0
        assert terminal.wait(shown).count("echo |") == shown.count("echo |")


@pytest.mark.parametrize("new_line", ["", NEW_LINE])
def test_a_line_that_was_begun_ahead_is_entered_later(home: Path, new_line: str) -> None:
    with PseudoTerminal() as terminal:
        terminal.type(f"before{ENTER}one{new_line}{CTRL_D}")

        def user() -> None:
            terminal.wait("echo |", "> one")
            terminal.enter(" two")
            terminal.type(CTRL_D)

        assert terminal.run(user, "chat", "-m", "echo") == 0
        terminal.wait("> one\n.  two" if new_line else "> one two", "one two\necho |")


def test_bytes_that_are_no_characters_are_a_wrong_use() -> None:
    assert text_io.typed("\u4f60") == "\u4f60"
    with pytest.raises(click.BadParameter, match="what was typed is not valid"):
        text_io.typed("a\udcff")


@pytest.mark.parametrize("plain", [(), ("--plain",)], ids=["editor", "plain"])
def test_a_conversation_goes_on_after_bytes_that_are_no_characters(
    home: Path, monkeypatch: pytest.MonkeyPatch, plain: tuple[str, ...]
) -> None:
    with PseudoTerminal() as terminal:
        terminal.type("a\udcff" + ENTER + "whole" + ENTER + CTRL_D)
        assert terminal.run(lambda: None, "chat", "-m", "echo", *plain) == 0
        shown = terminal.wait("dragoman: what was typed is not valid utf-8", "> whole\n" if not plain else "\nwhole\n")
        assert "Traceback" not in shown
    monkeypatch.setattr(sys, "stdin", None)
    text_io.accept_every_character()  # of a program without standard input


def test_ctrl_c_ends_the_answer_and_not_the_program(tmp_path: Path) -> None:
    words = " ".join(f"word{number}" for number in range(100))
    with Session("chat", "-m", "echo", "-o", "stall=0.1", home=tmp_path) as terminal:
        terminal.wait("leaves.\n>")
        terminal.type(words + ENTER)
        terminal.wait_until(lambda shown: shown.count("word3") > 12, "word3")
        assert terminal.is_answering
        terminal.type(CTRL_C)
        shown = terminal.wait("what came is kept\n>")
        assert re.search(r"\nstopped after \d+\.\d s; what came is kept", shown)
        assert shown.count("word99") == 1
        assert "\nok\necho |" in terminal.enter("ok")
        terminal.type(CTRL_D)
        assert terminal.ended() == 0
        assert "Traceback" not in terminal.text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("place", ["prompt", "plain prompt", "answer", "question", "key"])
def test_a_signal_that_ends_it_leaves_the_terminal_as_it_was(tmp_path: Path, place: str, number: int) -> None:
    (tmp_path / "tools.py").write_text("def f() -> str:\n    return ''\n")
    chat = ("chat", "-m", "echo", "-o", "stall=1" if place == "answer" else "seed=1")
    more = {"plain prompt": ("--plain",), "question": ("-t", "tools.py")}.get(place, ())
    with PseudoTerminal() as untouched:
        mode = untouched.mode
    with Session(
        *(("keys", "set", "openai") if place == "key" else (*chat, *more)), home=tmp_path, cwd=str(tmp_path)
    ) as terminal:
        terminal.wait("Key of openai:" if place == "key" else "leaves.\n>")
        if place in {"answer", "question"}:
            terminal.type("one two three four" + ENTER)
            terminal.wait("one " if place == "answer" else "[a]lways [n]:")
        if place in {"answer", "key"}:
            terminal.wait_until(lambda _: terminal.is_answering)
        if place == "prompt":
            terminal.wait_until(lambda _: terminal.mode != mode)
        terminal.process.send_signal(number)
        assert terminal.ended() == 128 + number
        assert terminal.mode == mode
        assert "Traceback" not in terminal.text()


@pytest.mark.parametrize("pause", [None, 0.005], ids=str)
@pytest.mark.parametrize("key", [CTRL_C, CTRL_D, "two" + ENTER], ids=["ctrl-c", "ctrl-d", "enter"])
def test_a_key_just_after_enter_is_what_it_is_elsewhere(tmp_path: Path, key: str, pause: float | None) -> None:
    with Session("chat", "-m", "echo", "-o", "stall=0.4", home=tmp_path) as terminal:
        terminal.wait("leaves.\n>")
        terminal.type("one two three" + ENTER + (key if pause is None else ""))
        if pause is not None:
            time.sleep(pause)
            terminal.type(key)
        if key == CTRL_C:
            terminal.wait_until(lambda shown: re.search(r"(leaves|stopped .*)\n>$", shown) is not None)
            terminal.type("/quit" + ENTER)
        elif key != CTRL_D:
            terminal.wait("\n> two\ntwo\necho |")
            terminal.type(CTRL_D)
        assert terminal.ended() == 0
        shown = terminal.text()
        assert ("\none two three\n" in shown) is (key != CTRL_C)
        assert "^" not in shown


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        (f"{CTRL_C}two{ENTER}{CTRL_D}", "two{c-m}{c-d}"),
        (f"one{ENTER}{CTRL_C}two{NEW_LINE}lines{ENTER}{CTRL_D}", "two{escape}{c-m}lines{c-m}{c-d}"),
        (f"two{ENTER}three{CTRL_D} words{ENTER}{ENTER}{CTRL_D}", "two{c-m}three{c-d} words{c-m}{c-d}"),
        (f"{ENTER} {ENTER}tw\x1b[Do", "tw{left}o"),
        ("", ""),
    ],
)
@pytest.mark.parametrize("place", ["before the editor", "behind its line"])
def test_keys_are_what_they_are_to_an_editor(
    typed: str, keys: str, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with PseudoTerminal() as terminal, os.fdopen(os.dup(terminal.slave), "r") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        editor = create_input(stdin)
        mode = termios.tcgetattr(stdin)
        if place == "before the editor":
            tty.setraw(stdin)
            _type_ahead(terminal, typed)
            termios.tcsetattr(stdin, termios.TCSANOW, mode)
        with pytest.raises(KeyboardInterrupt) if CTRL_C in typed else nullcontext(), typed_ahead(editor):
            if place == "behind its line":
                _type_ahead(terminal, typed)
        assert termios.tcgetattr(stdin) == mode
        pressed = get_typeahead(editor)
    assert "".join(f"{{{each.key.value}}}" if isinstance(each.key, Keys) else each.key for each in pressed) == keys


def _type_ahead(terminal: PseudoTerminal, typed: str) -> None:
    terminal.type(typed)
    terminal.wait_until(lambda _: not typed or select.select([terminal.slave], [], [], 0)[0] != [])


def test_ctrl_c_just_after_enter_in_this_process(home: Path) -> None:
    with PseudoTerminal() as terminal:

        def user() -> None:
            terminal.wait("leaves.\n>")
            terminal.type(f"one{ENTER}{CTRL_C}two{ENTER}")
            terminal.wait("/quit leaves\n> two\ntwo\necho |")
            terminal.type(CTRL_D)

        assert terminal.run(user, "chat", "-m", "echo") == 0
        assert "\none\n" not in terminal.text()


def test_ctrl_c_ends_a_command_and_not_the_program(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text("import time\nprint('imported')\ntime.sleep(60)\n")
    with Session("chat", "-m", "echo", home=tmp_path, cwd=str(tmp_path)) as terminal:
        terminal.wait("leaves.\n>")
        terminal.type("/tools slow.py" + ENTER)
        terminal.wait("imported")
        terminal.type(CTRL_C)
        terminal.wait("stopped at once\n>")
        terminal.enter("ok")
        terminal.type(CTRL_D)
        assert terminal.ended() == 0


def test_ctrl_c_before_the_first_word_keeps_nothing(tmp_path: Path) -> None:
    with Session("chat", "-m", "echo", "-o", "stall=60", home=tmp_path) as terminal:
        terminal.wait("leaves.\n>")
        terminal.type("question" + ENTER)
        terminal.wait_until(lambda _: terminal.is_answering)
        terminal.type(CTRL_C)
        assert "stopped after" in terminal.wait(" s\n>")
        terminal.enter("/undo", "there is nothing to remove")
        terminal.type(CTRL_D)
        assert terminal.ended() == 0


@pytest.mark.parametrize(("before", "after"), [(80, 40), (40, 80)])
def test_a_window_that_changes_during_an_answer_loses_no_word(tmp_path: Path, before: int, after: int) -> None:
    words = [f"word{number}" for number in range(120)]
    with Session("chat", "-m", "echo", "-o", "stall=0.03", home=tmp_path, columns=before, rows=12) as terminal:
        terminal.wait("leaves.\n>" if before == 80 else "\nleaves.\n>")
        terminal.type(" ".join(words) + ENTER)
        terminal.wait_until(lambda shown: re.search(r"(?m)^(word\d+ )*word60", shown) is not None, "word60")
        terminal.resize(after, 12)
        shown = terminal.wait(" s\n>")
        answer = shown[shown.rindex("word0") :].split()
        assert [word for word in answer if word.startswith("word")][-60:] == words[-60:]
        terminal.type(CTRL_D)
        assert terminal.ended() == 0


def test_what_scrolled_away_is_not_painted_again(tmp_path: Path) -> None:
    words = [f"word{number}" for number in range(400)]
    with Session("chat", "-m", "echo", "-o", "stall=0.005", home=tmp_path, columns=40, rows=10) as terminal:
        terminal.wait("\nleaves.\n>")
        start = len(terminal.raw)
        terminal.type(" ".join(words) + ENTER)
        shown = terminal.wait(" s\n>")
        answer = shown[shown.rindex("word0") :].split()
        assert [word for word in answer if word.startswith("word")] == words
        painted = terminal.raw[start:].rpartition(b"\x1b[?2004l")[0]
        assert all(int(up) < 10 for up in re.findall(rb"\r\x1b\[(\d+)A", terminal.raw[start:])), painted
        terminal.type(CTRL_D)
        assert terminal.ended() == 0


def test_an_answer_that_was_cut_says_so(tmp_path: Path) -> None:
    with Session("chat", "-m", "echo", "-o", "max_tokens=2", home=tmp_path) as terminal:
        terminal.wait("leaves.\n>")
        assert "\none two\nthe answer was cut by a limit of tokens" in terminal.enter("one two three")
        terminal.type(CTRL_D)
        assert terminal.ended() == 0
    with Session("chat", "-m", "echo", "-o", "cut=3", home=tmp_path) as terminal:
        terminal.wait("leaves.\n>")
        assert "\none two\ndragoman: " in terminal.enter("one two three", "/retry asks again")
        assert "removed: one two three" in terminal.enter("/undo", "removed")
        terminal.type(CTRL_D)
        assert terminal.ended() == 0


def test_what_a_model_writes_cannot_control_the_terminal(tmp_path: Path) -> None:
    attack = tmp_path / "attack.json"
    attack.write_text(json.dumps({"const": "a\x1b]0;owned\x07b\x9b31mc\rd\u202ee [bold red]f[/]"}))
    with Session("chat", "-m", "echo", "--schema", str(attack), home=tmp_path) as terminal:
        terminal.wait("leaves.\n>")
        terminal.enter("go")
        terminal.type(CTRL_D)
        assert terminal.ended() == 0
        assert b"]0;owned\x07" not in terminal.raw
        assert b"\x9b" not in terminal.raw


def test_a_conversation_needs_a_terminal(tmp_path: Path) -> None:
    with Session("chat", "-m", "echo", "--json", home=tmp_path) as terminal:
        assert terminal.ended() == 2
        terminal.wait("give a PROMPT with --json")
    done = subprocess.run(
        [sys.executable, "-m", "dragoman.cli", "chat", "-m", "echo"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HOME": str(tmp_path)},
    )
    assert done.returncode == 2
    assert "the prompt is empty" in done.stderr


def test_a_whole_conversation_in_this_process(home: Path) -> None:
    with PseudoTerminal() as terminal:

        def user() -> None:
            terminal.wait("leaves.\n>")
            terminal.enter("one\x1b\rtwo")
            terminal.enter("/help", "Ctrl-D leaves.")
            terminal.enter("/nothing", "there is no command")
            terminal.enter("/model nobody-has-this", "no installed provider claims")
            terminal.type("/mo")
            terminal.wait("show the model, or ask another")
            terminal.type("del e")
            terminal.wait("echo/")
            terminal.discard()
            terminal.wait("Ctrl-D or /quit leaves\n>")
            terminal.type("a\n")
            terminal.discard()
            terminal.type(f"/attach {home}/x")
            terminal.discard()
            terminal.enter("   ", "")
            terminal.type(CTRL_D)

        assert terminal.run(user, "chat", "-m", "echo") == 0


def test_an_answer_that_is_stopped_in_this_process(home: Path) -> None:
    with PseudoTerminal() as terminal:

        def user() -> None:
            terminal.wait("leaves.\n>")
            terminal.type("one two three four" + ENTER)
            terminal.wait_until(lambda shown: "\none two" in shown)
            os.kill(os.getpid(), signal.SIGINT)
            terminal.wait("what came is kept\n>")
            terminal.enter("/model openai/gpt-4", "the model is openai/gpt-4")
            terminal.enter("fails", "/retry asks again")
            terminal.type("/quit" + ENTER)

        assert terminal.run(user, "chat", "-m", "echo", "-o", "stall=0.3") == 0


def test_a_plain_conversation_in_this_process(home: Path) -> None:
    with PseudoTerminal() as terminal:

        def user() -> None:
            terminal.wait("leaves.\n>")
            terminal.enter("one two three", "the answer was cut by a limit of tokens")
            os.kill(os.getpid(), signal.SIGINT)
            terminal.wait("Ctrl-D or /quit leaves\n>")
            terminal.type(CTRL_D)

        assert terminal.run(user, "chat", "-m", "echo", "--plain", "-o", "max_tokens=1") == 0


def test_without_prompt_toolkit_messages_are_read_line_by_line(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prompt_toolkit", None)
    with PseudoTerminal() as terminal:

        def user() -> None:
            terminal.wait("messages are read line by line", "pip install 'dragoman[cli]'", "leaves.\n>")
            terminal.enter("one")
            terminal.type("/quit" + ENTER)

        assert terminal.run(user, "chat", "-m", "echo") == 0


@pytest.mark.parametrize("word", ["exit", "quit"])
def test_a_word_that_leaves_other_programs_leaves_this_one(home: Path, word: str) -> None:
    with PseudoTerminal() as terminal:

        def user() -> None:
            terminal.wait("leaves.\n>")
            terminal.enter(f"{word} what", f"\n{word} what\n")
            terminal.type(word + ENTER)

        assert terminal.run(user, "chat", "-m", "echo", "--plain") == 0


@pytest.mark.parametrize("term", ["xterm-256color", "dumb"])
def test_what_is_said_in_a_conversation_fits_it(home: Path, term: str) -> None:
    with Session("chat", "-m", "echo", home=home, columns=40, TERM=term) as terminal:
        terminal.wait("echo. /help lists the commands; Ctrl-D\nleaves.\n>")
        terminal.enter("/model nobody-has-this", "hint: /model PROVIDER/NAME names the\nprovider too\n>")
        terminal.enter("/attach nowhere.png", "file, or a URL\n>")
        terminal.type(CTRL_D)
        assert terminal.ended() == 0


def test_a_conversation_has_no_output_for_programs() -> None:
    with PseudoTerminal() as terminal:
        assert terminal.run(lambda: None, "chat", "-m", "echo", "--json") == 2
        terminal.wait("give a PROMPT with --json")
