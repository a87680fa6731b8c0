"""A project is written completely or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve
from click.testing import CliRunner, Result

from dragoman import ConfigurationError
from dragoman.cli.group import dragoman
from dragoman.scaffold import ProjectName, kinds, write_project
from dragoman.scaffold.project import files_of

COMMON = {".github/workflows/check.yml", ".gitignore", "LICENSE", "README.md", "pyproject.toml"}
ACME = ProjectName.of("acme")
ZETA = ProjectName.of("zeta-labs")


KINDS = kinds()


def new_provider(*arguments: str) -> Result:
    return CliRunner().invoke(dragoman, ("new-provider", *arguments))


def paths(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("kind", KINDS)
def test_the_command_writes_a_complete_project(kind: str, tmp_path: Path) -> None:
    done = new_provider("zeta-labs", "--kind", kind, "--output", str(tmp_path))

    folder = tmp_path / "dragoman-zeta-labs"
    assert (done.exit_code, done.stderr) == (0, "")
    assert f"Created {folder}, a provider for {KINDS[kind].purpose}" in done.stdout
    assert f"pytest {folder}" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["dragoman-zeta-labs"]
    assert paths(folder) >= COMMON | {
        "src/dragoman_zeta_labs/__init__.py",
        "src/dragoman_zeta_labs/options.py",
        "src/dragoman_zeta_labs/py.typed",
        "tests/test_conformance.py",
        "tests/test_zeta_labs.py",
    }


@pytest.mark.parametrize("kind", KINDS)
def test_no_name_of_the_template_is_left(kind: str, tmp_path: Path) -> None:
    folder = write_project(ZETA, KINDS[kind], tmp_path)

    assert {path for path in paths(folder) if "acme" in path.lower()} == set()
    assert {path.name for path in folder.rglob("*") if path.is_file() and "acme" in path.read_text().lower()} == set()


@pytest.mark.parametrize("kind", KINDS)
def test_with_the_name_of_the_template_it_equals_the_template(kind: str, tmp_path: Path) -> None:
    folder = write_project(ACME, KINDS[kind], tmp_path)

    for path in paths(folder):
        (original,) = (file for each in KINDS[kind].folders if (file := each.joinpath(path)).is_file())
        assert (folder / path).read_bytes() == original.read_bytes()


def test_caches_of_tools_are_not_copied(tmp_path: Path) -> None:
    (tmp_path / "src" / "__pycache__").mkdir(parents=True)
    (tmp_path / "src" / "__pycache__" / "x.pyc").write_bytes(b"\xff")
    (tmp_path / "src" / "acme.py").write_text("ACME = 1\n")

    assert [(path.as_posix(), text) for path, text in files_of(ZETA, tmp_path)] == [
        ("src/zeta_labs.py", "ZETA_LABS = 1\n")
    ]


@pytest.mark.parametrize("there", ["folder", "file"])
def test_an_existing_folder_or_file_is_kept(there: str, tmp_path: Path) -> None:
    target = tmp_path / "dragoman-acme"
    target.write_text("mine") if there == "file" else target.mkdir()

    done = new_provider("acme", "--kind", "dialect", "--output", str(tmp_path))

    assert done.exit_code == 2
    assert "exists already; nothing was written" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["dragoman-acme"]
    assert paths(tmp_path) == ({"dragoman-acme"} if there == "file" else set())


def test_a_failure_leaves_no_files(tmp_path: Path) -> None:
    gone = evolve(KINDS["dialect"], folders=(*KINDS["dialect"].folders, tmp_path / "gone"))
    with pytest.raises(ConfigurationError, match="cannot be written: No such file"):
        write_project(ACME, gone, tmp_path)  # fails after the common files have been written

    assert list(tmp_path.iterdir()) == []


def test_a_missing_parent_is_not_created(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be written"):
        write_project(ACME, KINDS["dialect"], tmp_path / "absent")

    assert new_provider("acme", "--kind", "dialect", "--output", str(tmp_path / "absent")).exit_code == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("openai", "--kind", "dialect"), "is the provider of dragoman-openai"),
        (("Acme Inc", "--kind", "dialect"), "is not a valid name"),
        (("acme",), "--kind"),
        (("acme", "--kind", "carrier-pigeon"), "in-process"),
        ((), "NAME"),
    ],
)
def test_invalid_arguments_are_reported(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    done = new_provider(*arguments, "--output", str(tmp_path))

    assert done.exit_code == 2
    assert words in done.stderr
    assert "Traceback" not in done.output
    assert list(tmp_path.iterdir()) == []
