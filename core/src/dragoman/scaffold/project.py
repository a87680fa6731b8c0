"""A new project on disk: all of its files, or none."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from importlib.resources.abc import Traversable
from pathlib import Path, PurePath

from dragoman.scaffold.kinds import PURPOSE, Kind
from dragoman.scaffold.name import ProjectName
from dragoman.spec.errors import ConfigurationError

_LEFT_OUT = frozenset({PURPOSE, "__pycache__", ".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache"})


def write_project(name: ProjectName, kind: Kind, parent: Path) -> Path:
    """Write the project of a new provider into a folder of its own.

    Args:
        name: what the provider is called.
        kind: what it is like.
        parent: the folder that gets the project's.

    Returns:
        the project's folder.

    Raises:
        ConfigurationError: if the folder is there already, or cannot be written.

    """
    target = parent / name.distribution
    if target.exists():
        message = f"{target} is there already; nothing was written"
        raise ConfigurationError(message)
    try:
        with tempfile.TemporaryDirectory(prefix=f".{name.distribution}-", dir=parent) as workshop:
            made = Path(workshop) / name.distribution
            for path, text in files_of(name, *kind.folders):
                place = made / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text, "utf-8")
            made.rename(target)
    except OSError as error:
        message = f"{target} cannot be written: {error.strerror or error}"
        raise ConfigurationError(message) from None
    return target


def files_of(name: ProjectName, *folders: Traversable) -> Iterator[tuple[PurePath, str]]:
    """Yield the files of a project, each with its text.

    Args:
        name: what the provider is called.
        folders: where the templates are.

    """
    for folder in folders:
        for path, file in _walk(folder, PurePath()):
            yield PurePath(name.render(path.as_posix())), name.render(file.read_text("utf-8"))


def _walk(folder: Traversable, path: PurePath) -> Iterator[tuple[PurePath, Traversable]]:
    for entry in folder.iterdir():
        if entry.name in _LEFT_OUT:
            continue
        if entry.is_dir():
            yield from _walk(entry, path / entry.name)
        else:
            yield path / entry.name, entry
