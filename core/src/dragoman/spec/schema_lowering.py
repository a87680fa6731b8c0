"""A JSON Schema in the part of JSON Schema that a vendor takes, with the vendor's limits as data.

What a vendor does not take is said in the description instead, so that the model still sees it, and each such change is
recorded. Where a schema cannot be held to the letter at all, it is sent as advice, and that is recorded too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from attrs import frozen

from dragoman.spec._json_depth import write_json
from dragoman.spec.part_fields import JSON
from dragoman.spec.schema_keywords import is_of_type
from dragoman.spec.schema_nodes import (
    ANNOTATIONS,
    BESIDE,
    default_of,
    described,
    evaluated,
    implied_kind,
    kind_of,
    merged,
    nullable,
    one_of,
    or_null,
    possible_members,
    says_nothing,
    spread,
    unwrapped,
    without_choice,
)
from dragoman.spec.schema_references import DEFINITIONS, NOTHING, References, as_list, canonical, unescaped
from dragoman.spec.schema_rules import SchemaRules
from dragoman.spec.schema_spellings import current_schema

_EVERYWHERE = ("description", "type", "enum", "properties", "required", "items", "anyOf")
"""Keywords that every vendor takes."""
_USUAL = ("title", "$ref", "const", "format")
"""Keywords that the rules treat one by one."""
_BRANCHES = ("oneOf", "allOf")
_SILENT = frozenset({"examples", "$schema", "$id", "$comment"})
"""Keywords that say nothing of the values."""
_MOST_INLINED = 500
"""How many references are written out at most: each level of a schema may double their number."""
_PLAIN = re.compile(r"#(?:/\$defs/[^/]*)?")
"""References that all take which take any: to a definition, or to the whole schema."""


@frozen(kw_only=True)
class LoweredSchema:
    """Hold what became of a schema.

    Args:
        schema: what is sent.
        strict: whether it can be followed to the letter.
        notes: what was changed or stands in the way, in words.
        is_same: whether it is as it was given, but for words that say nothing of the values.
        is_broken: whether it has no form that the vendor takes at all, such as a reference that leads nowhere.
        optional: how many members need not be there, as the vendor counts them.
        unions: how many members are of several types, as the vendor counts them.

    """

    schema: dict[str, JSON]
    strict: bool
    notes: tuple[str, ...]
    is_same: bool
    is_broken: bool
    optional: int = 0
    unions: int = 0


def lower_schema(schema: Mapping[str, JSON], rules: SchemaRules) -> LoweredSchema:
    """Return *schema* as a vendor takes it.

    Args:
        schema: any JSON Schema.
        rules: what the vendor takes.

    """
    current = current_schema({**schema, "nullable": False} if schema.get("nullable") else schema, nulls=True)
    lowering = _Lowering(rules, References(current))
    lowered = lowering.root(dict(current))
    if rules.object_root and (lowered.get("type") != "object" or "anyOf" in lowered):
        lowering.loose("$: the outermost schema is not that of an object")
    for count, most, what in (
        (lowering.members, rules.properties, "members"),
        (lowering.optional, rules.optional, "members that need not be there"),
        (lowering.unions, rules.unions, "members of several types"),
        (lowering.choices, rules.choices, "values to choose from"),
    ):
        if most is not None and count > most:
            lowering.loose(f"$: there are more than {most} {what}")
    obstacles = lowering.broken if rules.best_effort else {**lowering.broken, **lowering.obstacles}
    if obstacles:  # as it was written: what a vendor does not hold a model to, it does not check either
        return LoweredSchema(
            schema=lowering.outermost,
            strict=False,
            notes=tuple(obstacles),
            is_same=False,
            is_broken=bool(lowering.broken),
        )
    return LoweredSchema(
        schema=lowered,
        strict=True,
        notes=tuple(lowering.notes),
        is_same=current is schema and not lowering.notes and not lowering.is_changed,
        is_broken=False,
        optional=lowering.optional,
        unions=lowering.unions,
    )


class _Lowering:
    """Go through one schema."""

    def __init__(self, rules: SchemaRules, references: References) -> None:
        self.rules = rules
        self.references = references
        self.known = {*_EVERYWHERE, *_USUAL, *rules.keywords, *(["additionalProperties"] if rules.closed else ())}
        self.notes: list[str] = []
        self.obstacles: dict[str, None] = {}  # each once, in their order
        self.broken: dict[str, None] = {}
        self.is_changed = False
        self.within = "#"
        self.outermost: dict[str, Any] = {}
        self.wanted: list[str] = []
        self.properties = 0
        self.members = self.optional = self.unions = self.choices = self.inlined = 0

    def loose(self, why: str) -> None:
        """Note what stands in the way of following the schema to the letter."""
        self.obstacles[why] = None

    def root(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the outermost schema, with the definitions that it needs."""
        seen: set[str] = set()
        schema = unwrapped(schema)
        while "$ref" in schema and (reference := canonical(schema["$ref"])) not in seen:
            seen.add(reference)
            others = {name: value for name, value in schema.items() if name != "$ref"}
            schema = {**(self.references.target(reference) or {"$ref": reference}), **others}
        self.outermost = schema
        lowered = self.node(schema, "$", 1)
        definitions: dict[str, Any] = {}
        while self.wanted:
            self.within = self.wanted.pop()
            name = unescaped(self.within.removeprefix(DEFINITIONS))
            if name not in definitions:
                definitions[name] = self.node(self.references.target(self.within), f"$defs.{name}", 1)
        return {**lowered, "$defs": definitions} if definitions else lowered

    def node(self, given: Any, path: str, level: int) -> dict[str, Any]:
        """Return one schema in what is taken."""
        given = NOTHING if given is False else given
        if not isinstance(given, dict) or not given:
            self.loose(f"{path}: anything is allowed there")
            return {}
        node = {
            name: value for name, value in cast("dict[str, Any]", given).items() if name not in {"$defs", "definitions"}
        }
        if self.rules.depth is not None and level > self.rules.depth:
            self.loose(f"{path}: there are more than {self.rules.depth} levels")
            return node
        if "allOf" in node and (inner := unwrapped(node)) is not node:
            self.is_changed, node = True, inner
        if "$ref" in node:
            return self._reference(node, path, level)
        node = self._branches(node, path)
        if "anyOf" in node or "unevaluatedProperties" in node:
            node = self._apart(node, path)
        node = self._choice(self._without_unknown(self._row(node, path), path), path)
        if "anyOf" in node:
            branches = as_list(node["anyOf"])
            possible = [each for each in branches if each is not False]
            self.is_changed |= len(possible) < len(branches)
            node["anyOf"] = [
                self.node(each, f"{path}.anyOf[{at}]", level) for at, each in enumerate(possible or branches)
            ]
            if not node.keys() & {"properties", "items"}:
                return node
            self.loose(f"{path}: anyOf stands beside other keywords")
        return self._of_type(node, path, level)

    def _of_type(self, node: dict[str, Any], path: str, level: int) -> dict[str, Any]:
        kind = node.get("type")
        if kind is None:
            if (kind := implied_kind(node)) is None:
                self.loose(f"{path}: it has no type")
                return node
            node["type"] = kind
        kinds: list[Any] = kind if isinstance(kind, list) else [kind]  # pyright: ignore[reportUnknownVariableType]
        if "object" in kinds:
            self._object(node, path, level)
        if "array" in kinds:
            self._array(node, path, level)
        return node

    def _reference(self, node: dict[str, Any], path: str, level: int) -> dict[str, Any]:
        reference = canonical(node.pop("$ref"))
        target = self.references.target(reference)
        if target is None:
            self.broken[f"{path}: {reference} leads nowhere"] = None
            return node
        is_bare = self.rules.recursion == "optional" and not self.properties
        if is_bare and self.references.is_bare_cycle(reference, self.within):
            return self._told(self._without_unknown(node, path), f"{reference} again", path)
        is_endless = self.references.leads_back(reference)
        if is_endless and self.rules.recursion == "never":
            self.loose(f"{path}: {reference} refers to itself")
        stands_alone = not node or not self.rules.bare_references or is_endless
        if self.rules.references and stands_alone and _PLAIN.fullmatch(reference):
            return self._kept(reference, node, path)
        self.is_changed = True
        self.inlined += 1
        if is_endless or self.inlined > _MOST_INLINED:
            why = "refers to itself" if is_endless else "is used too often to be written out"
            self.broken[f"{path}: {reference} {why}"] = None
            return node
        return self.node({**target, **node}, path, level)

    def _kept(self, reference: str, others: dict[str, Any], path: str) -> dict[str, Any]:
        """Return a reference; where it must stand alone, what stands beside it is written around it."""
        if reference != "#":
            self.wanted.append(reference)
        others = self._without_unknown(others, path)
        if not others:
            return {"$ref": reference}
        if not self.rules.bare_references:
            return {"$ref": reference, **others}
        self.is_changed = True
        if others.keys() - ANNOTATIONS:
            self.loose(f"{path}: other keywords stand beside {reference}, which refers to itself")
        return {"anyOf": [{"$ref": reference}], **others}

    def _branches(self, node: dict[str, Any], path: str) -> dict[str, Any]:
        for name in _BRANCHES:
            branches = as_list(node.get(name))
            if name in self.rules.keywords or not branches:
                continue
            rest = {key: value for key, value in node.items() if key != name}
            if name == "oneOf" and "anyOf" not in node:
                node = {**rest, "anyOf": branches}
                self.notes.append(f"{path}: oneOf is sent as anyOf")
            elif name == "allOf" and (joined := merged(rest, branches, self.references)) is not None:
                self.is_changed = True
                node = self._branches(joined, path)  # a branch may have branches itself
            else:
                self.loose(f"{path}: {name} is not taken")
                node = self._said(rest, name, branches, path) if self.rules.best_effort else node
        return node

    def _apart(self, node: dict[str, Any], path: str) -> dict[str, Any]:
        """Write what stands beside alternatives into each of them, or say it where nothing may stand there."""
        self.inlined += len(as_list(node.get("anyOf")))
        apart = evaluated(node) if self.inlined > _MOST_INLINED else spread(evaluated(node), self.references)
        self.is_changed |= apart is not node
        for name in sorted(apart.keys() - BESIDE - {"anyOf"}) if self.rules.bare_unions and "anyOf" in apart else ():
            apart = self._said({key: apart[key] for key in apart if key != name}, name, apart[name], path)
        return apart

    def _row(self, node: dict[str, Any], path: str) -> dict[str, Any]:
        """Return a list whose positions have schemas of their own as one whose items have any of these."""
        positions = as_list(node.get("prefixItems"))
        if not positions or "prefixItems" in self.rules.keywords or not self.rules.best_effort:
            return node
        rest = {name: value for name, value in node.items() if name != "prefixItems"}
        if "items" in rest:
            rest = self._said(rest, "items", rest["items"], path)
        return self._said({**rest, "items": one_of(positions)}, "prefixItems", positions, path)

    def _said(self, node: dict[str, Any], name: str, value: Any, path: str) -> dict[str, Any]:
        """Return a schema with one keyword said in its description."""
        return self._told(node, f"{name}: {write_json(value, f'{path}.{name} of a schema')}", path)

    def _told(self, node: dict[str, Any], words: str, path: str) -> dict[str, Any]:
        self.notes.append(f"{path}: said in the description: {words}")
        return described(node, words)

    def _without_unknown(self, node: dict[str, Any], path: str) -> dict[str, Any]:
        """Move what is not taken into the description."""
        moved: list[str] = []
        kept = dict(node)
        for name, value in node.items():
            if name in self.known and (name != "format" or (isinstance(value, str) and value in self.rules.formats)):
                most = self.rules.min_items
                if name != "minItems" or most is None or (isinstance(value, int) and value <= most):
                    continue
            elif name in _BRANCHES:
                continue
            del kept[name]
            self.is_changed |= name not in _SILENT
            if name in _SILENT or name in self.rules.silent or says_nothing(name, value):
                continue
            if name in self.rules.unsayable:
                self.loose(f"{path}: {name} is not taken")
            moved.append(f"{name}: {write_json(value, f'{path}.{name} of a schema')}")
        if not moved:
            return kept
        return self._told(kept, "; ".join(moved), path)

    def _choice(self, node: dict[str, Any], path: str) -> dict[str, Any]:
        """Return an enumeration or a constant with its type, or with its values in words if they are not taken."""
        if "const" in node and not self.rules.constants:
            node = {**without_choice(node), "enum": [node["const"]]}
        if not node.keys() & {"enum", "const"}:
            return node
        given = [node["const"]] if "const" in node else as_list(node["enum"])
        bare = without_choice(node)
        values = [value for value in given if is_of_type(value, node.get("type", kind_of(value)))]
        if not values:
            self.loose(f"{path}: there is no value to choose")
            return self._said(bare, "enum", given, path)
        if len(values) < len(given):
            self.notes.append(f"{path}: values of other types than {node['type']} are left out of the enumeration")
        self.choices += len(values)
        if "" in values and not self.rules.blank_choices:
            values = [value for value in values if value != ""]
            bare = self._told({"type": "string", **bare}, 'may be ""', path)
        node = node if len(values) == len(given) else {**bare, "enum": values}
        kinds = list(dict.fromkeys(kind_of(value) for value in values))
        if "type" not in node:
            self.is_changed = True
            node = {**node, "type": kinds[0] if len(kinds) == 1 else kinds}
        if {*kinds} <= self.rules.enumerations:
            return node
        bare = without_choice(node)
        if {*kinds} - {"null"} <= self.rules.enumerations:  # null is an alternative of its own
            self.is_changed = True
            others = [value for value in values if value is not None]
            return or_null(bare, others, [kind for kind in kinds if kind != "null"])
        return self._told(bare, f"one of {write_json(values, f'{path}.enum of a schema')}", path)

    def _array(self, node: dict[str, Any], path: str, level: int) -> None:
        if "prefixItems" in node:
            node["prefixItems"] = [
                self.node(each, f"{path}[{at}]", level + 1) for at, each in enumerate(as_list(node["prefixItems"]))
            ]
        if isinstance(node.get("items"), dict) and (node["items"] or not self.rules.typed_items):
            node["items"] = self.node(node["items"], f"{path}[]", level + 1)
            return
        self.loose(f"{path}: the items of the list have no one type")
        if self.rules.typed_items:
            self.notes.append(f"{path}[]: asked for as text, because it must have a type")
            node["items"] = {"type": "string"}
            return
        if node.pop("items", None) is False:
            node.update(self._said(node, "items", False, path))  # noqa: FBT003  # it is a schema

    def _object(self, node: dict[str, Any], path: str, level: int) -> None:
        asked: list[Any] = node["required"] if isinstance(node.get("required"), list | tuple) else []
        required = [name for name in asked if isinstance(name, str)]
        if "required" in node:
            node["required"] = [*dict.fromkeys(required)]
        extra, known = node.get("additionalProperties"), node.get("properties")
        if isinstance(known, dict) and extra is not False:  # what must be there may be anything
            node["properties"] = {**known, **{name: {} for name in required if name not in known}}
        if self.rules.closed:
            if isinstance(extra, dict) or extra is True or (extra is None and "properties" not in node):
                self.loose(f"{path}: the object may have members of any name")
            self.is_changed |= extra is not False
            node["additionalProperties"] = False
        elif isinstance(extra, dict):
            node["additionalProperties"] = self.node(extra, f"{path}.*", level + 1)
        if "properties" in node or self.rules.closed:
            self._properties(node, path, level)

    def _properties(self, node: dict[str, Any], path: str, level: int) -> None:
        given = possible_members(node)
        self.is_changed |= given is not node.get("properties")
        asked = [name for name in node.get("required", ()) if name in given]
        required = [name for name in asked if self._may_be_required(given[name], f"{path}.{name}")]
        self.members += len(given)
        properties: dict[str, Any] = {}
        for name, each in given.items():
            self.properties += 1
            default = default_of(each) if self.rules.required_defaults and name in required else {}
            bare = {key: value for key, value in each.items() if key != "default"} if default else each
            inner = {**self.node(bare, f"{path}.{name}", level + 1), **default}
            self.properties -= 1
            if self.within == "#":  # what is under a reference is not counted
                self.optional += name not in required
                self.unions += "anyOf" in inner or isinstance(inner.get("type"), list)
            if self.rules.all_required and name not in required:
                inner = nullable(inner)
                self.notes.append(f"{path}.{name}: null where it need not be there")
            properties[name] = inner
        node["properties"] = properties
        if self.rules.all_required or "required" in node:
            node["required"] = [*properties] if self.rules.all_required else required

    def _may_be_required(self, schema: Any, path: str) -> bool:
        if self.rules.recursion != "optional" or not self.references.requires(schema, self.within):
            return True
        self.notes.append(f"{path}: not required, because it leads back to itself")
        return False
