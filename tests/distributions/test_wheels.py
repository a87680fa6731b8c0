"""What is published is what was meant: each distribution's wheel, built and opened."""

from __future__ import annotations

import configparser
import subprocess
import sys
import tomllib
import zipfile
from email import message_from_string
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from packaging.requirements import Requirement

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message

ROOT = Path(__file__).parents[2]
FOLDERS = [ROOT / "core", *sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))]


DIALECTS = {"dragoman-anthropic", "dragoman-aws", "dragoman-openai-compatible"}  # of which others make providers
CATALOGUE = "dragoman_openai_compatible.catalogue"


class Wheel:
    """An open wheel, and the project table that it was built from."""

    def __init__(self, folder: Path, archive: zipfile.ZipFile) -> None:
        self.project: dict[str, Any] = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
        self.package = self.project["name"].replace("-", "_")
        self.info = f"{self.package}-{self.project['version']}.dist-info"
        self.archive = archive

    def read(self, name: str) -> str:
        return self.archive.read(f"{self.info}/{name}").decode()

    @property
    def metadata(self) -> Message:
        return message_from_string(self.read("METADATA"))

    @property
    def requirements(self) -> set[str]:
        """Names of what is always installed, extras apart."""
        lines = (Requirement(line) for line in self.metadata.get_all("Requires-Dist", []))
        return {line.name for line in lines if "extra" not in str(line.marker)}


@pytest.fixture(scope="module", params=FOLDERS, ids=lambda folder: folder.name)
def wheel(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wheel]:
    folder, target = request.param, tmp_path_factory.mktemp(request.param.name)
    # Without isolation, the builder is the one installed with the tests: nothing is fetched.
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(target)]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    [path] = target.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield Wheel(folder, archive)


def test_holds_its_package_and_nothing_else(wheel: Wheel) -> None:
    names = wheel.archive.namelist()
    also = {"openhands"} if wheel.package == "dragoman_openhands" else set()  # the paths it is there for
    assert {name.partition("/")[0] for name in names} == {wheel.package, wheel.info} | also
    assert [name for name in names if name.endswith((".pth", ".pyc", ".env"))] == []


def test_holds_every_module_of_the_source_tree(wheel: Wheel, request: pytest.FixtureRequest) -> None:
    source = request.node.callspec.params["wheel"] / "src"
    modules = {str(path.relative_to(source)) for path in source.rglob("*.py")}
    assert modules == {name for name in wheel.archive.namelist() if name.endswith(".py")}


def test_says_that_it_is_typed(wheel: Wheel) -> None:
    assert f"{wheel.package}/py.typed" in wheel.archive.namelist()


def test_declares_its_entry_points(wheel: Wheel) -> None:
    written = configparser.RawConfigParser(delimiters=("=",))
    written.optionxform = str  # the documented way to keep upper case
    if f"{wheel.info}/entry_points.txt" in wheel.archive.namelist():
        written.read_string(wheel.read("entry_points.txt"))
    declared = dict(wheel.project.get("entry-points", {}))
    if "scripts" in wheel.project:
        declared["console_scripts"] = wheel.project["scripts"]
    assert {group: dict(written[group]) for group in written.sections()} == declared


def test_an_entry_point_names_a_module_of_its_own_wheel(wheel: Wheel) -> None:
    groups = wheel.project.get("entry-points", {})
    own = {name: group for name, group in groups.items() if name != "dragoman.aliases.v1"}  # they name no module
    targets = {target for group in own.values() for target in group.values()}
    assert set(groups.get("dragoman.aliases.v1", {}).values()) <= set(groups.get("dragoman.providers.v1", {}))
    # A distribution of hosts without code names the module that reads its manifests, and contains each of them.
    read = {target.partition(":")[2] for target in targets if target.startswith(f"{CATALOGUE}:")}
    assert {f"{wheel.package}/{name}.toml" for name in read} <= {*wheel.archive.namelist()}
    others = {target for target in targets if not target.startswith(f"{CATALOGUE}:")}
    assert {target.partition(":")[0].partition(".")[0] for target in others} <= {wheel.package}


def test_requires_no_more_than_it_should(wheel: Wheel) -> None:
    if wheel.package == "dragoman":
        assert wheel.requirements == {"attrs", "cattrs", "pluggy"}
    else:
        assert "dragoman" in wheel.requirements
        assert {name for name in wheel.requirements if name.startswith("dragoman-")} <= DIALECTS


def test_carries_license_readme_and_python_version(wheel: Wheel) -> None:
    assert wheel.metadata["License-Expression"] == "Apache-2.0"
    assert wheel.metadata["Requires-Python"] == ">=3.11"
    assert str(wheel.metadata.get_payload()).startswith(f"# {wheel.project['name']}") or wheel.package == "dragoman"


def test_no_provider_or_model_prefix_is_claimed_twice() -> None:
    projects = [tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"] for folder in FOLDERS]
    claims = [(group, name) for p in projects for group, names in p.get("entry-points", {}).items() for name in names]
    assert sorted(claims) == sorted(set(claims))


def test_the_core_names_for_installation_what_the_plugins_declare() -> None:
    directory = tomllib.loads((ROOT / "core/src/dragoman/spec/directory.toml").read_text("utf-8"))
    for folder in FOLDERS[1:]:
        project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
        declared = project.get("entry-points")
        if declared is None or "dragoman.providers.v1" not in declared:
            continue
        known = directory[project["name"]]
        assert set(declared["dragoman.providers.v1"]) == set(known["names"]), project["name"]
        assert set(declared.get("dragoman.aliases.v1", ())) == set(known.get("aliases", ())), project["name"]
        assert set(declared.get("dragoman.hosts.v1", ())) == set(known["hosts"]), project["name"]
        assert set(declared.get("dragoman.models.v1", ())) == set(known["models"]), project["name"]
