"""The folders of the core are its layers: none imports what stands above it, not for type checkers either."""

from __future__ import annotations

from distributions.house import PACKAGE, house, modules


def test_no_folder_imports_what_stands_above_it() -> None:
    seen = house()
    assert seen.wrong() == {}
    assert len(seen.floors) == 5
    assert len(seen.rooms) == 10
    assert seen.arrows[("client", "spec")] > 10  # that imports are found at all


def test_nothing_but_the_public_names_and_the_program_stands_in_no_folder() -> None:
    modules = {path.name for path in PACKAGE.glob("*.py")}
    assert modules == {"__init__.py", "__main__.py", "_lazy.py", "_public_names.py"}


def test_a_module_reads_in_one_sitting() -> None:
    assert {str(path): lines for path in modules() if (lines := len(path.read_text("utf-8").splitlines())) > 420} == {}
