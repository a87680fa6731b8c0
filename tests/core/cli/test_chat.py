"""``dragoman chat`` with a prompt: attachments, schemas, and output for programs."""

from __future__ import annotations

import json
import os
import re
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click
import pytest
from attrs import evolve
from click.testing import CliRunner, Result

from dragoman import Bytes, InlineText, InvalidRequestError, Media, Message, Text, Url, build_response
from dragoman.cli.answer_view import is_rich_terminal
from dragoman.cli.answers import Outcome, cut_note, money, status_line
from dragoman.cli.attachments import read_attachment
from dragoman.cli.dialogue import Dialogue
from dragoman.cli.group import dragoman
from dragoman.cli.schema_argument import schema_of
from dragoman.spec.cost import Cost
from dragoman.spec.response import Finish, FinishReason, Origin, Response, Usage

if TYPE_CHECKING:
    from pathlib import Path

PNG = b"\x89PNG\r\n\x1a\n...."


def run(*arguments: str, stdin: str | bytes | None = None, **environment: str) -> Result:
    return CliRunner().invoke(dragoman, ["chat", *arguments], input=stdin, env=environment)


def test_each_event_is_an_object_on_a_line() -> None:
    done = run("-m", "echo", "--events", "one two")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["event"] for each in events][:4] == ["StreamStart", "PartStart", "TextDelta", "TextDelta"]
    assert events[-1]["response"]["message"]["content"] == "one two"


def test_an_answer_has_the_schema_that_was_given(tmp_path: Path) -> None:
    done = run("-m", "echo", "--schema", "name, age int", "Ada")
    assert json.loads(done.stdout) == {"name": "Ada", "age": 1}
    file = tmp_path / "schema.json"
    file.write_text('{"type": "object", "properties": {"n": {"const": 7}}, "required": ["n"]}')
    for way in ((), ("--no-stream",)):
        assert json.loads(run("-m", "echo", "--schema", str(file), *way, "x").stdout) == {"n": 7}
    assert (
        json.loads(run("-m", "echo", "--schema", file.read_text(), "--json", "x").stdout)["finish"]["reason"] == "stop"
    )


def test_fields_become_a_schema() -> None:
    made = schema_of("name, age int, bio: in two sentences, tall bool, height float")
    assert made["properties"] == {
        "name": {"type": "string"},
        "age": {"type": "integer"},
        "bio": {"type": "string", "description": "in two sentences"},
        "tall": {"type": "boolean"},
        "height": {"type": "number"},
    }
    assert made["required"] == ["name", "age", "bio", "tall", "height"]


def test_fields_may_stand_on_lines_and_in_a_list() -> None:
    made = schema_of("[\nname: first, then last\n\nage int\n]")
    fields = made["properties"]["items"]["items"]
    assert (made["required"], fields["required"]) == (["items"], ["name", "age"])
    assert fields["properties"]["name"]["description"] == "first, then last"


def test_a_comma_may_end_the_fields() -> None:
    assert schema_of("name, age int,") == schema_of("name, age int")


def test_many_fields_are_no_name_of_a_file() -> None:
    names = [f"field{number} int" for number in range(100)]
    assert len(schema_of(", ".join(names))["required"]) == 100


CODE = "Here:\n\n- this:\n  ```python\n  x = 1\n  ```\n\n```\nlater\n```\n"


def test_only_the_code_is_printed() -> None:
    assert run("-m", "echo", "-x", CODE).stdout == "x = 1\n"
    assert run("-m", "echo", "-x", "no code").stdout == "no code\n"
    assert run("-m", "echo", "-x", "-y", "-t", "platform:system", "which?").stdout == "Linux\n"


def test_the_tokens_are_told_apart_from_the_answer() -> None:
    for tools in ((), ("-y", "-t", "platform:system")):
        done = run("-m", "echo", "-u", *tools, "hi")
        assert re.search(r"^echo \| tokens: \d+ in, \d+ out \| \d+\.\d s$", done.stderr, re.MULTILINE)
        assert "tokens" not in done.stdout


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("name,,age", "'' is not a field"),
        ("", "it is empty; leave it out, or give a JSON Schema"),
        (" , ", "it is empty"),
        ("[ ]", "it is empty"),
        ("name text", "of the types str, int, float, bool"),
        ("name, name int", "the field 'name' is given twice; give each field a name of its own"),
        ("a b c", "'a b c' is not a field"),
        ("gone.json", "is a file that is not there, and not a field; write a JSON Schema, a file with one"),
        ("name, age: int", "'age: int' describes a field by the name of a type; write 'age int'"),
        ("{", "the schema is not valid JSON"),
    ],
)
def test_a_schema_that_is_none_is_refused(given: str, words: str) -> None:
    with pytest.raises(click.BadParameter, match=words):
        schema_of(given)
    assert run("-m", "echo", "--schema", given, "x").exit_code == 2


def test_a_file_with_a_schema_has_to_hold_one(tmp_path: Path) -> None:
    listed, binary = tmp_path / "list.json", tmp_path / "binary.json"
    listed.write_text("[1]")
    binary.write_bytes(b"\xff")
    with pytest.raises(click.BadParameter, match="must be a JSON object, not list"):
        schema_of(str(listed))
    with pytest.raises(click.BadParameter, match="cannot be read"):
        schema_of(str(binary))


def test_attachments_are_read_by_their_kind(tmp_path: Path) -> None:
    for name, data in {
        "a.png": PNG,
        "b.py": b"x = 1",
        "Makefile": b"all:",
        "c.pdf": b"%PDF-1",
        "d.json": b"{}",
    }.items():
        (tmp_path / name).write_bytes(data)
    assert read_attachment(str(tmp_path / "a.png")) == Media(
        source=Bytes(data=PNG), media_type="image/png", filename="a.png"
    )
    for name, text in {"b.py": "x = 1", "Makefile": "all:", "d.json": "{}"}.items():
        assert read_attachment(str(tmp_path / name)) == Media(
            source=InlineText(text=text), media_type="text/plain", filename=name
        )
    assert read_attachment(str(tmp_path / "c.pdf")).media_type == "application/pdf"
    assert read_attachment("https://example.com/a.png").source == Url(url="https://example.com/a.png")


def test_attachments_that_cannot_be_read_are_errors(tmp_path: Path) -> None:
    (tmp_path / "blob").write_bytes(b"\xff\x00")
    with pytest.raises(InvalidRequestError, match="the type of blob is unknown; attach a file whose name tells it"):
        read_attachment(str(tmp_path / "blob"))
    done = run("-m", "echo", "-a", "gone.png", "x")
    assert done.exit_code == 2
    assert "gone.png' cannot be read" in done.stderr
    assert run("-m", "openai/gpt-4", "-a", str(tmp_path / "blob"), "x").exit_code == 2


def test_a_file_that_may_not_be_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    locked = tmp_path / "locked.png"
    locked.write_bytes(PNG)

    def refused(*_: object, **__: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", refused)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (locked, pipe):
        with pytest.raises(InvalidRequestError, match="Permission denied"):
            read_attachment(str(path))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--json", "--events"), "print an answer in different ways; give one of them"),
        (("--events", "--no-stream"), "give one of them"),
        (("-a", "-", "-a", "-"), "'-a -' attaches standard input, which can be read once"),
        (("--schema", '{"type": "strin"}'), "dragoman: --schema cannot be read from"),
        (("-x", "--json"), "print an answer in different ways; give one of them"),
        (("-c", "--id", "1"), "-c is the last conversation; leave it out, or --id"),
        (("-p", ""), "-p is empty; leave it out, or give a value"),
        (("-b", ""), "-b is empty; leave it out, or give a value"),
        (("-P", ""), "-P is empty; leave it out, or give a value"),
        (("--id", "0"), "'0' is not in the range of numbers; 'dragoman logs list' shows"),
        (("--id", "one"), "'one' is not a valid integer; 'dragoman logs list' shows"),
    ],
)
def test_options_that_contradict_or_say_nothing_are_refused(arguments: tuple[str, ...], words: str) -> None:
    done = run("-m", "echo", *arguments, "hi")
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in done.stderr


def test_what_a_shell_pipes_is_an_attachment() -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as file:
        file.write(b"some text")
    with os.fdopen(reading, "rb"):
        found = read_attachment(f"/dev/fd/{reading}")
    assert (found.source, found.media_type) == (InlineText(text="some text"), "text/plain")


@pytest.mark.parametrize("name", ["empty.png", "empty.txt", "empty", "-", ""])
def test_an_empty_attachment_is_refused(name: str, tmp_path: Path) -> None:
    if name.startswith("empty"):
        (tmp_path / name).touch()
    done = run("-m", "echo", "-a", str(tmp_path / name) if name.startswith("empty") else name, "hi", stdin="")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "is empty; " in done.stderr


def test_standard_input_may_be_attached() -> None:
    done = run("-m", "echo", "--json", "-a", "-", "what is it?", stdin="some text")
    assert json.loads(done.stdout)["message"]["content"] == "what is it?"
    assert run("-m", "echo", "-a", "-", stdin=PNG).stderr.startswith("dragoman: ")
    assert run("-m", "echo", "-a", "-", "x", stdin=b"\xff\x00").exit_code == 2


def test_an_answer_that_was_cut_says_so() -> None:
    done = run("-m", "echo", "-o", "max_tokens=1", "one two")
    assert (done.exit_code, done.stdout) == (0, "one\n")
    assert done.stderr == "dragoman: the answer was cut by a limit of tokens; -o max_tokens=N allows more\n"


@pytest.mark.parametrize("reason", sorted(FinishReason.known - {"stop", "other"}))
def test_each_end_but_the_usual_is_told(reason: str) -> None:
    assert cut_note(build_response([Text(text="x")], Finish(reason=FinishReason(reason))))


def test_the_status_line_says_what_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = Usage(input_tokens=1200, output_tokens=3, cache_read_tokens=1000)
    finish = Finish(reason=FinishReason.STOP)
    origin = Origin(provider="acme", model="m", served_model="m-2")

    def line(response: Response, seconds: float) -> str:
        return status_line(Outcome(text="", seconds=seconds, response=response), response)

    known = build_response([Text(text="x")], finish, usage=usage, origin=origin)
    assert line(known, 1.26) == "acme/m-2 | tokens: 1,200 in, 1,000 from cache, 3 out | 1.3 s"
    priced_by_list = evolve(known, origin=Origin(provider="openai", model="gpt-4o"))
    monkeypatch.setitem(sys.modules, "genai_prices", None)
    monkeypatch.setitem(sys.modules, "genai_prices.data_snapshot", None)
    assert line(priced_by_list, 1.26).endswith("3 out | 1.3 s")
    unknown = build_response([], finish, origin=Origin(provider="echo"))
    assert line(unknown, 0) == "echo | tokens: not told | 0.0 s"
    priced = evolve(unknown, metadata={"cost": 0.00125})
    assert line(priced, 0) == "echo | tokens: not told | 0.00125 USD | 0.0 s"


@pytest.mark.parametrize(
    ("amount", "shown"), [("0", "0"), ("0.0000001", "<0.000001"), ("2", "2"), ("0.1234567", "0.123457"), ("20", "20")]
)
def test_money_is_shown_to_a_millionth(amount: str, shown: str) -> None:
    assert money(Cost(amount=Decimal(amount), source="provider")) == f"{shown} USD"


def test_without_an_answer_nothing_is_counted() -> None:
    nothing = Outcome(text="", seconds=0)
    assert (nothing.answers, nothing.usage, nothing.cost) == ((), Usage(), None)


def test_another_model_keeps_settings_and_nothing_of_the_last_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGOMAN_MODEL", "openai/gpt-4")
    monkeypatch.setenv("DRAGOMAN_API_KEY", "sk-of-openai")
    given: dict[str, Any] = {"provider": "openai", "api_base": "https://api.openai.com/v1", "temperature": 0.5, "x": 1}
    dialogue = Dialogue(given)
    dialogue.choose("echo")
    config = dialogue.llm.config
    assert (config.api_key, config.api_base, config.temperature) == (None, None, 0.5)
    assert config.kwargs == {}
    assert dialogue.model == "echo"
    dialogue.choose("anthropic/claude-x")
    assert dialogue.model == "anthropic/claude-x"


def test_a_question_is_asked_again_without_its_answer() -> None:
    said = [Message("user", "a"), Message("assistant", "b"), Message("user", "c"), Message("assistant", "d")]
    dialogue = Dialogue({"model": "echo"}, messages=said)
    again = dialogue.again()
    assert again is said[2]
    assert dialogue.request(again) == said[:3]
    assert dialogue.messages == said  # until there is another answer
    dialogue.keep(again, Message("assistant", "e"))
    assert dialogue.messages == [*said[:3], Message("assistant", "e")]
    dialogue.messages = [Message("assistant", "b")]
    assert dialogue.undo() is None


def test_a_pipe_is_no_rich_terminal() -> None:
    assert not is_rich_terminal()
