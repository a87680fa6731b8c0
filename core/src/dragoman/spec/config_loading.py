"""Load a configuration of a file, the environment and keywords, in this order of weight, with the origin of each value.

The file is the one that is given, else the one that ``DRAGOMAN_CONFIG`` names, else ``dragoman.toml`` in the working
directory, else ``dragoman/dragoman.toml`` in the user's folder of configurations.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Set as AbstractSet
from typing import Any, cast

from attrs import define, field

from dragoman.spec.config import CORE_OPTIONS, FIELDS, LLMConfig
from dragoman.spec.config_origins import KEYWORD, ConfigOrigin, Loaded, located, of_line
from dragoman.spec.config_rules import text_of
from dragoman.spec.config_sources import (
    FILE,
    OF_TABLES,
    VARIABLE,
    FoundFile,
    file_to_read,
    of_tables,
    profiles_of,
    read_file,
    told,
)
from dragoman.spec.environment import VARIABLES, of_environment
from dragoman.spec.errors import ConfigurationError
from dragoman.spec.nearest_name import CLOSER, closest, suggestion
from dragoman.spec.request import SETTINGS
from dragoman.spec.secret import RedactedDict

_KNOWN = frozenset({*FIELDS, *CORE_OPTIONS, *SETTINGS})
_WHERE_TO = ("api_base", "proxy", "verify", "client_cert", "allow_insecure")
"""What decides to whom a key is sent."""


@define
class Sources:
    """Hold what was found, with its origins.

    Args:
        values: the arguments of the configuration.
        origins: where each of them comes from.
        searched: where a model was looked for, for the message of an error.

    """

    values: RedactedDict = field(factory=RedactedDict)
    origins: dict[str, ConfigOrigin] = field(factory=dict[str, ConfigOrigin])
    searched: list[str] = field(factory=list[str])

    def add(self, values: Mapping[str, Any], origins: Mapping[str, ConfigOrigin]) -> None:
        """Add values that have more weight than those before."""
        self.values.update(values)
        self.origins.update(origins)


def load(
    profile: str | None,
    path: str | os.PathLike[str] | None,
    environ: Mapping[str, str],
    prefix: str,
    fields: Mapping[str, Any],
) -> Sources:
    """Return the arguments of a configuration, and where each of them comes from.

    Raises:
        ConfigurationError: if a file or a value cannot be read, there is no such profile, or a name is misspelled.

    """
    found = Sources()
    try:
        of_variables = of_environment(environ, prefix)
        file = file_to_read(path, environ, prefix)
        if file is not None:
            _add_file(found, file, profile)
        elif profile is not None:
            message = f"there is no file with the profile {text_of('profile', profile)!r}; give path=, set"
            message += f" {prefix}{VARIABLE}, or write {FILE} with a table [llm.{profile}]"
            raise ConfigurationError(message, parameter="profile")
        found.add(of_variables, {name: _of_variable(name, environ, prefix) for name in of_variables})
        found.searched.append(f"{prefix}MODEL is not set")
        found.add(fields, dict.fromkeys(fields, KEYWORD))
        if file is not None and file.is_found:
            _refuse_key_for_found(found, prefix)
    finally:
        del environ, fields  # keep credentials out of tracebacks that show locals
    return found


def of_document(text: str, path: str | os.PathLike[str], profile: str | None) -> Sources:
    """Return what a document of TOML says, before it is written to the file *path*.

    Raises:
        ConfigurationError: if it is not TOML, has no such profile, or a name is misspelled.

    """
    import tomllib  # noqa: PLC0415  # most configurations are in no file

    found = Sources()
    _add_tables(found, FoundFile(path=path), tomllib.loads(text), text, profile)
    return found


def configured(kind: Callable[..., LLMConfig], found: Sources) -> LLMConfig:
    """Return the configuration of what was found, which knows where each of its values comes from.

    Args:
        kind: the class of the configuration.
        found: what was found.

    Raises:
        ConfigurationError: for a value of the wrong type or out of range; the message says where it is.

    """
    try:
        config = kind(**found.values)
    except ConfigurationError as error:
        raise located(error, found.origins) from None
    held = RedactedDict(
        {name: getattr(config, name) if name in FIELDS else config.kwargs[name] for name in found.origins}
    )
    object.__setattr__(config, "_loaded", Loaded(held, found.origins))
    return config


def profiles(
    environ: Mapping[str, str], prefix: str = "DRAGOMAN_", *, path: str | os.PathLike[str] | None = None
) -> list[str]:
    """Return the names of the profiles in the file that is read; none if there is no file.

    Args:
        environ: the environment.
        prefix: the prefix of the names of the variables.
        path: the file, where it is not the one that is looked for.

    Raises:
        ConfigurationError: if the file cannot be read.

    """
    file = file_to_read(path, environ, prefix)
    table: Any = {} if file is None else read_file(file.path, file.variable)[0].get("llm")
    try:
        return sorted(profiles_of(cast("dict[str, Any]", table))) if isinstance(table, dict) else []
    finally:
        del table, environ  # keep credentials out of tracebacks that show locals


def _of_variable(name: str, environ: Mapping[str, str], prefix: str) -> ConfigOrigin:
    variable = f"{prefix}{name.upper()}"
    is_own = name in VARIABLES and variable in environ
    return ConfigOrigin(kind="environment", name=variable if is_own else f"{prefix}OPTIONS")


def _add_file(found: Sources, file: FoundFile, profile: str | None) -> None:
    tables, text = read_file(file.path, file.variable)
    try:
        _add_tables(found, file, tables, text, profile)
    finally:
        del tables, text  # keep credentials out of tracebacks that show locals


def _add_tables(found: Sources, file: FoundFile, tables: dict[str, Any], text: str, profile: str | None) -> None:
    from dragoman.spec.toml_lines import lines_of  # noqa: PLC0415  # only files need it

    shown = os.fspath(file.path)
    try:
        lines = lines_of(text)
        _check_names(shown, _sections(tables), lines)
        values = of_tables(told(shown, file.variable), tables, profile)
    finally:
        del tables, text  # keep credentials out of tracebacks that show locals
    places = {name: own if (own := ("llm", profile or "", name)) in lines else ("llm", name) for name in values}
    found.add(values, {name: of_line(shown, place, lines) for name, place in places.items()})
    sections = f"[llm.{profile}] and [llm]" if profile else "[llm]"
    found.searched.append(f"{sections} of {shown!r} names none")


def _sections(tables: Mapping[str, Any]) -> list[tuple[tuple[str, ...], set[str]]]:
    """Return each section with its keys; among them are tables that are spelled nearly like an argument."""
    table: Any = tables.get("llm")
    if table is None:
        return [((), {name for name, each in tables.items() if isinstance(each, dict)})]
    if not isinstance(table, dict):
        return []
    shared = cast("dict[str, Any]", table)
    profiles = profiles_of(shared)
    own = {name for name in shared if name not in profiles or closest(name, OF_TABLES, CLOSER)}
    return [(("llm",), own), *((("llm", name), {*shared[name]} | {*shared}) for name in sorted(profiles))]


def _check_names(
    path: str, sections: list[tuple[tuple[str, ...], set[str]]], lines: Mapping[tuple[str, ...], int]
) -> None:
    """Refuse a section that is spelled nearly like ``[llm]``, and keys that are called otherwise or nearly so."""
    for place, keys in sections:
        for key in sorted(keys, key=lambda key: lines.get((*place, key), 0)):
            line = lines.get((*place, key))
            if not place and closest(key, ["llm"], _SHORT):
                message = f"{path}:{line}: there is no section [{key}]; did you mean [llm]?"
                raise ConfigurationError(message)
            if place and line and key not in _KNOWN and (hint := _hint(key, keys)):
                own = "an option of the provider goes into [llm.options.<provider>]"
                message = f"{path}:{line}: {'.'.join(place)} has no {key!r}: {hint}; {own}"
                raise ConfigurationError(message, parameter=key)


def check_settings(names: AbstractSet[str]) -> None:
    """Refuse a setting for a file that is called otherwise here, or nearly like an argument.

    Raises:
        ConfigurationError: naming the argument that is meant.

    """
    for name in names - _KNOWN:
        if hint := _hint(name, {*names}):
            message = f"there is no setting {name!r}: {hint}"
            raise ConfigurationError(message, parameter=name)


def check_keywords(names: AbstractSet[str]) -> None:
    """Refuse a keyword that is called otherwise here, or nearly like an argument.

    Raises:
        ConfigurationError: naming the argument that is meant.

    """
    for name in names:
        near = closest(name, ("profile", "path", "prefix", "environ"), CLOSER)
        hint = "" if name in _KNOWN else suggestion(name, [near]) if near else _hint(name, {*names})
        if hint:
            message = f"load() has no argument {name!r}: {hint}; an option of the provider goes into options="
            raise ConfigurationError(message, parameter=name)


_SHORT = 0.6
"""How similar a name of three letters has to be."""


def _hint(key: str, given: set[str]) -> str:
    """Return what is said of a key that is called otherwise here, or nearly like an argument that is not given."""
    from dragoman.spec.foreign_names import meant  # noqa: PLC0415  # most keys are arguments

    ours = meant(key)
    if ours in _KNOWN:
        return f"it is called {ours!r} here"
    near = closest(key, _KNOWN, CLOSER)
    return suggestion(key, [near]) if near is not None and near not in given else ""


def _refuse_key_for_found(found: Sources, prefix: str) -> None:
    """Refuse to send a key of the user where a file says that happened to be in the working directory."""
    key, where = found.origins.get("api_key"), next((name for name in _WHERE_TO if _is_of_file(found, name)), None)
    if key is not None and key.kind != "file" and where is not None:
        message = (
            f"{found.origins[where]} sets {where}, and api_key comes from {key}; a file that was only found in the"
            f" working directory may not decide where a key is sent: give path=, or set {prefix}{VARIABLE}={FILE}"
        )
        raise ConfigurationError(message, parameter=where)


def _is_of_file(found: Sources, name: str) -> bool:
    return name in found.origins and found.origins[name].kind == "file"


__all__ = [
    "FILE",
    "VARIABLE",
    "Sources",
    "check_keywords",
    "check_settings",
    "configured",
    "load",
    "of_document",
    "profiles",
]
