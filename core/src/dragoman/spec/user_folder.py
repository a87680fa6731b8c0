"""The folder of a user's own files, such as keys, how they are written, and paths in which ``~`` is a home."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from dragoman.spec.errors import ConfigurationError


def user_folder(environ: Mapping[str, str]) -> Path | None:
    """Return the folder of the user's own files, ``None`` if *environ* does not say where it is.

    It is ``dragoman`` in ``%APPDATA%`` on Windows, and otherwise in ``$XDG_CONFIG_HOME``, by default ``~/.config``:
    https://specifications.freedesktop.org/basedir-spec/latest/.
    """
    if sys.platform == "win32":
        above = environ.get("APPDATA") or None
        return Path(above, "dragoman") if above else None
    if above := folder_in(environ, "XDG_CONFIG_HOME"):
        return above / "dragoman"
    home = environ.get("HOME")
    return Path(home, ".config", "dragoman") if home else None


def folder_in(environ: Mapping[str, str], name: str) -> Path | None:
    """Return the folder that a variable of XDG names; ``None`` for a relative path, which is to be ignored."""
    folder = Path(os.path.expanduser(environ.get(name, "")))  # noqa: PTH111  # Path.expanduser raises for an unknown user
    return folder if folder.is_absolute() else None


def user_path(path: str | os.PathLike[str], parameter: str | None = None) -> Path:
    """Return the path that somebody wrote, of which ``~`` is a home.

    Args:
        path: the path, of an argument, a variable or a file.
        parameter: the argument that it is, for the error.

    Raises:
        ConfigurationError: if it begins with the home of a user that is not known.

    """
    expanded = os.path.expanduser(path)  # noqa: PTH111  # Path.expanduser raises a RuntimeError
    if expanded.startswith("~"):
        message = f"{parameter or 'the path'} names the home of a user that is not known: {expanded}"
        raise ConfigurationError(message, parameter=parameter)
    return Path(expanded)


@contextmanager
def changing(path: Path) -> Generator[None]:
    """Wait until no other process changes a file of the user, and let none do so within this context.

    Args:
        path: the file, in whose folder no other process changes one either; the folder is there.

    Raises:
        OSError: if the folder cannot be locked.

    """
    if sys.platform == "win32":  # pragma: no cover - measured on Linux
        yield
        return
    import fcntl  # noqa: PLC0415  # Windows has none, and files are changed rarely

    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file of the user, whole or not at all; a new one can be read by the user alone.

    Args:
        path: the file; its folder is made if it is not there. What a link leads to is written, and the link stays.
        content: what it holds from then on.

    Raises:
        OSError: if it cannot be written.

    """
    import tempfile  # noqa: PLC0415  # files are written rarely

    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():  # a device or a pipe takes what is written, and stays what it is
        target.write_bytes(content)
        return
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=".dragoman-", dir=target.parent)
    written = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        if target.exists():
            written.chmod(stat.S_IMODE(target.stat().st_mode))
        written.replace(target)
    except BaseException:
        written.unlink(missing_ok=True)
        raise
