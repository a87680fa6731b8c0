"""The schema of a tool's arguments as vendors require it: that of one object, which lists its members."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from dragoman.spec._json_depth import write_json
from dragoman.spec.errors import InvalidRequestError
from dragoman.spec.part_fields import JSON
from dragoman.spec.schema_references import References, as_list, as_object, canonical

_ALTERNATIVES = ("anyOf", "oneOf")
_CONDITIONS = ("not", "enum", "const", "if", "then", "else", "dependentSchemas", "dependentRequired")
"""Keywords that no vendor takes at the top of the schema of a tool."""


def tool_schema(schema: Mapping[str, JSON], name: str, *, lists_members: bool) -> tuple[Mapping[str, JSON], str]:
    """Return the schema of the arguments of a tool as that of one object, and what was changed, in words.

    Alternatives at the top become one object with the members of all of them.

    Args:
        schema: the schema of the arguments.
        name: the name of the tool, for the message of an error.
        lists_members: whether there must be a list of the members, even if there are none.

    Raises:
        InvalidRequestError: for a schema that is not that of an object.

    """
    known = cast("dict[str, Any]", dict(schema))
    references = References(schema)
    is_reference = isinstance(known.get("$ref"), str)
    if is_reference:
        known = {**(references.target(canonical(known.pop("$ref"))) or {}), **known}
    note = ""
    if isinstance(known.get("type"), list) and _is_object(known):
        known["type"] = "object"
        is_reference = True
    if as_list(known.get("allOf")):
        branches = [_object(each, references, name) for each in as_list(known.pop("allOf"))]
        required = [each for branch in branches for each in as_list(branch.get("required"))]
        known = dict[str, Any](_joined(known, branches))
        known["required"] = [each for each in known["properties"] if each in {*as_list(known["required"]), *required}]
        note, is_reference = "the parts of allOf are sent as one object", True
    said = {each: known.pop(each) for each in _CONDITIONS if each in known}
    if said:
        words = write_json(said, f"the schema of the tool {name!r}", "tools")
        known["description"] = f"{known['description']} ({words})" if known.get("description") else words
        note, is_reference = f"said in the description: {', '.join(said)}", True
    keyword = next((each for each in _ALTERNATIVES if as_list(known.get(each))), None)
    if keyword is None:
        if not _is_object(known):
            message = (
                f"the schema of the tool {name!r} is that of type {known['type']!r}, but the arguments of a tool are "
                "an object; put the value into a member"
            )
            raise InvalidRequestError(message, parameter="tools")
        missing: dict[str, Any] = {} if "type" in known else {"type": "object"}
        missing |= {"properties": {}} if lists_members and "properties" not in known else {}
        return ({**known, **missing} if missing or is_reference else schema), note
    branches = [_object(each, references, name) for each in as_list(known.pop(keyword))]
    return _joined(known, branches), f"the alternatives of {keyword} are sent as one object with the members of all"


def _is_object(schema: Mapping[str, Any]) -> bool:
    kind: Any = schema.get("type", "object")
    return "object" in (kind if isinstance(kind, list) else [str(kind).lower()])  # some write types in capitals


def _object(branch: Any, references: References, name: str) -> dict[str, Any]:
    found = as_object(branch)
    if "$ref" in found:
        found = references.target(canonical(found["$ref"])) or {}
    if not _is_object(found) or not found.keys() & {"properties", "required", "type"}:
        message = (
            f"the schema of the tool {name!r} has an alternative that is not an object; the arguments of a tool are an "
            "object: put the value into a member"
        )
        raise InvalidRequestError(message, parameter="tools")
    return found


def _joined(known: dict[str, Any], branches: list[dict[str, Any]]) -> dict[str, JSON]:
    """Return one object for several: a member is required if all require it, and has one of its schemas."""
    found: dict[str, list[Any]] = {name: [each] for name, each in as_object(known.get("properties")).items()}
    for branch in branches:
        for name, each in as_object(branch.get("properties")).items():
            kinds = found.setdefault(name, [])
            kinds += [] if each in kinds else [each]
    needed = set[str](branches[0].get("required") or ()).intersection(
        *[each.get("required") or () for each in branches]
    )
    needed |= {*(known.get("required") or ())}
    return {
        **known,
        "type": "object",
        "properties": {name: kinds[0] if len(kinds) == 1 else {"anyOf": kinds} for name, kinds in found.items()},
        "required": [name for name in found if name in needed],
    }
