"""The claims of the installed distributions: their entry points, read without importing anything.

:mod:`importlib.metadata` parses the metadata of every distribution, and one malformed line makes it fail for all of
them. This module only parses the metadata of distributions that have entry points for Dragoman, and reports problems
for each distribution separately. Like :mod:`importlib.metadata`, it uses the first distribution of a name on the path.
"""

from __future__ import annotations

import os
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
"""Further names of providers: each refers to a provider of the same distribution."""
EXTENSIONS = "dragoman.extensions.v1"
TEMPLATES = "dragoman.templates.v1"
"""Kinds of projects for ``dragoman new-provider``; each names a folder."""
GROUPS = (PROVIDERS, ALIASES, HOSTS, MODELS, EXTENSIONS)
SPECS = "dragoman.spec.v"
"""The prefix of groups that state a version: ``dragoman.spec.v1.0`` lists plugins written for specification 1.0."""

_MARK = "dragoman."
_KINDS = (".dist-info", ".egg-info")
_HEAD = 4096
"""How many characters of the metadata are searched for the name and the version, which are at its beginning."""
_LONGEST = 1 << 20
"""How many characters of a metadata file are read."""
_MOST = 1000
"""The greatest number of entry points of one distribution in the groups of Dragoman."""


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
    """Hold the claims of one installed distribution.

    Args:
        distribution: its canonical name.
        version: its version.
        folder: the folder of its metadata; empty if the metadata is not in a folder.
        claims: its entry points in the groups of Dragoman, in the order of the file.
        problems: a description of each problem in its metadata.

    """

    distribution: str
    version: str
    folder: str
    claims: tuple[Claim, ...]
    problems: tuple[str, ...] = ()


class _Files(Protocol):
    """Read the metadata files of one distribution; ``None`` for a file that does not exist."""

    def read_text(self, filename: str, /) -> str | None: ...


class _Folder:
    """Read the files of a metadata folder; bytes that are not UTF-8 become U+FFFD."""

    __slots__ = ("_path",)

    def __init__(self, path: str) -> None:
        self._path = path

    def read_text(self, filename: str, /) -> str | None:
        try:
            with open(f"{self._path}{os.sep}{filename}", encoding="utf-8", errors="replace") as file:  # noqa: PTH123  # pathlib is slow to import
                return file.read(_LONGEST)
        except OSError:
            return None


class _Found:
    """Read the files of a distribution that a finder has found; a file that cannot be read counts as none."""

    __slots__ = ("_distribution",)

    def __init__(self, distribution: Any) -> None:
        self._distribution = distribution

    def read_text(self, filename: str, /) -> str | None:
        try:
            text = self._distribution.read_text(filename)
        except Exception:  # noqa: BLE001  # it is not UTF-8, or the finder is wrong
            return None
        return text if isinstance(text, str) else None


def read_claims() -> tuple[Claim, ...]:
    """Read the entry points of all installed distributions, importing nothing."""
    found = [claim for each in read_announcements() for claim in each.claims]
    known = [claim for group in GROUPS for claim in found if claim.group == group]
    return (*known, *(claim for claim in found if claim.group.startswith(SPECS)))


def read_announcements() -> tuple[Announcement, ...]:
    """Read the claims of all installed distributions by distribution, importing nothing."""
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
    """Return the canonical form of the name of a distribution, by which names are compared.

    See https://packaging.python.org/en/latest/specifications/name-normalization/.
    """
    canonical = name.lower().replace("_", "-").replace(".", "-")
    while "--" in canonical:
        canonical = canonical.replace("--", "-")
    return canonical


def _distributions() -> Iterator[tuple[str, str, _Files]]:
    """Yield name, folder and files of every distribution, in the order of the import path."""
    for finder in sys.meta_path:
        if finder is PathFinder:
            for entry in sys.path:
                yield from _on_path(entry)
        elif hasattr(finder, "find_distributions"):
            yield from _found_by(finder, None)


def _on_path(entry: object) -> Iterator[tuple[str, str, _Files]]:
    if not isinstance(entry, str):
        return  # nothing is imported from it either
    if entry.endswith(".egg"):
        yield from _found_by(PathFinder, [entry])
        return
    try:
        children = os.listdir(entry or os.curdir)  # noqa: PTH208  # pathlib is slow to import
    except FileNotFoundError:
        return
    except OSError:
        if os.path.isfile(entry):  # noqa: PTH113  # a zip archive; pathlib is slow to import
            yield from _found_by(PathFinder, [entry])
        return
    for child in children:
        if child.endswith(_KINDS):
            folder = os.path.join(entry or os.curdir, child)  # noqa: PTH118  # pathlib is slow to import
            yield canonicalize_name(child.rpartition(".")[0].partition("-")[0]), folder, _Folder(folder)


def _found_by(finder: Any, path: list[str] | None) -> Iterator[tuple[str, str, _Files]]:
    """Yield the distributions that a finder finds, such as those in a zip archive or an egg, until it fails."""
    from importlib.metadata import Distribution, DistributionFinder  # noqa: PLC0415  # slow to import, and rarely needed

    context = DistributionFinder.Context() if path is None else DistributionFinder.Context(path=path)
    try:
        found: Iterable[Distribution] = finder.find_distributions(context)
        for distribution in found:
            files = _Found(distribution)
            head = files.read_text("METADATA") or files.read_text("PKG-INFO") or ""
            yield canonicalize_name(_header(head, "name")), "", files
    except Exception as error:  # noqa: BLE001  # the finder is not ours, and others have found what they find
        import logging  # noqa: PLC0415  # only needed if a finder fails

        message = "%r, which is in sys.meta_path, does not find distributions: %s: %s; plugins among them are left out"
        logging.getLogger("dragoman").warning(message, finder, type(error).__name__, error)


def _announcement(name: str, folder: str, files: _Files, text: str) -> Announcement:
    problems = list[str]()
    head = (files.read_text("METADATA") or files.read_text("PKG-INFO") or "")[:_HEAD]
    stated, version = _header(head, "name"), _header(head, "version")
    if not stated or not version:
        problems.append("its metadata has no name or no version, or cannot be read")
        version = version or _version_of(folder)
    if folder and stated and canonicalize_name(stated) != name:
        problems.append(f"its metadata calls it {stated!r}")
        stated = name  # the name of the folder, which the installer chose, decides
    claim = partial(Claim, distribution=canonicalize_name(stated or name), version=version)
    entries = tuple(islice(_entries(text, problems), _MOST + 1))
    if len(entries) > _MOST or len(text) >= _LONGEST:
        problems.append(f"it has more than {_MOST} entries, so none of them is used")
        entries = ()
    claims = tuple(claim(group=group, name=key, module=value) for group, key, value in entries)
    if "\ufffd" in text:
        problems.append("entry_points.txt is not encoded in UTF-8")
    return Announcement(
        distribution=canonicalize_name(stated or name),
        version=version,
        folder=folder,
        claims=claims,
        problems=tuple(problems),
    )


def _header(head: str, name: str) -> str:
    """Return a header of one word; this is quicker than a regular expression, which would have to be compiled."""
    for line in head.partition("\n\n")[0].split("\n"):
        key, _, value = line.partition(":")
        word = value.strip(" \t")
        if key.lower() == name and word.isascii() and word.isprintable() and " " not in word and word:
            return word
    return ""


def _version_of(folder: str) -> str:
    return os.path.basename(folder).rpartition(".")[0].partition("-")[2]  # noqa: PTH119  # pathlib is slow to import


def _entries(text: str, problems: list[str]) -> Iterator[tuple[str, str, str]]:
    """Yield group, name and target of the entries in the groups of Dragoman.

    The format: https://packaging.python.org/en/latest/specifications/entry-points/.
    """
    group = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            group = line[1:-1].strip()
        elif line and not line.startswith(("#", ";")) and group.startswith(_MARK):
            name, equals, target = (part.strip() for part in line.partition("="))
            target = target.partition("[")[0]  # extras after a target have no meaning any more
            target = ":".join(map(str.strip, target.split(":")))
            if not _is_target(target) or not name:
                problems.append(f"the entry {line!r} in [{group}] is malformed; it must be NAME = MODULE[:ATTRIBUTE]")
            if equals and name:
                yield group, name, target


def _is_target(text: str) -> bool:
    """Tell whether *text* is ``MODULE`` or ``MODULE:ATTRIBUTE``."""
    module, colon, attribute = text.partition(":")
    words = [*module.split("."), *(attribute.split(".") if colon else ())]
    return all(word.replace("_", "0").isalnum() for word in words)


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
