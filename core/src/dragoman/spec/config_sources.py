"""Look for the file of a configuration, and read it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from attrs import frozen

from dragoman.spec.argument_checks import shown_path
from dragoman.spec.config_rules import text_of
from dragoman.spec.errors import ConfigurationError
from dragoman.spec.user_folder import user_folder, user_path

FILE = "dragoman.toml"
"""The name of the file that is looked for."""
VARIABLE = "CONFIG"
"""The variable, after the prefix, that names another one."""
OF_TABLES = frozenset({"headers", "options", "retry"})
"""Arguments that are tables themselves, and no profiles."""


def of_file(path: str | os.PathLike[str], profile: str | None) -> dict[str, Any]:
    """Return the table ``[llm]`` of a TOML file, overridden by ``[llm.<profile>]``.

    Raises:
        ConfigurationError: if the file cannot be read, is not TOML, or has no such profile.

    """
    tables = read_file(path)[0]
    try:
        return of_tables(path, tables, profile)
    finally:
        del tables  # keep credentials out of tracebacks that show locals


def of_tables(path: str | os.PathLike[str], tables: dict[str, Any], profile: str | None) -> dict[str, Any]:
    """Return the table ``[llm]`` of these tables, overridden by ``[llm.<profile>]``."""
    table: Any = tables.get("llm")
    have = ", ".join(f"[{name}]" if isinstance(tables[name], dict) else name for name in tables) or "nothing"
    del tables  # keep credentials out of tracebacks that show locals
    if table is None:
        message = f"{path} has no table [llm]; it has {have}"
        raise ConfigurationError(message)
    if not isinstance(table, dict):
        message = f"llm in {path} must be a table, [llm], not {type(table).__name__}"
        raise ConfigurationError(message)
    try:
        return _of_profile(path, cast("dict[str, Any]", table), profile)
    finally:
        del table  # keep credentials out of tracebacks that show locals


def profiles_of(table: dict[str, Any]) -> set[str]:
    """Return the names of the profiles in the table ``[llm]``."""
    return {name for name, value in table.items() if isinstance(value, dict) and name not in OF_TABLES}


def _of_profile(path: str | os.PathLike[str], table: dict[str, Any], profile: str | None) -> dict[str, Any]:
    profiles = profiles_of(table)
    shared: dict[str, Any] = {name: value for name, value in table.items() if name not in profiles}
    if profile is None:
        return shared
    if text_of("profile", profile) not in profiles:
        message = f"{path} has no profile [llm.{profile}]; it has {', '.join(sorted(profiles)) or 'none'}"
        del table, shared  # keep credentials out of tracebacks that show locals
        raise ConfigurationError(message)
    return {**shared, **table[profile]}


def read_file(path: str | os.PathLike[str], variable: str = "") -> tuple[dict[str, Any], str]:
    """Return the tables of a TOML file, and its text.

    Args:
        path: the file.
        variable: the environment variable that names it, if one does.

    Raises:
        ConfigurationError: if the file cannot be read, or is not TOML.

    """
    if not isinstance(path, str | os.PathLike):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
        message = f"the path of a configuration must be a string or a path, not {type(path).__name__}"
        raise ConfigurationError(message)
    import tomllib  # noqa: PLC0415  # most configurations are in no file

    text = ""
    try:
        text = user_path(path).read_text("utf-8")
        return tomllib.loads(text), text
    except (OSError, ValueError, RecursionError) as error:
        problem = (isinstance(error, OSError) and error.strerror) or error
        message = f"cannot read a configuration from {told(shown_path(path), variable)}: {problem}"
        raise ConfigurationError(message) from None
    finally:
        del text  # keep credentials out of tracebacks that show locals


@frozen(kw_only=True)
class FoundFile:
    """Name the file to read.

    Args:
        path: the file.
        variable: the environment variable that names it, if one does.
        is_found: whether it was only found in the working directory.

    """

    path: str | os.PathLike[str]
    variable: str = ""
    is_found: bool = False


def file_to_read(path: str | os.PathLike[str] | None, environ: Mapping[str, str], prefix: str) -> FoundFile | None:
    """Return the file to read, ``None`` if there is none."""
    variable = f"{prefix}{VARIABLE}"
    if path is not None:
        return FoundFile(path=path)
    if named := environ.get(variable):
        return FoundFile(path=named, variable=variable)
    if Path(FILE).is_file():
        return FoundFile(path=FILE, is_found=True)
    folder = user_folder(environ)
    own = None if folder is None else folder / FILE
    is_there = own is not None and os.path.isfile(own)  # noqa: PTH113  # Path.is_file raises an error for a name that is too long
    return FoundFile(path=own) if own is not None and is_there else None


def told(path: str, variable: str) -> str:
    """Return the name of a file for a message, with the environment variable that names it, if one does."""
    return f"{path} ({variable})" if variable else path
