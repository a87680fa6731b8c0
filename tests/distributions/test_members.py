"""Every list of the distributions holds them all: the test says what to write where for a new one."""

from __future__ import annotations

import importlib
import re
import tomllib
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from attrs import field, frozen
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]


def toml(path: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / path).read_text("utf-8"))


@frozen(kw_only=True)
class Member:
    """A folder of the workspace and what its project table says."""

    name: str
    folder: str
    providers: frozenset[str]
    requirements: tuple[Requirement, ...] = field(repr=False)

    @property
    def package(self) -> str:
        return self.name.replace("-", "_")

    @property
    def extra(self) -> str:
        return self.name.removeprefix("dragoman-")

    @property
    def speaks_http(self) -> bool:
        return bool(self.providers) and self.extra not in IN_PROCESS | CATALOGUES

    def stands_on(self, other: Member) -> bool:
        return any(each.name == other.name for each in self.requirements)


def members() -> Iterator[Member]:
    for path in sorted(ROOT.glob("plugins/*/pyproject.toml")):
        project = tomllib.loads(path.read_text("utf-8"))["project"]
        yield Member(
            name=project["name"],
            folder=path.parent.name,
            # One name: further ones stand on the same page. A catalogue has no provider of its own name.
            providers=frozenset(
                [path.parent.name]
                if path.parent.name in CATALOGUES
                else [*project.get("entry-points", {}).get("dragoman.providers.v1", ())][:1]
            ),
            requirements=tuple(
                map(Requirement, [*project["dependencies"], *chain(*project.get("optional-dependencies", {}).values())])
            ),
        )


IN_PROCESS = {"echo", "litellm", "llamacpp"}
CATALOGUES = {"hosts"}  # of hosts without code: tests/plugins/test_hosts.py puts each of them to its tests
APART = {"aws", "litellm", "openhands", "recorder"}  # larger than the rest; another project's name; no provider

MEMBERS = tuple(members())
Members: TypeAlias = tuple[Member, ...]
SETTINGS = toml("pyproject.toml")
CORE = toml("core/pyproject.toml")["project"]["optional-dependencies"]
CONTRACTS = SETTINGS["tool"]["importlinter"]["contracts"]
OUTSIDE = frozenset(SETTINGS["tool"]["uv"]["workspace"]["exclude"])


@frozen(kw_only=True)
class List:
    """One list of members.

    Args:
        place: the file, and where in it.
        line: what to write there, of a member ``m``.
        found: what is listed, each in its own spelling.
        wanted: what should be listed, of which *may* can be left out.

    """

    place: str
    line: str
    found: frozenset[str] = field(converter=frozenset[str])
    wanted: frozenset[str] = field(converter=frozenset[str])
    may: frozenset[str] = field(default=frozenset(), converter=frozenset[str])

    def complaints(self) -> Iterator[str]:
        for name in sorted(self.wanted - self.found - self.may):
            yield f"{self.place}: add {self.line.format(name)}"
        for name in sorted(self.found - self.wanted):
            yield f"{self.place}: take out {self.line.format(name)}, which is not a folder of plugins/"


def listed_together(names: Iterable[str]) -> frozenset[str]:
    """Return the packages among *names*; none if they are a choice of one or two that a rule is about."""
    packages = frozenset(name for name in names if name.startswith("dragoman_"))
    return packages if len(packages) > 2 else frozenset()


def contracts(members: Members) -> Iterator[List]:
    """Yield the lists of the import contracts: of the providers, or of all packages."""
    every, providers = packages(members), packages(each for each in members if each.providers)
    dialects = packages(each for each in members if any(other.stands_on(each) for other in members))
    for contract in CONTRACTS:
        for key in ("modules", "source_modules", "forbidden_modules"):
            if found := listed_together(contract.get(key, ())):
                yield List(
                    place=f"pyproject.toml, contract {contract['name']!r}, {key}",
                    line='"{}"',
                    found=found,
                    wanted=every if found & (every - providers) else providers,
                    may=dialects,  # a rule may spare what providers share
                )


def packages(some: Iterable[Member]) -> frozenset[str]:
    return frozenset(each.package for each in some)


def installed_by_tests() -> Iterator[str]:
    """Yield the members that the group of the tests installs, those of `all` with them."""
    for each in map(Requirement, filter(lambda line: isinstance(line, str), SETTINGS["dependency-groups"]["tests"])):
        if each.name == "dragoman" and "all" in each.extras:
            yield from (f"dragoman-{extra}" for extra in Requirement(CORE["all"][0]).extras - {"cli", "http"})
        if each.name.startswith("dragoman-"):
            yield each.name


def settings(members: Members) -> Iterator[List]:
    names = {each.name for each in members}
    inside = {each.name for each in members if f"plugins/{each.folder}" not in OUTSIDE}
    tool, extras = SETTINGS["tool"], {each.extra for each in members}
    yield List(
        place="pyproject.toml, [tool.uv.sources]",
        line="{} = {{ workspace = true }}",
        found=set(tool["uv"]["sources"]) - {"dragoman"},
        wanted=names,
    )
    yield List(
        place="pyproject.toml, [[tool.towncrier.section]], name and path",
        line="{}",
        found={each["name"] for each in tool["towncrier"]["section"] if each["name"] == each["path"]} - {"dragoman"},
        wanted=names,
    )
    yield List(
        place="pyproject.toml, [tool.importlinter] root_packages",
        line='"{}"',
        found=set(tool["importlinter"]["root_packages"]) - {"dragoman"},
        wanted=packages(members),
    )
    yield List(
        place="pyproject.toml, [dependency-groups] tests",
        line='"{}"',
        found=installed_by_tests(),
        wanted=inside,
    )
    yield List(
        place="uv.lock (run `uv lock`)",
        line="{}",
        found=set(toml("uv.lock")["manifest"]["members"]) - {"dragoman"},
        wanted=inside,
    )
    yield List(
        place="core/pyproject.toml, [project.optional-dependencies]",
        line='{0} = ["dragoman-{0}"]',
        found={name for name in CORE if CORE[name] == [f"dragoman-{name}"]},
        wanted=extras,
    )
    yield List(
        place="core/pyproject.toml, the extra `all`",
        line="{}",
        found=Requirement(CORE["all"][0]).extras - {"cli", "http"},
        wanted=extras - APART,
    )


def pages(members: Members) -> Iterator[List]:
    providers = {each for each in members if each.providers}
    names = {name.replace("_", "-") for each in providers for name in each.providers}
    yield List(
        place="docs/reference/providers/",
        line="{}.md",
        found={path.stem for path in ROOT.glob("docs/reference/providers/*.md")} - {"index"},
        wanted=names,
    )
    yield List(
        place="README.md",
        line="`dragoman[{}]`",
        found=set(re.findall(r"`dragoman\[([\w-]+)\]`", (ROOT / "README.md").read_text("utf-8"))) - {"cli"},
        wanted={each.extra for each in members},
    )
    yield List(
        place="core/src/dragoman/spec/directory.toml",
        line="[{}]",
        found={name for name in toml("core/src/dragoman/spec/directory.toml") if name.startswith("dragoman-")},
        wanted={each.name for each in providers},
    )


def checks(members: Members) -> Iterator[List]:
    """Yield the lists of who is put to the tests that every provider passes."""
    hosts = {path.stem for each in CATALOGUES for path in ROOT.glob(f"plugins/{each}/src/*/*.toml")}
    own = vars(importlib.import_module("conformance.test_own_providers")).values()
    http = {name for each in members if each.speaks_http for name in each.providers}
    in_process = {name for each in members if each.extra in IN_PROCESS for name in each.providers}
    yield List(
        place="tests/conformance/test_own_providers.py",
        line="a class with provider = {!r}",
        found={each.provider for each in own if isinstance(each, type) and vars(each).get("provider")} - hosts,
        wanted=http | in_process,
        may={"litellm"},  # its own session has its class: tests/servers/litellm/test_conformance.py
    )
    yield List(
        place="tests/faults/clients.py, EVERY_CLIENT",
        line="a client of {}",
        found={each.provider or each.name for each in importlib.import_module("faults.clients").EVERY_CLIENT.values()},
        wanted=http,
    )
    yield List(
        place="tests/fuzz/dialects.py, DIALECTS",
        line="a dialect of {}",
        found={api.partition(".")[0] for api in importlib.import_module("fuzz.dialects").DIALECTS},
        wanted=http,
    )


def lists(members: Members) -> tuple[List, ...]:
    return (*settings(members), *contracts(members), *pages(members), *checks(members))


def test_every_list_holds_every_member() -> None:
    complaints = [complaint for each in lists(MEMBERS) for complaint in each.complaints()]

    assert not complaints, "\n".join(["the lists of distributions differ from the folders of plugins/:", *complaints])


def test_who_adds_a_member_is_told_every_place() -> None:
    new = Member(name="dragoman-new", folder="new", providers=frozenset({"new"}), requirements=())

    for each in lists((*MEMBERS, new)):
        [reported] = each.complaints()
        assert "add" in reported
        assert "new" in reported


def test_who_removes_a_member_is_told_every_place() -> None:
    gone = next(
        each for each in MEMBERS if not any(other.stands_on(each) for other in MEMBERS)
    )  # a rule may spare others

    for each in lists(tuple(each for each in MEMBERS if each is not gone)):
        [reported] = each.complaints()
        assert "take out" in reported
        assert gone.extra in reported


@pytest.mark.parametrize("member", MEMBERS, ids=lambda each: each.folder)
def test_a_distribution_imports_no_other_that_it_does_not_declare(member: Member) -> None:
    text = "\n".join(path.read_text("utf-8") for path in (ROOT / "plugins" / member.folder / "src").rglob("*.py"))
    points = (ROOT / "plugins" / member.folder / "pyproject.toml").read_text("utf-8")
    imported = set(re.findall(r"^\s*(?:from|import) (dragoman_\w+)", text, re.MULTILINE))
    imported |= set(re.findall(r"^\S+ = \"(dragoman_\w+)", points, re.MULTILINE))
    declared = {each.package for each in MEMBERS if member.stands_on(each)}
    assert imported - {member.package, "dragoman_acme"} == declared  # the latter is the name of a template
