"""What the table of an options class says: its names, types and defaults, and the words of its docstring."""
# ruff: noqa: INP001  # Sphinx finds this file on its path

from __future__ import annotations

import inspect
import re
from typing import Any

import attrs

_ARGUMENT = re.compile(r"^    (\w+): ")


@attrs.frozen(kw_only=True)
class Row:
    """Hold what the table says of one option."""

    name: str
    type: str
    default: str
    text: str


def rows(kind: type[Any]) -> list[Row]:
    """Return one row for each option of *kind*, in its order.

    Raises:
        ValueError: if the docstring leaves an option out, or tells of one that there is not.

    """
    told: dict[str, str] = {}
    for each in reversed(kind.__mro__):  # what a class inherits is told by the class that declares it
        told |= arguments(inspect.cleandoc(each.__doc__ or ""))
    fields = attrs.fields(kind)
    if list(told) != [field.name for field in fields]:
        message = f"{kind.__name__} has {[field.name for field in fields]}, its docstring tells of {list(told)}"
        raise ValueError(message)
    return [
        Row(name=field.name, type=_plain(field.type), default=repr(_default(field)), text=told[field.name])
        for field in fields
    ]


def arguments(docstring: str) -> dict[str, str]:
    """Return what a docstring says under ``Args``, by argument."""
    _, _, section = docstring.partition("\nArgs:\n")
    found: dict[str, list[str]] = {}
    for line in section.splitlines():
        if line and not line.startswith("    "):
            break
        start = _ARGUMENT.match(line)
        if start:
            found[start[1]] = [line[start.end() :]]
        elif line.strip():
            found[next(reversed(found))].append(line)
    return {name: " ".join(each.strip() for each in lines) for name, lines in found.items()}


def _plain(annotation: Any) -> str:
    return annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))


def _default(field: attrs.Attribute[Any]) -> Any:
    default = field.default
    return default.factory() if isinstance(default, attrs.Factory) else default
