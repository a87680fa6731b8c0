"""What is installed is read as the standard library reads it, but for what only harms."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import subprocess
import sys
import zipfile
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, strategies as st

from dragoman.plugins.metadata import (
    GROUPS,
    PROVIDERS,
    Announcement,
    Claim,
    canonicalize_name,
    read_announcements,
    read_claims,
    read_names,
)

ENTRIES = "[dragoman.providers.v1]\nacme = acme_one\n\n[console_scripts]\nacme = acme_one:main\n"


def put(site: Path, folder: str, entries: str | bytes | None = ENTRIES, metadata: str | None = "") -> Path:
    """Make a metadata folder as an installer leaves it."""
    name, _, version = folder.rpartition(".")[0].partition("-")
    path = site / folder
    path.mkdir(parents=True)
    if metadata is not None:
        head = metadata or f"Metadata-Version: 2.1\nName: {name}\nVersion: {version or '9'}\n\nName: not this\n"
        (path / ("METADATA" if folder.endswith(".dist-info") else "PKG-INFO")).write_text(head)
    if entries is not None:
        (path / "entry_points.txt").write_bytes(entries.encode() if isinstance(entries, str) else entries)
    return path


def only(monkeypatch: pytest.MonkeyPatch, *path: Path | str) -> None:
    monkeypatch.setattr(sys, "path", [str(each) for each in path])


def read(monkeypatch: pytest.MonkeyPatch, *path: Path | str) -> tuple[Announcement, ...]:
    only(monkeypatch, *path)
    return read_announcements()


def of_library() -> list[tuple[str, str, str, str]]:
    found = importlib.metadata.entry_points()
    return sorted(
        (group, entry.name, entry.value, canonicalize_name(entry.dist.name) if entry.dist else "")
        for group in GROUPS
        for entry in found.select(group=group)
    )


def ours() -> list[tuple[str, str, str, str]]:
    return sorted((claim.group, claim.name, claim.module, claim.distribution) for claim in read_claims())


FOLDERS = st.sampled_from(
    [
        f"{name}{version}{kind}"
        for name in ("acme_one", "Acme.One", "acme_two", "dragoman_acme")
        for version in ("-1.0", "-2.0", "")
        for kind in (".dist-info", ".egg-info")
    ]
    + ["acme.py", "acme_one", "acme.dist-info.bak"]
)
TEXTS = st.sampled_from(
    [
        None,
        "",
        ENTRIES,
        "[dragoman.providers.v1]\nacme_two=acme_two:plugin\n# x = y\n[dragoman.models.v1]\nac- = a\nbc- = b\n",
        "[console_scripts]\nx = y:z\n",
        "[dragoman.extensions.v1]\n   budget   =   acme.budget  \n\n\n[dragoman.hosts.v1]\nx.test = acme\n",
    ]
)


@given(sites=st.lists(st.dictionaries(FOLDERS, TEXTS, max_size=5), max_size=4))
def test_it_finds_what_the_standard_library_finds(tmp_path_factory: Any, sites: list[dict[str, str | None]]) -> None:
    root = tmp_path_factory.mktemp("sites")
    path = [root / str(number) for number in range(len(sites))]
    for site, folders in zip(path, sites, strict=True):
        site.mkdir()
        for folder, text in folders.items():
            put(site, folder, text)
    with pytest.MonkeyPatch.context() as patch:
        only(patch, *path, root / "not there")
        assert ours() == of_library()


def test_it_finds_what_the_standard_library_finds_in_this_environment() -> None:
    assert ours()
    assert [claim for claim in ours() if claim[0] in GROUPS] == of_library()
    assert {canonicalize_name(each.name) for each in importlib.metadata.distributions()} == read_names()


@given(st.text("aZ9-_.", max_size=9))
@example("a-_.b")
def test_a_name_is_canonical_as_the_packaging_guide_says(name: str) -> None:
    assert canonicalize_name(name) == re.sub(r"[-_.]+", "-", name).lower()


def test_an_archive_and_an_egg_are_left_to_the_standard_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "acme.whl", "w") as archive:
        archive.writestr("acme-1.0.dist-info/METADATA", "Name: acme\nVersion: 1.0\n")
        archive.writestr("acme-1.0.dist-info/entry_points.txt", ENTRIES)
    put(tmp_path / "other.egg", "EGG-INFO", "[dragoman.providers.v1]\nother = other\n", None)
    (tmp_path / "other.egg/EGG-INFO/PKG-INFO").write_text("Name: other\nVersion: 2.0\n")
    found = read(monkeypatch, tmp_path / "acme.whl", tmp_path / "other.egg")
    assert [(each.distribution, each.version, each.folder, each.problems) for each in found] == [
        ("acme", "1.0", "", ()),
        ("other", "2.0", "", ()),
    ]
    assert ours() == of_library()


def test_another_finder_is_asked_in_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Frozen:
        def find_distributions(self, context: Any) -> Any:
            assert context.path == sys.path
            return importlib.metadata.MetadataPathFinder.find_distributions(
                importlib.metadata.DistributionFinder.Context(path=[str(tmp_path / "frozen")])
            )

    put(tmp_path / "frozen", "acme-1.0.dist-info")
    put(tmp_path / "site", "acme-2.0.dist-info")
    monkeypatch.setattr(sys, "meta_path", [Frozen(), PathFinder, object()])
    assert [each.version for each in read(monkeypatch, tmp_path / "site")] == ["1.0"]
    monkeypatch.setattr(sys, "meta_path", [PathFinder, Frozen()])
    assert [each.version for each in read(monkeypatch, tmp_path / "site")] == ["2.0"]


class _Unreadable:
    def __init__(self, content: object) -> None:
        self._content = content

    def read_text(self, filename: str) -> Any:
        if isinstance(self._content, Exception):
            raise self._content
        return self._content


@pytest.mark.parametrize("found", [None, [None], [_Unreadable(OSError()), _Unreadable(b"[dragoman.")], RuntimeError()])
def test_a_finder_that_fails_hides_nothing_that_others_find(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, found: Any
) -> None:
    class Broken:
        def find_distributions(self, context: Any) -> Any:
            if isinstance(found, Exception):
                raise found
            return found

    put(tmp_path, "acme-1.0.dist-info")
    monkeypatch.setattr(sys, "meta_path", [Broken(), PathFinder])
    assert [each.distribution for each in read(monkeypatch, tmp_path)] == ["acme"]
    assert ("plugins among them are left out" in caplog.text) is not isinstance(found, list)


def test_what_an_archive_holds_in_another_encoding_harms_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "other.whl", "w") as archive:
        for name in ("METADATA", "entry_points.txt"):
            archive.writestr(f"other-1.0.dist-info/{name}", b"\xff\xfe")
    put(tmp_path, "acme-1.0.dist-info")
    assert [each.distribution for each in read(monkeypatch, tmp_path / "other.whl", tmp_path)] == ["acme"]


def test_an_entry_of_the_path_from_which_nothing_is_imported_is_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "acme-1.0.dist-info")
    monkeypatch.setattr(sys, "path", [tmp_path / "other", b"/other", None, str(tmp_path)])
    assert [each.distribution for each in read_announcements()] == ["acme"]


def test_a_file_and_a_folder_that_nobody_may_read_hold_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "text").write_text("no archive")
    assert read(monkeypatch, tmp_path / "text", tmp_path / "text/x", tmp_path / "gone") == ()


def test_the_current_folder_counts_where_the_path_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "acme-1.0.dist-info")
    monkeypatch.chdir(tmp_path)
    assert [each.distribution for each in read(monkeypatch, "")] == ["acme"]


@pytest.mark.parametrize(
    ("entries", "metadata", "claims", "problem"),
    [
        ("[dragoman.providers.v1]\nacme\n", "", (), "the entry 'acme' in [dragoman.providers.v1] is malformed"),
        ("[dragoman.providers.v1]\n= acme\n", "", (), "the entry '= acme'"),
        ("[dragoman.providers.v1]\nacme =\n", "", (("acme", ""),), "the entry 'acme ='"),
        ("[dragoman.providers.v1]\nacme = a b\n", "", (("acme", "a b"),), "the entry 'acme = a b'"),
        ("[dragoman.providers.v1]\nacme = acme:x [extra]\n", "", (("acme", "acme:x"),), ""),
        ("[dragoman.providers.v1]\nacme = acme : x.y\n", "", (("acme", "acme:x.y"),), ""),
        ("[dragoman.providers.v1]\n; acme = x\nacme = acme\n", "", (("acme", "acme"),), ""),
        (b"[dragoman.providers.v1]\nacme = acme\n#\xff\n", "", (("acme", "acme"),), "not encoded in UTF-8"),
        (ENTRIES, None, (("acme", "acme_one"),), "no name or no version"),
        (ENTRIES, "Name: acme\n", (("acme", "acme_one"),), "no name or no version"),
        (ENTRIES, "\n\nName: acme\nVersion: 1\n", (("acme", "acme_one"),), "no name or no version"),
    ],
)
def test_what_cannot_be_read_is_told_of_that_one_alone(
    *,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    entries: str | bytes,
    metadata: str | None,
    claims: tuple[tuple[str, str], ...],
    problem: str,
) -> None:
    put(tmp_path, "acme-1.5.dist-info", entries, metadata)
    put(tmp_path, "other-1.0.dist-info", "[dragoman.providers.v1]\nother = other\n")
    found = {each.distribution: each for each in read(monkeypatch, tmp_path)}
    assert tuple((claim.name, claim.module) for claim in found["acme"].claims) == claims
    assert all(claim.version == "1.5" for claim in found["acme"].claims)
    assert problem in " ".join(found["acme"].problems)
    assert bool(found["acme"].problems) == bool(problem)
    assert (found["other"].problems, found["other"].claims) == (
        (),
        (Claim(group=PROVIDERS, name="other", module="other", distribution="other"),),
    )


COUNTING = """
import json, sys
opened = []
sys.addaudithook(lambda event, arguments: event in {"open", "os.listdir"} and opened.append(str(arguments[0])))
from dragoman import LLMConfig, explain
import dragoman.plugins.registry
counts, modules = [], []
for _ in range(3):
    before, known = len(opened), set(sys.modules)
    explain(LLMConfig(model="echo/m"))
    counts.append(sum(".dist-info" in each for each in opened[before:]))
    modules.append(sorted(set(sys.modules) - known))
print(json.dumps([counts, modules, "importlib.metadata" in sys.modules]))
"""


def count(site: Path) -> tuple[list[int], list[list[str]], bool]:
    environ = {**os.environ, "PYTHONPATH": str(site)}
    done = subprocess.run([sys.executable, "-c", COUNTING], env=environ, capture_output=True, text=True, check=True)
    counts, modules, library = json.loads(done.stdout)
    return counts, modules, library


def test_fifty_plugins_cost_two_small_files_each_once_and_no_import(tmp_path: Path) -> None:
    bare = count(tmp_path)
    for number in range(50):
        text = f"[dragoman.providers.v1]\np{number} = m{number}\n[dragoman.models.v1]\nm{number}- = m{number}\n"
        put(tmp_path, f"acme_{number}-1.0.dist-info", text)
    for number in range(50):
        put(tmp_path, f"other_{number}-1.0.dist-info", "[console_scripts]\nx = y:z\n")
    full = count(tmp_path)
    assert bare[0][0] > 0
    assert full[0] == [bare[0][0] + 2 * 50 + 50, 0, 0]
    assert full[1] == bare[1]
    assert full[2] is bare[2] is False
