"""Tools on the command line: how they are named, who approves their calls, and what is shown of them."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, strategies as st
from rich.cells import cell_len

from core.cli.pseudo_terminal import CTRL_C, CTRL_D, ENTER, PseudoTerminal, Session
from dragoman import InvalidRequestError, ToolCall
from dragoman.cli.group import dragoman
from dragoman.cli.tool_argument import tools_of
from dragoman.cli.toolbox import call_line, marked_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOOLS = '''
import time
from dataclasses import dataclass
from dragoman import Tool
from beside import HERE


@dataclass
class Place:
    city: str


def weather(city: str) -> str:
    """Tell the weather.

    Args:
        city: the city.

    """
    return f"rain in {city}"


def climate(place: Place) -> str:
    return "mild"


def breaks(city: str) -> str:
    raise ValueError(HERE)


def slow(city: str) -> str:
    time.sleep(60)
    return "late"


def _hidden() -> str:
    return ""


ROOT = Tool.from_function(weather, name="asked", approve="ask")
COUNT = 3
'''
CALLS = '[[{"name":"weather","arguments":{"city":"Oslo"}},{"name":"weather","arguments":{"city":"Bergen"}}]]'


@pytest.fixture
def tools(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Write a file with tools into the working directory, which is the home of the user too."""
    (tmp_path / "my_tools.py").write_text(TOOLS)
    (tmp_path / "beside.py").write_text('HERE = "a reason"\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield tmp_path / "my_tools.py"
    for name in ("my_tools", "beside", "dragoman_tools_my_tools"):
        sys.modules.pop(name, None)


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(dragoman, ["chat", "-m", "echo", *arguments], input=stdin)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("my_tools.py", ["weather", "climate", "breaks", "slow", "asked"]),
        ("my_tools.py:weather", ["weather"]),
        ("my_tools.py:ROOT", ["asked"]),
        ("my_tools:climate", ["climate"]),
        ("platform:system", ["system"]),
    ],
)
@pytest.mark.usefixtures("tools")
def test_tools_are_functions_of_a_module_or_a_file(source: str, names: list[str]) -> None:
    assert [tool.name for tool in tools_of(source)] == names


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("weather", "'weather' names no tools; give module:function, file.py, or file.py:function"),
        (":weather", "names no tools"),
        ("gone.py", "there is no file gone.py"),
        ("gone:weather", "gone cannot be imported: ModuleNotFoundError: No module named 'gone'"),
        ("my_tools.py:weathr", "my_tools.py has no 'weathr'; did you mean 'weather'?"),
        ("my_tools:COUNT", "my_tools:COUNT is not a function, but a value of the type int"),
        ("broken.py", "broken.py cannot be imported: NameError: name 'x' is not defined ("),
        ("wrong.py", "wrong.py cannot be imported: SyntaxError:"),
        ("empty.py", "empty.py defines no function"),
    ],
)
def test_what_names_no_tool_is_refused(source: str, words: str, tools: Path) -> None:
    for name, code in (("broken", "x\n"), ("wrong", "def\n"), ("empty", "from my_tools import weather\n")):
        (tools.parent / f"{name}.py").write_text(code)
    with pytest.raises(click.UsageError) as caught:
        tools_of(source)
    assert words in caught.value.message


def test_a_function_that_no_model_can_call_is_refused(tools: Path) -> None:
    tools.with_name("odd.py").write_text("def odd(*numbers: int) -> int:\n    return 0\n")
    with pytest.raises(InvalidRequestError, match="odd"):
        tools_of("odd.py")
    done = run("-y", "-t", "odd.py", "hi")
    assert done.exit_code == 2
    assert "hint:" in done.stderr


@pytest.mark.usefixtures("tools")
def test_the_answer_is_on_standard_output_and_the_calls_are_not() -> None:
    done = run("-y", "-t", "my_tools.py", "-o", f"calls={CALLS}", "hi")
    assert (done.exit_code, done.stdout) == (0, "rain in Oslo\nrain in Bergen\n")
    assert 'weather(city="Oslo") -> rain in Oslo\n' in done.stderr
    done = run("-y", "-t", "my_tools.py:weather", "--no-stream", "Oslo")
    assert (done.exit_code, done.stdout, done.stderr) == (
        0,
        "rain in Oslo\n",
        'weather(city="Oslo") -> rain in Oslo\n',
    )


@pytest.mark.usefixtures("tools")
def test_a_tool_that_fails_is_an_answer_for_the_model() -> None:
    done = run("-y", "-t", "my_tools.py:breaks", "Oslo")
    assert done.exit_code == 0
    assert 'breaks(city="Oslo") failed: ValueError: a reason\n' in done.stderr


@pytest.mark.usefixtures("tools")
def test_programs_get_the_run_and_its_events() -> None:
    data = json.loads(run("-y", "-t", "my_tools.py:weather", "--json", "Oslo").stdout)
    assert [len(turn.get("calls", ())) for turn in data["turns"]] == [1, 0]
    lines = run("-y", "-t", "my_tools.py:breaks", "--events", "Oslo").stdout.splitlines()
    events = [json.loads(line) for line in lines]
    assert [each["event"] for each in events if each["event"].startswith("T") and each["event"] != "TextDelta"] == [
        "ToolStarted",
        "ToolFinished",
        "TurnEnd",
        "TurnEnd",
    ]


@pytest.mark.usefixtures("tools")
def test_without_a_terminal_nothing_runs_unasked() -> None:
    done = run("-t", "my_tools.py:weather", "Oslo")
    assert done.exit_code == 2
    assert "nobody can be asked whether a tool may run" in done.stderr
    done = run("-y", "-t", "my_tools.py:ROOT", "Oslo")  # the tool itself demands an approval
    assert done.exit_code == 0
    assert 'nobody can be asked, so this does not run: asked(city="Oslo")\n' in done.stderr
    assert done.stdout == "the user denied this call\n"


@pytest.mark.usefixtures("tools")
def test_the_turns_are_limited() -> None:
    done = run("-y", "-t", "my_tools.py:weather", "--turns", "1", "Oslo")
    assert done.exit_code == 1
    assert "has used up its 1 turns" in done.stderr
    assert done.stderr.endswith("(weather), which were not run; --turns allows more\n")
    assert run("-y", "-t", "my_tools.py:weather", "--turns", "0", "Oslo").exit_code == 2


@pytest.mark.usefixtures("tools")
def test_calls_are_part_of_the_conversation() -> None:
    assert run("-y", "-t", "my_tools.py:weather", "Oslo").exit_code == 0
    shown = CliRunner().invoke(dragoman, ["logs", "show"]).stdout
    assert shown == (
        '## User\n\nOslo\n\n## Assistant\n\n> weather(city="Oslo")\n\n## Tool\n\n> rain in Oslo\n\n'
        "## Assistant\n\nrain in Oslo\n"
    )
    assert run("-c", "Bergen").stdout == "Bergen\n"


def test_no_character_of_a_call_hides() -> None:
    assert (
        call_line(ToolCall(name="f", call_id="1", arguments='{"a": "x\\u202ey\\u001b[2K"}'))
        == 'f(a="x\\u202ey\\u001b[2K")'
    )
    assert call_line(ToolCall(name="f", call_id="1", arguments="[1")) == 'f("[1")'
    assert call_line(ToolCall(name="f", call_id="1", arguments="[1]")) == 'f("[1]")'


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ('{"a\\nRun it? [y]es": 1, "b-c": 2}', 'f("a\\nRun it? [y]es"=1, b-c=2)'),
        ('{"a\\u001b[2K) f(b": 1}', 'f("a\\u001b[2K) f(b"=1)'),
        ('{"a": "\\u3164\\u2800\\ufe0f\\u00ad\\u00a0\\u200d"}', 'f(a="\\u3164\\u2800\\ufe0f\\u00ad\\u00a0\\u200d")'),
        ('{"a": ["\\ud83d\\ude00 \\u00e4 \\u05d0"]}', 'f(a=["\U0001f600 \u00e4 \u05d0"])'),
    ],
)
def test_a_call_is_one_and_all_of_it_is_seen(arguments: str, shown: str) -> None:
    assert call_line(ToolCall(name="f", call_id="1", arguments=arguments)) == shown


@given(text=st.text(st.sampled_from("ab \U0001f600\u4e2d\u0300"), max_size=300), width=st.integers(1, 90))
def test_a_call_on_several_lines_is_marked_and_whole(text: str, width: int) -> None:
    first, *others = marked_lines(text, width)
    assert all(line.startswith("  | ") for line in others)
    assert "".join([first, *(line.removeprefix("  | ") for line in others)]) == text
    if width > len("  | ") + 2:
        assert all(cell_len(line) < width for line in (first, *others))


FORGED = "x" * 36 + ") The model calls nothing() Run it? [y]es, [n]o, [a]lways [n]: " * 60 + "the end"


@pytest.mark.parametrize("columns", [80, 40])
def test_no_argument_is_taken_for_the_question_or_left_out(columns: int, tools: Path) -> None:
    calls = json.dumps([[{"name": "weather", "arguments": {"city": FORGED}}]])
    arguments = ("chat", "-m", "echo", "-t", str(tools), "-o", f"calls={calls}")
    with Session(*arguments, home=tools.parent, columns=columns) as terminal:
        terminal.wait("leaves.\n>")
        terminal.type("first" + ENTER)
        terminal.wait_until(lambda shown: shown.endswith("\nRun weather? [y]es, [n]o, [a]lways [n]:"))
        shown = terminal.text()
        assert 'the end")' in shown.replace("\n  | ", "")
        beginnings = [line for line in shown.splitlines() if line.startswith(("Run", "The model"))]
        assert [each.split("(")[0] for each in beginnings] == [
            "The model calls weather",
            "Run weather? [y]es, [n]o, [a]lways [n]:",
        ]
        terminal.type(CTRL_C)
        terminal.wait("stopped after")


@pytest.mark.parametrize("columns", [80, 40])
def test_a_call_runs_after_it_is_approved(columns: int, tools: Path) -> None:
    arguments = ("chat", "-m", "echo", "-t", str(tools), "-o", f"calls={CALLS}")
    with Session(*arguments, home=tools.parent, columns=columns) as terminal:
        terminal.wait("leaves.\n>")
        terminal.type("first" + ENTER)
        terminal.wait('The model calls weather(city="Oslo")', "[a]lways [n]:")
        terminal.type("maybe" + ENTER)
        terminal.wait("is not one of")
        terminal.type("y" + ENTER)
        terminal.wait('The model calls weather(city="Bergen")')
        terminal.enter("n", 'weather(city="Oslo") -> rain in Oslo', "rain in Oslo the user denied this call", " s\n>")
        terminal.type("second" + ENTER)
        terminal.wait_until(lambda now: now.count("[a]lways [n]:") == 4, "the question")
        terminal.enter("a", " s\n>")
        before = terminal.text().count("[a]lways")
        terminal.enter("third")
        assert terminal.text().count("[a]lways") == before
        assert "runs without a question" in " ".join(terminal.enter("/tools", "breaks").split())
        terminal.type(CTRL_D)
        assert terminal.ended() == 0
        assert "Traceback" not in terminal.text()


def test_what_was_typed_before_the_question_is_no_answer(tools: Path) -> None:
    with Session("chat", "-m", "echo", "-t", f"{tools}:weather", "-o", "stall=0.2", home=tools.parent) as terminal:
        terminal.wait("leaves.\n>")
        terminal.type("one two three" + ENTER)
        terminal.wait_until(lambda _: terminal.is_answering)
        terminal.type("y" + ENTER)
        terminal.wait("[a]lways [n]:")
        terminal.enter("", "\nthe user denied this call\n")
        terminal.type(CTRL_D)
        assert terminal.ended() == 0


def test_an_answer_to_the_question_may_be_a_word_and_is_asked_for_again(tools: Path) -> None:
    arguments = ("chat", "-m", "echo", "-t", f"{tools}:weather", "Oslo")
    with Session(*arguments, home=tools.parent) as terminal:
        terminal.wait("[a]lways [n]:")
        terminal.type("maybe" + ENTER)
        terminal.wait_until(
            lambda shown: "'maybe' is not one of y, n and a" in shown and shown.count("[a]lways [n]:") == 2
        )
        terminal.type("Yes" + ENTER)
        assert terminal.ended() == 0
        terminal.wait('weather(city="Oslo") -> rain in Oslo')


@pytest.mark.parametrize("arguments", [(), ("--plain",)], ids=["markdown", "plain"])
def test_ctrl_c_at_the_question_and_in_a_tool(tools: Path, arguments: tuple[str, ...]) -> None:
    with Session("chat", "-m", "echo", "-t", str(tools), *arguments, home=tools.parent) as terminal:
        terminal.wait("leaves.\n>")
        terminal.type("Oslo" + ENTER)
        terminal.wait("[a]lways [n]:")
        terminal.type(CTRL_C)
        terminal.wait("stopped after", " s\n>")
        terminal.enter("/undo", "there is nothing to remove")
        terminal.enter("/tools -", "there are no tools")
        terminal.enter(f"/tools {tools}:slow", "slow")
        terminal.type("Oslo" + ENTER)
        terminal.wait_until(lambda shown: shown.count("[a]lways [n]:") == 2, "the question")
        terminal.type("y" + ENTER)
        terminal.wait_until(lambda _: terminal.is_answering)
        terminal.type(CTRL_C)
        terminal.wait_until(lambda shown: shown.count("stopped after") == 2 and shown.endswith("\n>"))
        terminal.type(CTRL_D)
        assert terminal.ended() == 0
        assert "Traceback" not in terminal.text()


INTERRUPTED = """
import asyncio

async def slow(city: str) -> str:
    try:
        await asyncio.sleep(60)
    finally:
        await asyncio.sleep(60)

def leaves(city: str) -> str:
    raise KeyboardInterrupt
"""


def test_after_an_answer_that_is_left_at_once_the_next_one_is_whole(tools: Path) -> None:
    tools.write_text(INTERRUPTED)
    arguments = ("chat", "-m", "echo", "-y", "-t", f"{tools}:slow")
    with Session(*arguments, home=tools.parent) as terminal:
        terminal.wait("leaves.\n>")
        terminal.type("Oslo" + ENTER)
        terminal.wait_until(lambda _: terminal.is_answering)
        time.sleep(0.3)  # the tool runs
        terminal.type(CTRL_C)
        time.sleep(0.3)  # and waits for its end
        terminal.type(CTRL_C)
        terminal.wait("stopped at once; nothing of the answer is kept\n>")
        terminal.enter("/tools -", "there are no tools")
        terminal.enter(f"/tools {tools}:leaves", "leaves")
        terminal.enter("Oslo", "> Oslo\nstopped at once; nothing of the answer is kept\n>")
        terminal.enter("/tools -", "there are no tools")
        terminal.enter("hello", "> hello\nhello\necho |")
        terminal.enter("again", "> again\nagain\necho |")
        terminal.type(CTRL_D)
        assert terminal.ended() == 0
        assert "Traceback" not in terminal.text()


def test_an_interrupt_of_a_tool_in_this_process(tools: Path) -> None:
    tools.write_text(INTERRUPTED)
    with PseudoTerminal() as terminal:

        def user() -> None:
            terminal.wait("leaves.\n>")
            terminal.enter("Oslo", "stopped at once; nothing of the answer is kept")
            terminal.enter("/tools -", "there are no tools")
            terminal.enter("hello", "> hello\nhello\necho |")
            terminal.type(CTRL_D)

        assert terminal.run(user, "chat", "-m", "echo", "-y", "-t", f"{tools}:leaves") == 0


def test_one_question_with_tools_in_a_terminal(tools: Path) -> None:
    arguments = ("chat", "-m", "echo", "-t", f"{tools}:weather", "Oslo")
    with Session(*arguments, home=tools.parent, TERM="dumb") as terminal:
        terminal.wait("[a]lways [n]:")
        terminal.type("y" + ENTER)
        assert terminal.ended() == 0
        terminal.wait('weather(city="Oslo") -> rain in Oslo\nrain in Oslo')
    with Session(*arguments, home=tools.parent) as terminal:
        terminal.wait("[a]lways [n]:")
        terminal.type(CTRL_C)
        assert terminal.ended() == 130
        assert "Traceback" not in terminal.text()


def test_a_conversation_with_tools_in_this_process(tools: Path) -> None:
    with PseudoTerminal() as terminal:

        def user() -> None:
            terminal.wait("leaves.\n>")
            terminal.enter("/cost", "nothing was asked yet")
            terminal.enter("/tools", "there are no tools")
            terminal.enter("/tools gone.py", "there is no file gone.py")
            terminal.enter(f"/tools {tools}:weather", "weather  Tell the weather.")
            terminal.type("Oslo" + ENTER)
            terminal.wait("[a]lways [n]:")
            terminal.enter("a", " s\n>")
            terminal.enter("Bergen", 'weather(city="Bergen") -> rain in Bergen')
            terminal.enter("/tools", "Tell the weather.; runs without a question")
            terminal.enter("/cost", "echo: 4 calls | tokens: ")
            terminal.enter("/tools -", "there are no tools")
            terminal.enter(f"/tools {tools}:weather", "weather  Tell the weather.")
            terminal.type("Oslo" + ENTER)
            terminal.wait_until(lambda shown: shown.count("[a]lways [n]:") == 2, "the question")
            terminal.type(CTRL_D)
            terminal.wait("stopped after", " s\n>")
            terminal.type("/quit" + ENTER)

        assert terminal.run(user, "chat", "-m", "echo") == 0


def test_one_question_in_this_process(tools: Path) -> None:
    with PseudoTerminal() as terminal:

        def user() -> None:
            terminal.wait("[a]lways [n]:")
            terminal.type("maybe" + ENTER)
            terminal.wait_until(lambda shown: "'maybe' is not one of" in shown and shown.count("[n]:") == 2)
            terminal.type("Always" + ENTER)

        assert terminal.run(user, "chat", "-m", "echo", "-t", f"{tools}:weather", "Oslo") == 0
        terminal.wait("\nrain in Oslo")
    with PseudoTerminal() as terminal:

        def leaving() -> None:
            terminal.wait("[a]lways [n]:")
            terminal.type(CTRL_D)

        assert terminal.run(leaving, "chat", "-m", "echo", "-t", f"{tools}:weather", "Oslo") == 130


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("raise BaseException('no')", "BaseException: no (file.py:1)"),
        ("class E(Exception):\n    def __str__(self): raise ValueError\nraise E", "E (file.py:3)"),
        ("import sys; sys.exit(3)", "SystemExit: 3 (file.py:1)"),
        ("def __getattr__(name): raise RuntimeError('no')", "RuntimeError: no (file.py:1)"),
        ("f = None", "has no 'f'"),
        ("f = 1", "is not a function"),
    ],
)
def test_code_that_fails_in_any_way_is_told_on_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, words: str
) -> None:
    (tmp_path / "file.py").write_text(code)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(click.UsageError) as caught:
        tools_of("file.py:f")
    assert words in caught.value.message.replace(str(tmp_path / "file.py"), "file.py")


def test_an_interrupt_of_a_file_that_is_imported_is_one(tmp_path: Path) -> None:
    (tmp_path / "file.py").write_text("raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        tools_of(str(tmp_path / "file.py"))
