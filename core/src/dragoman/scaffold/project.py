"""Writes a new project to disk completely or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from importlib.resources.abc import Traversable
from pathlib import Path, PurePath

from dragoman.scaffold.kinds import PURPOSE, Kind
from dragoman.scaffold.name import ProjectName
from dragoman.spec.errors import ConfigurationError

_IGNORED = frozenset({PURPOSE, "__pycache__", ".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache"})


def write_project(name: ProjectName, kind: Kind, parent: Path) -> Path:
    """Write the project of a new provider into a new folder.

    Args:
        name: the name of the provider.
        kind: the kind of project.
        parent: the parent of the new folder.

    Returns:
        the folder of the project.

    Raises:
        ConfigurationError: if the folder exists already, or cannot be written.

    """
    target = parent / name.distribution
    if target.exists():
        message = f"{target} exists already; nothing was written"
        raise ConfigurationError(message)
    try:
        with tempfile.TemporaryDirectory(prefix=f".{name.distribution}-", dir=parent) as temporary:
            folder = Path(temporary) / name.distribution
            for path, text in files_of(name, *kind.folders):
                file = folder / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, "utf-8")
            folder.rename(target)
    except OSError as error:
        message = f"{target} cannot be written: {error.strerror or error}"
        raise ConfigurationError(message) from None
    return target


def files_of(name: ProjectName, *folders: Traversable) -> Iterator[tuple[PurePath, str]]:
    """Yield the path and the text of each file of a project.

    Args:
        name: the name of the provider.
        folders: the folders of the template.

    """
    for folder in folders:
        for path, file in _walk(folder, PurePath()):
            yield PurePath(name.render(path.as_posix())), name.render(file.read_text("utf-8"))


def _walk(folder: Traversable, path: PurePath) -> Iterator[tuple[PurePath, Traversable]]:
    for entry in folder.iterdir():
        if entry.name in _IGNORED:
            continue
        if entry.is_dir():
            yield from _walk(entry, path / entry.name)
        else:
            yield path / entry.name, entry
