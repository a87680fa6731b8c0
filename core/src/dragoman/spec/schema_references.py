"""References inside a JSON Schema: what they lead to, and which of them lead back to themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeAlias, cast
from urllib.parse import unquote

DEFINITIONS = "#/$defs/"
"""How a reference to a definition begins."""
Ways: TypeAlias = Literal["all", "required", "none"]
"""Through which members of objects a reference is reached: any, required ones, or none."""
ALL: Ways = "all"
REQUIRED: Ways = "required"
NONE: Ways = "none"
NOTHING: Mapping[str, Any] = {"not": {}}
"""The schema of no value, which may also be written ``false``."""
_NO_SCHEMAS = frozenset({"$defs", "definitions", "enum", "const", "default", "examples", "required"})
"""Keywords whose values are not schemas that apply where the keyword stands."""


class References:
    """Follow the references of one schema.

    Args:
        schema: the schema, with its definitions.

    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._root = schema
        self._steps: dict[tuple[str, Ways], frozenset[str]] = {}

    def target(self, reference: str) -> dict[str, Any] | None:
        """Return the schema that a reference leads to, ``None`` if there is none in this schema.

        One that is true or false becomes the object that says the same.
        """
        found: Any = self._root
        for step in reference[1:].split("/")[1:] if reference.startswith("#") else [""]:
            name = unescaped(step)
            named: Any = cast("Mapping[str, Any]", found).get(name) if isinstance(found, Mapping) else None
            if name == "$defs" and found is self._root and isinstance(older := self._root.get("definitions"), dict):
                named = {**cast("dict[str, Any]", older), **as_object(named)}
            found = named
        if isinstance(found, bool):
            return {} if found else dict(NOTHING)
        return dict(cast("Mapping[str, Any]", found)) if isinstance(found, Mapping) else None

    def leads_back(self, reference: str) -> bool:
        """Tell whether what a reference leads to refers to itself, in however many steps."""
        return reference in self._reached({reference}, ALL)

    def requires(self, schema: Any, reference: str, *, members: bool = True) -> bool:
        """Tell whether *schema* leads to *reference* through nothing but required members, or without *members*."""
        ways = REQUIRED if members else NONE
        first = frozenset(_references(schema, ways))
        return reference in first or reference in self._reached(first, ways)

    def is_bare_cycle(self, reference: str, within: str) -> bool:
        """Tell whether a reference leads back to the definition *within* without any member on the way."""
        return reference == within or self.requires({"$ref": reference}, within, members=False)

    def _reached(self, start: frozenset[str] | set[str], ways: Ways) -> set[str]:
        """Return what is reached from *start* in at least one step."""
        reached: set[str] = set()
        ahead = [*start]
        while ahead:
            for step in self._next(ahead.pop(), ways) - reached:
                reached.add(step)
                ahead.append(step)
        return reached

    def _next(self, reference: str, ways: Ways) -> frozenset[str]:
        known = self._steps.get((reference, ways))
        if known is None:
            known = self._steps[reference, ways] = frozenset(_references(self.target(reference), ways))
        return known


def as_object(value: Any) -> dict[str, Any]:
    """Return *value* if it is an object, otherwise an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """Return *value* if it is a list, otherwise an empty one."""
    return cast("list[Any]", value) if isinstance(value, list | tuple) else []


def unescaped(step: str) -> str:
    """Return a name that is written as a step of a reference."""
    return unquote(step).replace("~1", "/").replace("~0", "~")


def canonical(reference: object) -> str:
    """Return a reference in its one spelling: definitions are in ``$defs``."""
    text = str(reference)
    older = "#/definitions/"
    return DEFINITIONS + text.removeprefix(older) if text.startswith(older) else text


def _references(schema: Any, ways: Ways) -> Iterator[str]:
    """Yield the references in a schema that are reached in the given ways."""
    for each in as_list(schema):
        yield from _references(each, ways)
    node = as_object(schema)
    if "$ref" in node:
        yield canonical(node["$ref"])
    for name, each in node.items():
        if name == "properties":
            members = as_object(each)
            taken = {ALL: [*members], REQUIRED: as_list(node.get("required")), NONE: []}[ways]
            for member in members.keys() & {*taken}:
                yield from _references(members[member], ways)
        elif name not in _NO_SCHEMAS:
            yield from _references(each, ways)
