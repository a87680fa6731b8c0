"""The kinds of projects: those that stand here, and those that installed distributions bring for their own dialects.

A distribution brings one with an entry point in the group ``dragoman.templates.v1``. The name of the entry is that of
the kind; it names a folder as if that were a module: ``dragoman_acme.template``. ``kind.txt`` in the folder says what
the kind is for; all other files are a project of a host called Acme.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path

from attrs import frozen

from dragoman.plugins.metadata import TEMPLATES, Claim, read_announcements
from dragoman.plugins.registry import installed
from dragoman.spec.directory import published
from dragoman.spec.errors import ConfigurationError

PURPOSE = "kind.txt"
_OWN = ("dialect", "in-process")
_COMMON = "common"


@frozen
class Kind:
    """Hold a kind of projects.

    Args:
        name: what it is called.
        purpose: what it is for, in a line.
        folders: where its files are.

    """

    name: str
    purpose: str
    folders: tuple[Traversable, ...]


def kinds() -> Mapping[str, Kind]:
    """Return the kinds that there are, by their names."""
    here = resources.files("dragoman.scaffold").joinpath("templates")
    folders: dict[str, Traversable] = {name: here.joinpath(name) for name in _OWN}
    blocks = installed().plugin_filter.blocks
    for claim in (claim for each in read_announcements() for claim in each.claims if claim.group == TEMPLATES):
        folder = None if blocks(claim.distribution) else _folder_of(claim)
        if folder is not None:
            folders.setdefault(claim.name, folder)
    return {
        name: Kind(name, folder.joinpath(PURPOSE).read_text("utf-8").strip(), (here.joinpath(_COMMON), folder))
        for name, folder in folders.items()
    }


def kind_of(name: str) -> Kind:
    """Return the kind called *name*.

    Raises:
        ConfigurationError: if there is none, saying which there are and what to install for one that is published.

    """
    known = kinds()
    if name in known:
        return known[name]
    message = f"there is no kind {name!r} of projects; the kinds are {', '.join(known)}"
    if distribution := dict(published("templates")).get(name):
        message = f"projects of the kind {name!r} come with {distribution}; run: pip install {distribution}"
    raise ConfigurationError(message)


def _folder_of(claim: Claim) -> Traversable | None:
    """Return the folder that an entry names, importing nothing; ``None`` where there is no such kind."""
    package, *inner = claim.module.split(".")
    try:
        spec = find_spec(package)
    except ValueError:  # a module that was made by hand
        return None
    places = (spec.submodule_search_locations if spec else None) or []
    folders = (Path(place, *inner) for place in places)
    return next((folder for folder in folders if folder.joinpath(PURPOSE).is_file()), None)
