"""The file of the user that configurations are read from, and changes of single values in it."""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from dragoman.cli.file_check import check_values
from dragoman.cli.model_options import PREFIX
from dragoman.spec.config_loading import FILE, VARIABLE
from dragoman.spec.config_sources import read_file
from dragoman.spec.errors import ConfigurationError
from dragoman.spec.secret import is_credential
from dragoman.spec.user_folder import changing, user_folder, user_path, write_whole


def folder_of_user() -> Path:
    """Return the folder of the user.

    Raises:
        ConfigurationError: if the environment does not say where it is.

    """
    folder = user_folder(os.environ)
    if folder is None:
        message = "the folder is unknown; set HOME or XDG_CONFIG_HOME"
        raise ConfigurationError(message)
    return folder


def file_of_user() -> Path:
    """Return the file that ``DRAGOMAN_CONFIG`` names, else that in the folder of the user; neither has to be there."""
    named = os.environ.get(f"{PREFIX}{VARIABLE}")
    return user_path(named, f"{PREFIX}{VARIABLE}") if named else folder_of_user() / FILE


def make_file(path: Path, content: str) -> None:
    """Write a file that only the user can read, unless it is there.

    Raises:
        ConfigurationError: if it cannot be written.

    """
    with writing(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(content, "utf-8")


def set_values(path: Path, values: Mapping[str, Any], profile: str | None) -> None:
    """Change values in a file, and leave all else in it as it is, comments too.

    Args:
        path: the file; it is made if it is not there.
        values: the new values by name; ``None`` removes one.
        profile: the profile to change, which is made if it is not there; ``None`` for what all have.

    Raises:
        ConfigurationError: for a credential, or if the file would not be valid; nothing is written then.
        InvalidRequestError: for an option that the provider does not have.

    """
    if secret := next((name for name in values if is_credential(name)), None):
        message = f"{secret} does not belong into a file; 'dragoman keys set PROVIDER' keeps keys"
        raise ConfigurationError(message, parameter=secret)
    with writing(path):
        _prepared(path, values, profile)  # nothing is made for what is not valid
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with changing(path):
            write_whole(path, _prepared(path, values, profile))


def _prepared(path: Path, values: Mapping[str, Any], profile: str | None) -> bytes:
    """Return what the file will hold, as :func:`set_values` says."""
    variable = f"{PREFIX}{VARIABLE}"
    before = read_file(path, variable if os.environ.get(variable) else "")[1] if path.exists() else "[llm]\n"
    changed = _changed(path, before, values, profile)
    encoded = _encoded(path, changed)
    check_values(path, changed, values, profile)
    return encoded


def _encoded(path: Path, document: str) -> bytes:
    try:
        return document.encode()
    except UnicodeEncodeError as error:
        message = f"{path} cannot be written: {error.object[error.start]!r} is not a character"
        raise ConfigurationError(message) from None


def _changed(path: Path, text: str, values: Mapping[str, Any], profile: str | None) -> str:
    """Return a document of TOML with some values changed."""
    import tomlkit  # noqa: PLC0415  # only a change of the file needs it

    document = tomlkit.parse(text)
    names = ("llm",) if profile is None else ("llm", profile)
    table = cast("MutableMapping[str, Any]", document)
    for name in names:
        table.setdefault(name, tomlkit.table())
        inner: Any = table[name]
        if not isinstance(inner, MutableMapping):
            message = f"{'.'.join(names)} in {path} is not a table"
            raise ConfigurationError(message)
        table = cast("MutableMapping[str, Any]", inner)
    for name, value in values.items():
        if value is None:
            table.pop(name, None)
        else:
            try:
                table[name] = value
            except (TypeError, ValueError):
                message = f"{name} cannot be written to {path}: TOML has no null in a list or a table"
                raise ConfigurationError(message, parameter=name) from None
    return tomlkit.dumps(document)


@contextmanager
def writing(path: Path) -> Generator[None]:
    """Report that a file cannot be written.

    Raises:
        ConfigurationError: for an error of the system.

    """
    try:
        yield
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror}"
        raise ConfigurationError(message) from None
