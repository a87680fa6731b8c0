"""The page on architecture shows the modules, the floors and the functions that there are, and no others."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

from distributions.house import PACKAGE, floors, modules, room_of

PAGE = Path(__file__).parents[2] / "docs/explanation/architecture.md"
HEADING = re.compile(r"^#{2,3} (?:`([a-z/]+)/`)?")
MODULE = re.compile(r"^\| `(\w+)` \| .+ \|$")
STEP = re.compile(r"^\| `([a-z/]+)/` \| `(\w+):([\w.]+)` \|", re.MULTILINE)
PATH = re.compile(r"`((?:client|http|plugins|spec|cli|scaffold|testing)/[\w/]+|dragoman(?:\.[a-z_]+)+)`")
NOT_A_ROOM = "The files of a dialect"


def text() -> str:
    return PAGE.read_text("utf-8")


def shown() -> dict[str, list[str]]:
    """Return the modules that the page shows, by folder with dots; those outside of the folders under no name."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    room = ""
    for line in text().partition(f"## {NOT_A_ROOM}")[0].splitlines():
        if heading := HEADING.match(line):
            room = (heading[1] or "").replace("/", ".")
        elif row := MODULE.match(line):
            found[room].append(row[1])
    return dict(found)


def present() -> dict[str, list[str]]:
    """Return the modules that there are, less the ``__init__`` of each folder, which the folder stands for."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for path in modules():
        if path.stem != "__init__":
            found[room_of(path)].append(path.stem)
    found[""] = [path.stem for path in PACKAGE.glob("*.py")]
    return dict(found)


def test_every_module_is_shown_once_and_none_that_is_not_there() -> None:
    assert shown() == {room: sorted(names) for room, names in present().items()}


def test_the_floors_are_those_of_the_import_contract() -> None:
    drawing = next(block for block in re.findall(r"```text\n(.*?)```", text(), re.DOTALL) if "───\n" in block)
    drawn = [line.split() for line in drawing.splitlines() if "─" not in line]
    rooms = {room for room in present() if room}
    assert {room.replace("/", ".") for floor in drawn for room in floor} == rooms
    tops = [sorted({room.partition("/")[0] for room in floor}) for floor in drawn]
    assert tops == [sorted(floor) for floor in floors()]


@pytest.mark.parametrize(("folder", "module", "name"), STEP.findall(text()))
def test_each_step_of_a_call_is_defined_where_the_page_says(folder: str, module: str, name: str) -> None:
    body = ast.parse((PACKAGE / folder / f"{module}.py").read_text("utf-8")).body
    for part in name.split("."):
        definitions = [node for node in body if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)]
        found = {node.name: node for node in definitions}
        assert part in found
        body = found[part].body


def test_a_call_is_followed_to_the_wire() -> None:
    assert [step[2] for step in STEP.findall(text())][:1] == ["LLM.generate"]
    assert {step[0] for step in STEP.findall(text())} == {"client", "spec", "http", "http/transport"}


def test_modules_are_named_in_the_text_by_paths_that_exist() -> None:
    named = set(PATH.findall(text()))
    assert named
    for path in named:
        place = PACKAGE.joinpath(*path.removeprefix("dragoman.").replace(".", "/").split("/"))
        assert place.is_dir() or place.with_suffix(".py").is_file(), path
