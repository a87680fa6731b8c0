"""What the installed distributions claim: their entry points, read from the files alone.

The standard library's reader parses the metadata of every distribution, and one line that it cannot read stops it for
all. Here only a distribution that mentions us is looked into, and what cannot be read is told of that one alone. What
counts as installed is the same: the first of a name on the path.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from functools import partial
from importlib.machinery import PathFinder
from itertools import islice
from typing import Any, Protocol

from attrs import field

from dragoman.spec._value import value

PROVIDERS = "dragoman.providers.v1"
HOSTS = "dragoman.hosts.v1"
MODELS = "dragoman.models.v1"
ALIASES = "dragoman.aliases.v1"
"""Further names of a provider: each names the provider of the same distribution that is meant."""
EXTENSIONS = "dragoman.extensions.v1"
TEMPLATES = "dragoman.templates.v1"
"""Kinds of projects for ``dragoman new-provider``; each names a folder."""
GROUPS = (PROVIDERS, ALIASES, HOSTS, MODELS, EXTENSIONS)
SPECS = "dragoman.spec.v"
"""The group ``dragoman.spec.v1.0`` holds what was written for specification 1.0."""

_MARK = "dragoman."
_KINDS = (".dist-info", ".egg-info")
_HEAD = 4096
"""How many characters of the metadata are looked at for name and version, which stand at its beginning."""
_LONGEST = 1 << 20
"""How many characters of a metadata file are read."""
_MOST = 1000
"""How many entries one distribution may have in groups of ours."""


@value(kw_only=True)
class Claim:
    """Hold one entry point: *distribution* claims *name* for *module*."""

    group: str
    name: str
    module: str
    distribution: str
    version: str = field(default="", eq=False)


@value(kw_only=True)
class Announcement:
    """Hold what one installed distribution announces.

    Args:
        distribution: its name, in the form in which names are compared.
        version: its version.
        folder: where its metadata is; empty where that is no folder.
        claims: its entry points in groups of ours, in the order of the file.
        problems: what could not be read, in words.

    """

    distribution: str
    version: str
    folder: str
    claims: tuple[Claim, ...]
    problems: tuple[str, ...] = ()


class _Files(Protocol):
    """Read the metadata files of one distribution, ``None`` for one that it has not."""

    def read_text(self, filename: str, /) -> str | None: ...


@value
class _Folder:
    """Read the files of a metadata folder; what is no text is replaced by a sign of that."""

    path: str

    def read_text(self, filename: str, /) -> str | None:
        try:
            with open(f"{self.path}{os.sep}{filename}", encoding="utf-8", errors="replace") as file:  # noqa: PTH123  # pathlib takes longer than all the rest
                return file.read(_LONGEST)
        except OSError:
            return None


def read_claims() -> tuple[Claim, ...]:
    """Read the entry points of all installed distributions, importing nothing."""
    found = [claim for each in read_announcements() for claim in each.claims]
    known = [claim for group in GROUPS for claim in found if claim.group == group]
    return (*known, *(claim for claim in found if claim.group.startswith(SPECS)))


def read_announcements() -> tuple[Announcement, ...]:
    """Read what all installed distributions announce, importing nothing."""
    seen = set[str]()
    found = list[Announcement]()
    for name, folder, files in _distributions():
        if name in seen:
            continue
        seen.add(name)
        text = files.read_text("entry_points.txt")
        if text is not None and _MARK in text:
            found.append(_announcement(name, folder, files, text))
    return tuple(found)


def read_names() -> frozenset[str]:
    """Return the names of all installed distributions."""
    return frozenset(name for name, _, _ in _distributions())


def canonicalize_name(name: str) -> str:
    """Return the name of a distribution in the form in which names are compared.

    See https://packaging.python.org/en/latest/specifications/name-normalization/.
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def _distributions() -> Iterator[tuple[str, str, _Files]]:
    """Yield name, folder and files of every distribution, those that hide others first."""
    for finder in sys.meta_path:
        if finder is PathFinder:
            for entry in sys.path:
                yield from _on_path(entry)
        elif hasattr(finder, "find_distributions"):
            yield from _found_by(finder, None)


def _on_path(entry: str) -> Iterator[tuple[str, str, _Files]]:
    if entry.endswith(".egg"):
        yield from _found_by(PathFinder, [entry])
        return
    try:
        children = os.listdir(entry or os.curdir)  # noqa: PTH208  # as above
    except FileNotFoundError:
        return
    except OSError:
        if os.path.isfile(entry):  # noqa: PTH113  # as above; this is an archive
            yield from _found_by(PathFinder, [entry])
        return
    for child in children:
        if child.endswith(_KINDS):
            folder = os.path.join(entry or os.curdir, child)  # noqa: PTH118  # as above
            yield canonicalize_name(child.rpartition(".")[0].partition("-")[0]), folder, _Folder(folder)


def _found_by(finder: Any, path: list[str] | None) -> Iterator[tuple[str, str, _Files]]:
    """Yield what the standard library finds, where distributions are no folders in a folder."""
    from importlib.metadata import Distribution, DistributionFinder  # noqa: PLC0415  # costly, and seldom needed

    context = DistributionFinder.Context() if path is None else DistributionFinder.Context(path=path)
    found: Iterable[Distribution] = finder.find_distributions(context)
    for distribution in found:
        head = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
        yield canonicalize_name(_header(head, "Name")), "", distribution


def _announcement(name: str, folder: str, files: _Files, text: str) -> Announcement:
    problems = list[str]()
    head = (files.read_text("METADATA") or files.read_text("PKG-INFO") or "")[:_HEAD]
    stated, version = _header(head, "Name"), _header(head, "Version")
    if not stated or not version:
        problems.append("its metadata has no name or no version, or cannot be read")
        version = version or _version_of(folder)
    if folder and stated and canonicalize_name(stated) != name:
        problems.append(f"its metadata calls it {stated!r}")
        stated = name  # the installer's word, which another's name in a file does not change
    claim = partial(Claim, distribution=canonicalize_name(stated or name), version=version)
    entries = tuple(islice(_entries(text, problems), _MOST + 1))
    if len(entries) > _MOST or len(text) >= _LONGEST:
        problems.append(f"it has more than {_MOST} entries, so that none of them is taken")
        entries = ()
    claims = tuple(claim(group=group, name=key, module=value) for group, key, value in entries)
    if "\ufffd" in text:
        problems.append("entry_points.txt is not written in UTF-8")
    return Announcement(
        distribution=canonicalize_name(stated or name),
        version=version,
        folder=folder,
        claims=claims,
        problems=tuple(problems),
    )


def _header(head: str, name: str) -> str:
    found = re.search(rf"(?mi)^{name}:[ \t]*([!-~]+)[ \t]*$", head.partition("\n\n")[0])
    return found.group(1) if found else ""


def _version_of(folder: str) -> str:
    return os.path.basename(folder).rpartition(".")[0].partition("-")[2]  # noqa: PTH119  # as above


def _entries(text: str, problems: list[str]) -> Iterator[tuple[str, str, str]]:
    """Yield group, name and target of the entries in groups of ours.

    The format: https://packaging.python.org/en/latest/specifications/entry-points/.
    """
    group = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            group = line[1:-1].strip()
        elif line and not line.startswith(("#", ";")) and group.startswith(_MARK):
            name, equals, target = (part.strip() for part in line.partition("="))
            target = target.partition("[")[0].rstrip()  # extras after a target say nothing today
            if not re.fullmatch(r"\w+(\.\w+)*(\s*:\s*\w+(\.\w+)*)?", target) or not name:
                problems.append(f"the entry {line!r} in [{group}] is malformed; one is NAME = MODULE[:ATTRIBUTE]")
            if equals and name:
                yield group, name, target


__all__ = [
    "ALIASES",
    "EXTENSIONS",
    "GROUPS",
    "HOSTS",
    "MODELS",
    "PROVIDERS",
    "SPECS",
    "TEMPLATES",
    "Announcement",
    "Claim",
    "canonicalize_name",
    "read_announcements",
    "read_claims",
    "read_names",
]
