"""Everyday tasks at the terminal, and wrong uses, each as a line for ``llm`` and one for ``dragoman``."""

from __future__ import annotations

from pathlib import Path

from attrs import frozen

LOGGED = "01kb7wvq6s8j3xq0v5m2n4r1tz"
"""Stands for the identifier of a conversation that ``llm logs`` shows."""
FILES = {
    "notes.txt": "A dragoman is an interpreter.\n",
    "tools.py": 'def add(a: int, b: int) -> int:\n    """Add two numbers."""\n    return a + b\n',
    "broken.py": "def add(a: int, b: int) -> int\n    return a + b\n",
}
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d4944415478da63fcffff3f0300050001"
    "0165da2a560000000049454e44ae426082"
)
"""A picture of one pixel."""


@frozen(kw_only=True)
class Task:
    """Name something that is done every day.

    Args:
        what: what it is.
        llm: the line for ``llm``.
        ours: the line for ``dragoman``, by its short name.
        shows: what our output has to contain.
        stdin: what is typed or piped, without a terminal.
        asked: what a terminal shows before *typed* is typed into it; the task needs no terminal if empty.
        typed: what is typed, for ``llm`` and for ``dragoman``.

    """

    what: str
    llm: str
    ours: str
    shows: str
    stdin: str = ""
    asked: tuple[str, str] = ("", "")
    typed: tuple[str, str] = ("", "")


TASKS = (
    Task(
        what="keep a key",
        llm="llm keys set openai",
        ours="dgm keys set openai",
        shows="the key of openai is stored",
        stdin="sk-of-the-echo\n",
    ),
    Task(
        what="choose the model that is asked by default",
        llm="llm models default gpt-4o",
        ours="dgm config set -m gpt-4o",
        shows="model of [llm]",
    ),
    Task(
        what="ask",
        llm="llm 'What is a dragoman?'",
        ours="dgm 'What is a dragoman?'",
        shows="What is a dragoman?",
    ),
    Task(
        what="ask another model",
        llm="llm -m gpt-4o-mini 'What is a dragoman?'",
        ours="dgm -m gpt-4o-mini 'What is a dragoman?'",
        shows="What is a dragoman?",
    ),
    Task(
        what="say how to answer",
        llm="llm -s 'Be brief.' 'What is a dragoman?'",
        ours="dgm -s 'Be brief.' 'What is a dragoman?'",
        shows="What is a dragoman?",
    ),
    Task(
        what="ask about the output of a program",
        llm="cat notes.txt | llm 'Summarize this.'",
        ours="cat notes.txt | dgm 'Summarize this.'",
        shows="A dragoman is an interpreter.",
    ),
    Task(
        what="ask about a file of text",
        llm="llm -f notes.txt 'Summarize this.'",
        ours="dgm -a notes.txt 'Summarize this.'",
        shows="Summarize this.",
    ),
    Task(
        what="ask about a picture",
        llm="llm -a photo.png 'What is this?'",
        ours="dgm -a photo.png 'What is this?'",
        shows="What is this?",
    ),
    Task(
        what="change a setting",
        llm="llm -o temperature 0.2 'Invent a name.'",
        ours="dgm -o temperature=0.2 'Invent a name.'",
        shows="Invent a name.",
    ),
    Task(
        what="get data",
        llm="llm --schema 'name, age int' 'Invent a dog.'",
        ours="dgm --schema 'name, age int' 'Invent a dog.'",
        shows='{"name": "Invent a dog.", "age": 1}',
    ),
    Task(
        what="get a list of data",
        llm="llm --schema-multi 'name, age int' 'Invent dogs.'",
        ours="dgm --schema '[name, age int]' 'Invent dogs.'",
        shows='{"items": [{"name": "Invent dogs.", "age": 1}]}',
    ),
    Task(
        what="get code without the text around it",
        llm="llm -x 'Write a function that adds.'",
        ours="dgm -x 'Write a function that adds.'",
        shows="Write a function that adds.",
    ),
    Task(
        what="let the model call functions",
        llm="llm --functions tools.py 'Add 2 and 3.'",
        ours="dgm -yt tools.py 'Add 2 and 3.'",
        shows="2",
    ),
    Task(
        what="approve each call of a function",
        llm="llm --ta --functions tools.py 'Add 2 and 3.'",
        ours="dgm -t tools.py 'Add 2 and 3.'",
        shows="add(a=1, b=1) -> 2",
        asked=("[y/N]", "[n]:"),
        typed=("y\r", "y\r"),
    ),
    Task(
        what="see the tokens of an answer",
        llm="llm -u 'What is a dragoman?'",
        ours="dgm -u 'What is a dragoman?'",
        shows="tokens: 4 in, 4 out",
    ),
    Task(
        what="ask without a trace in the log",
        llm="llm -n 'What is a dragoman?'",
        ours="dgm -n 'What is a dragoman?'",
        shows="What is a dragoman?",
    ),
    Task(
        what="converse",
        llm="llm chat",
        ours="dgm chat",
        shows="Ctrl-D leaves.",
        asked=("\n>", "leaves.\n>"),
        typed=("quit\r", "/quit\r"),
    ),
    Task(
        what="go on with the last conversation",
        llm="llm -c 'And what else?'",
        ours="dgm -c 'And what else?'",
        shows="And what else?",
    ),
    Task(
        what="go on with an earlier conversation",
        llm=f"llm --cid {LOGGED} 'And now?'",
        ours="dgm --id 1 'And now?'",
        shows="And now?",
    ),
    Task(
        what="read the last conversation",
        llm="llm logs -c",
        ours="dgm logs -c",
        shows="## Assistant\n\nAnd now?",
    ),
    Task(
        what="get the last answer again",
        llm="llm logs -r",
        ours="dgm logs -r",
        shows="And now?",
    ),
    Task(
        what="find a conversation",
        llm="llm logs -q dragoman",
        ours="dgm logs -q dragoman",
        shows="openai/gpt-4o  What is a dragoman?",
    ),
    Task(
        what="find a model",
        llm="llm models -q gpt",
        ours="dgm models gpt",
        shows="gpt-4o",
    ),
    Task(
        what="see the options of a model",
        llm="llm models --options -m gpt-4o",
        ours="dgm -m gpt-4o -h",
        shows="Options of openai, each as -o NAME=VALUE",
    ),
    Task(
        what="turn a text into a vector",
        llm="llm embed -m text-embedding-3-small -c 'one'",
        ours="dgm embed -m text-embedding-3-small 'one'",
        shows="[0.5, -0.5]",
    ),
)


@frozen(kw_only=True)
class WrongUse:
    """Name something that users do wrong, with the lines that do it, and variables that make it wrong."""

    what: str
    llm: str
    ours: str
    environment: tuple[tuple[str, str], ...] = ()


WRONG_USES = (
    WrongUse(what="a misspelled command", llm="llm modls", ours="dgm modls"),
    WrongUse(what="a misspelled option", llm="llm --schem x 'Hi there'", ours="dgm --schem x 'Hi there'"),
    WrongUse(what="a model that nobody has", llm="llm -m nobody 'Hi there'", ours="dgm -m nobody 'Hi there'"),
    WrongUse(
        what="no key",
        llm="llm -m gpt-4o 'Hi there'",
        ours="dgm -m gpt-4o 'Hi there'",
        environment=(("OPENAI_API_KEY", ""), ("HOME", "none"), ("LLM_USER_PATH", "none")),
    ),
    WrongUse(what="a misspelled setting", llm="llm -o temprature 1 'Hi there'", ours="dgm -o temprature=1 'Hi there'"),
    WrongUse(
        what="a setting of the wrong type",
        llm="llm -o temperature hot 'Hi there'",
        ours="dgm -o temperature=hot 'Hi there'",
    ),
    WrongUse(what="a file that is not there", llm="llm -a gone.png 'Hi there'", ours="dgm -a gone.png 'Hi there'"),
    WrongUse(
        what="a type that is unknown",
        llm="llm --schema 'name dinosaur' 'Hi there'",
        ours="dgm --schema 'name dinosaur' 'Hi there'",
    ),
    WrongUse(
        what="functions with a syntax error",
        llm="llm --functions broken.py 'Hi there'",
        ours="dgm -yt broken.py 'Hi there'",
    ),
    WrongUse(what="a conversation that is not logged", llm="llm --cid 77 'Hi there'", ours="dgm --id 77 'Hi there'"),
    WrongUse(
        what="a server that cannot be reached",
        llm="llm 'Hi there'",
        ours="dgm 'Hi there'",
        environment=(("OPENAI_BASE_URL", "http://127.0.0.1:9/v1"),),
    ),
)


def write_files(folder: Path) -> None:
    """Write the files that the tasks name."""
    for name, content in FILES.items():
        (folder / name).write_text(content)
    (folder / "photo.png").write_bytes(PNG)


def keystrokes(line: str) -> int:
    """Return how many keys a line takes, without Enter."""
    return len(line)
