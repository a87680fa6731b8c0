"""The commands of a conversation, and their completion."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click
import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from dragoman import ConfigurationError, InvalidRequestError, Message, RateLimitError, Text, UnknownModelError
from dragoman.cli.answer_view import PlainView, is_rich_terminal
from dragoman.cli.dialogue import Dialogue
from dragoman.cli.line_editor import completer, editing_reader
from dragoman.cli.slash_commands import COMMANDS, run_command
from dragoman.spec.response import Origin, Usage

if TYPE_CHECKING:
    from pathlib import Path

SAID = (Message("user", "a\nquestion"), Message("assistant", "an answer"))


@pytest.fixture
def dialogue() -> Dialogue:
    return Dialogue({"model": "echo"}, system="be brief", messages=SAID)


@pytest.mark.parametrize("way", ["'{}'", '"{}"', "{}"])
def test_a_path_may_be_written_as_for_a_shell(way: str, dialogue: Dialogue, tmp_path: Path) -> None:
    (tmp_path / "two words.txt").write_text("x")
    (tmp_path / "two words.py").write_text('def f() -> str:\n    """Tell."""\n')
    folder = str(tmp_path / "two words")
    place = way.format(folder if way != "{}" else folder.replace(" ", "\\ "))
    end = place[-1] if place[-1] in "'\"" else ""
    place = place.removesuffix(end)
    assert run_command(dialogue, f"/attach {place}.txt{end}").note.endswith("two words.txt (text/plain)")
    assert run_command(dialogue, f"/tools {place}.py{end}").note == "f  Tell."
    assert run_command(dialogue, f"/save {place}.md{end}").note.endswith("two words.md")
    assert (tmp_path / "two words.md").is_file()


def test_a_path_with_quotes_of_its_own_stays(
    dialogue: Dialogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "'a'.txt").write_text("x")
    assert "'a'.txt" in run_command(dialogue, "/attach 'a'.txt").note
    for path in ("'open.txt", "'a' b.txt"):
        with pytest.raises(InvalidRequestError, match="cannot be read"):
            run_command(dialogue, f"/attach {path}")
    with pytest.raises(click.UsageError, match="name a file"):
        run_command(dialogue, "/save ''")


def test_each_command_says_what_it_did(dialogue: Dialogue, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")

    def note(line: str) -> str:
        return run_command(dialogue, line).note

    assert note("/model") == "the model is echo"
    assert note("/model openai/gpt-4") == "the model is openai/gpt-4"
    assert note("/system") == "the system prompt is: be brief"
    assert note("/system be kind") == "the system prompt is: be kind"
    assert note("/system -") == "there is no system prompt"
    assert note("/attach") == "attached to the next message: nothing"
    assert note(f"/attach {tmp_path}/a.txt") == "attached to the next message: a.txt (text/plain)"
    assert note("/attach https://a.example/b.png") == (
        "attached to the next message: https://a.example/b.png (image/png)"
    )
    assert note("/attach") == "attached to the next message: a.txt, image/png"
    assert "Ctrl-D leaves." in note("/help")
    assert run_command(dialogue, "/retry").question == SAID[0]
    assert dialogue.messages == [*SAID]  # until there is another answer
    assert [each.content for each in dialogue.request(SAID[0])] == [SAID[0].content]
    dialogue.keep(SAID[0], Message("assistant", "another"))
    assert [each.content for each in dialogue.messages] == [SAID[0].content, "another"]
    second = dialogue.question("second")
    dialogue.keep(second, SAID[1])
    assert note("/undo") == "removed: second"
    assert run_command(dialogue, "/retry").question == SAID[0]
    assert note("/undo") == "removed: a question"
    assert note("/retry") == "nothing was asked yet"
    assert note("/undo") == "there is nothing to remove"
    assert run_command(Dialogue({"model": "echo"}), "/retry").note == "nothing was asked yet"
    assert run_command(dialogue, "/quit").ends


def test_attachments_go_with_the_next_question_only(dialogue: Dialogue) -> None:
    run_command(dialogue, "/attach https://a.example/b.png")
    first, second = dialogue.question("what?"), dialogue.question("and?")
    assert [type(part).__name__ for part in first.parts] == ["Media", "Text"]
    assert second.parts == (Text(text="and?"),)
    assert dialogue.request(second) == [Message("system", "be brief"), *SAID, second]


@pytest.mark.parametrize("system", ["be brief", None])
def test_a_conversation_is_saved(system: str | None, tmp_path: Path) -> None:
    dialogue = Dialogue({"model": "echo"}, system=system, messages=SAID)
    assert run_command(dialogue, f"/save {tmp_path}/a.md").note == f"saved 2 messages in {tmp_path}/a.md"
    told = "## System\n\nbe brief\n\n" if system else ""
    assert (tmp_path / "a.md").read_text() == f"{told}## User\n\na\nquestion\n\n## Assistant\n\nan answer\n"
    run_command(dialogue, f"/save {tmp_path}/a.json")
    roles = ["system", "user", "assistant"] if system else ["user", "assistant"]
    assert [each["role"] for each in json.loads((tmp_path / "a.json").read_text())] == roles


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/modle x", "there is no command /modle; did you mean '/model'"),
        ("/zzzz", "/help lists the commands"),
        ("/attach -", "attach a file or a URL"),
        ("/save", "name a file: /save talk.md"),
        ("/undo 2", "/undo takes nothing after it"),
        ("/quit smoking?", "/quit takes nothing after it .a message that begins with a slash is written with two"),
        ("/save {0}", "is there already; choose another name"),
        ("/save {0}/x", "cannot be written: Not a directory"),
        ("/save ~nosuch/x", "names the home of a user that is not known"),
        ("/attach ~nosuch/x", "names the home of a user that is not known"),
        ("/tools ~nosuch/x.py", "names the home of a user that is not known"),
        ("/save " + "x" * 300, "cannot be written: File name too long"),
        ("/save a\0b", "cannot be written: embedded null byte"),
        ("/tools " + "x" * 300 + ".py", "there is no file"),
    ],
)
def test_a_wrong_command_says_what_to_do(dialogue: Dialogue, line: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "there").write_text("x")
    with pytest.raises((click.UsageError, ConfigurationError), match=words):
        run_command(dialogue, line.format(tmp_path / "there"))


def test_an_unknown_model_changes_nothing(dialogue: Dialogue) -> None:
    with pytest.raises(UnknownModelError):
        run_command(dialogue, "/model nobody-has-this")
    assert dialogue.model == "echo"


@pytest.mark.parametrize("name", ["x" * 300, "x" * 5000, "a\0b"])
def test_a_name_that_no_file_can_have(dialogue: Dialogue, name: str) -> None:
    with pytest.raises(InvalidRequestError):
        run_command(dialogue, f"/attach {name}")


@pytest.mark.parametrize("name", ["history", "file/history"])
def test_a_history_that_cannot_be_written_is_only_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (tmp_path / "history").mkdir()
    (tmp_path / "file").touch()
    with (tmp_path / "in").open("w+") as typed, (tmp_path / "out").open("w") as out:
        monkeypatch.setattr(sys, "stdin", typed)
        monkeypatch.setattr(sys, "stdout", out)
        editing_reader({}, (), tmp_path / name)
    assert "what is typed is not remembered" in capsys.readouterr().err


def test_a_profile_is_chosen_like_a_model(dialogue: Dialogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "dragoman.toml"
    file.write_text("[llm]\nmodel = 'echo'\n[llm.big]\nmodel = 'openai/gpt-4'\ntemperature = 0.5\n")
    monkeypatch.setenv("DRAGOMAN_CONFIG", str(file))
    assert run_command(dialogue, "/model big").note == "the model is openai/gpt-4"
    assert dialogue.llm.config.temperature == 0.5
    assert run_command(dialogue, "/model echo").note == "the model is echo"
    file.write_text("[llm")
    with pytest.raises(ConfigurationError, match="cannot read a configuration"):
        run_command(dialogue, "/model big")
    assert dialogue.model == "echo"


def test_what_is_typed_is_completed(tmp_path: Path) -> None:
    (tmp_path / "only.txt").write_text("x")
    complete = completer({name: each.summary for name, each in COMMANDS.items()}, ("echo/", "openai/"))

    def completed(text: str) -> list[str]:
        return [each.text for each in complete.get_completions(Document(text), CompleteEvent())]

    assert completed("/s") == ["/system", "/save"]
    assert completed("/model e") == ["echo/"]
    assert completed(f"/attach {tmp_path}/on") == ["ly.txt"]
    assert completed(f"/save {tmp_path}/on") == ["ly.txt"]
    for other in ("s", "/undo x", "/s\n", ""):
        assert completed(other) == []


def test_without_a_folder_of_the_user_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with (tmp_path / "in").open("w+") as typed, (tmp_path / "out").open("w") as out:
        monkeypatch.setattr(sys, "stdin", typed)
        monkeypatch.setattr(sys, "stdout", out)
        editing_reader({}, (), None)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["in", "out"]


def test_without_rich_answers_are_plain(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert is_rich_terminal()
    monkeypatch.setitem(sys.modules, "rich", None)
    assert not is_rich_terminal()
    PlainView().note("noted")
    assert capsys.readouterr().out == "noted\n"


async def test_the_cost_is_that_of_each_model_and_of_all(dialogue: Dialogue) -> None:
    def note(line: str) -> str:
        return run_command(dialogue, line).note

    assert note("/cost") == "nothing was asked yet"
    async with dialogue.llm as llm:
        await llm.generate("one two")
        assert note("/cost") == "echo/echo: 1 call | tokens: 2 in, 2 out | cost unknown"
        origin = Origin(provider="acme", model="m")
        llm.usage.note(origin, Usage(input_tokens=1, output_tokens=1), {"cost": 0.5})
        llm.usage.note(origin, Usage(), {})
        llm.usage.failed(origin, RateLimitError("slow down"))
    assert note("/cost").splitlines()[1:] == [
        "acme/m: 3 calls, 1 failed | tokens: 1 in, 1 out | 0.5 USD and 1 answer of unknown cost",
        "together: 4 calls, 1 failed | tokens: 3 in, 3 out | 0.5 USD and 2 answers of unknown cost",
    ]
