"""The lines on which the tables and keys of a TOML document are defined, for the messages of errors."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any


def lines_of(text: str) -> dict[tuple[str, ...], int]:
    """Return the line of each table and key of a TOML document, by its path; the document must be valid."""
    found: dict[tuple[str, ...], int] = {}
    header: tuple[str, ...] = ()
    for line, statement in _statements(text):
        is_header = statement.lstrip().startswith("[")
        outer = () if is_header else header
        for path in _paths(tomllib.loads(statement)):
            found.setdefault((*outer, *path), line)
            header = path if is_header else header
    return found


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield each statement of a document with its first line: the shortest run of lines that is a document itself."""
    begun, statement = 1, ""
    for number, line in enumerate(text.split("\n"), 1):
        statement += f"{line}\n"
        try:
            tomllib.loads(statement)
        except tomllib.TOMLDecodeError:
            continue
        yield begun, statement
        begun, statement = number + 1, ""


def _paths(tables: Mapping[str, Any], outer: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of each table and key, from the outside in."""
    for name, each in tables.items():
        yield (*outer, name)
        if isinstance(each, dict):
            yield from _paths(each, (*outer, name))  # pyright: ignore[reportUnknownArgumentType]


__all__ = ["lines_of"]
