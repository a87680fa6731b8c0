"""Where the values of a configuration come from: a line of a file, an environment variable, a keyword, a default."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import field

from dragoman.spec._value import value
from dragoman.spec.argument_checks import is_same
from dragoman.spec.errors import ConfigurationError, InvalidRequestError


@value(kw_only=True)
class ConfigOrigin:
    """Say where one value of a configuration comes from.

    Args:
        kind: ``file``, ``environment``, ``keyword`` or ``default``.
        name: the path of the file, or the name of the variable.
        line: the line in the file, from 1.
        lines: the lines of the members of a table, each with its path, such as ``acme.store``.

    """

    kind: str
    name: str = ""
    line: int | None = None
    lines: tuple[tuple[str, int], ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        if self.kind == "file":
            return f"{self.name}:{self.line}"
        return self.name or self.kind

    def of(self, member: str) -> ConfigOrigin:
        """Return where a member of the value comes from, the value itself if that is not known."""
        line = dict(self.lines).get(member)
        return self if line is None else ConfigOrigin(kind=self.kind, name=self.name, line=line)


KEYWORD = ConfigOrigin(kind="keyword")
DEFAULT = ConfigOrigin(kind="default")


@value
class Loaded:
    """Hold the values that were loaded, each with its origin, to tell those that have not been changed since.

    Args:
        values: the values as the configuration holds them.
        origins: where they come from.

    """

    values: Mapping[str, Any] = field(factory=dict[str, Any], repr=False)
    origins: Mapping[str, ConfigOrigin] = field(factory=dict[str, ConfigOrigin])

    def of(self, name: str, now: Any) -> ConfigOrigin | None:
        """Return the origin of *now* if it is the value that was loaded, ``None`` otherwise."""
        return self.origins.get(name) if is_same(self.values.get(name), now) else None


def origins_of(given: Mapping[str, Any], fields: Iterable[str], loaded: Loaded | None) -> dict[str, ConfigOrigin]:
    """Return the origin of each value.

    Args:
        given: the values of a configuration that are not defaults.
        fields: the names that have a default.
        loaded: what was loaded.

    """
    known = loaded or Loaded()
    found = {name: known.of(name, each) or KEYWORD for name, each in given.items() if each is not None}
    return {**dict.fromkeys(fields, DEFAULT), **found}


def of_line(path: str, place: tuple[str, ...], lines: Mapping[tuple[str, ...], int]) -> ConfigOrigin:
    """Return the origin of a value of a file.

    Args:
        path: the file.
        place: the path of the value in its tables.
        lines: the lines of all tables and keys of the file.

    """
    depth = len(place)
    members = tuple((".".join(each[depth:]), line) for each, line in lines.items() if each[:depth] == place != each)
    return ConfigOrigin(kind="file", name=path, line=lines.get(place), lines=members)


def located(
    error: ConfigurationError | InvalidRequestError, origins: Mapping[str, ConfigOrigin]
) -> ConfigurationError | InvalidRequestError:
    """Return *error* with the place of the value that it is about, if that is in a file or the environment."""
    origin = _origin(error.parameter or "", error.provider, origins)
    if origin is not None and origin.name and not error.message.startswith((str(origin), origin.name)):
        error.message = f"{origin}: {error.message}"
        error.args = (error.message,)
    return error


def _origin(parameter: str, provider: str | None, origins: Mapping[str, ConfigOrigin]) -> ConfigOrigin | None:
    """Return where an argument comes from, one of its members, or an option of a provider."""
    name, _, member = parameter.partition(".")
    if name in origins:
        return origins[name].of(member)
    table, option = origins.get("options"), f"{provider}.{parameter}"
    return None if table is None or option not in dict(table.lines) else table.of(option)


__all__ = ["DEFAULT", "KEYWORD", "ConfigOrigin", "Loaded", "located", "of_line", "origins_of"]
