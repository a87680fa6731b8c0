"""The kinds of projects: the built-in ones, and those of installed distributions.

A distribution contributes a kind with an entry point in the group ``dragoman.templates.v1``. The name of the entry
point is the name of the kind, and its value is the folder of the template, written like a module:
``dragoman_acme.template``. ``kind.txt`` in the folder describes the kind; all other files are a project for a vendor
called Acme.
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
from dragoman.spec.nearest_name import suggestion

PURPOSE = "kind.txt"
_BUILT_IN = ("dialect", "in-process")
_COMMON = "common"


@frozen
class Kind:
    """Describe a kind of projects.

    Args:
        name: its name.
        purpose: the kind of provider, such as "a host with a dialect of its own".
        folders: the folders with its files.

    """

    name: str
    purpose: str
    folders: tuple[Traversable, ...]


def kinds() -> Mapping[str, Kind]:
    """Return all available kinds by name."""
    templates = resources.files("dragoman.scaffold").joinpath("templates")
    folders: dict[str, Traversable] = {name: templates.joinpath(name) for name in _BUILT_IN}
    blocks = installed().plugin_filter.blocks
    for claim in (claim for each in read_announcements() for claim in each.claims if claim.group == TEMPLATES):
        folder = None if blocks(claim.distribution) else _folder_of(claim)
        if folder is not None:
            folders.setdefault(claim.name, folder)
    return {
        name: Kind(name, folder.joinpath(PURPOSE).read_text("utf-8").strip(), (templates.joinpath(_COMMON), folder))
        for name, folder in folders.items()
    }


def kind_of(name: str) -> Kind:
    """Return the kind called *name*.

    Raises:
        ConfigurationError: if it does not exist; the message lists the kinds, or says what to install.

    """
    known = kinds()
    if name in known:
        return known[name]
    message = f"unknown kind of project {name!r}; the kinds are {', '.join(known)}"
    if meant := suggestion(name, known):
        message = f"{message}; {meant}"
    if distribution := dict(published("templates")).get(name):
        message = f"the kind {name!r} is provided by {distribution}; run: pip install {distribution}"
    raise ConfigurationError(message)


def _folder_of(claim: Claim) -> Traversable | None:
    """Return the folder that an entry point names without importing it; ``None`` if it is not a template."""
    package, *inner = claim.module.split(".")
    try:
        spec = find_spec(package)
    except ValueError:  # raised for modules without a specification, such as __main__
        return None
    locations = (spec.submodule_search_locations if spec else None) or []
    folders = (Path(location, *inner) for location in locations)
    return next((folder for folder in folders if folder.joinpath(PURPOSE).is_file()), None)
