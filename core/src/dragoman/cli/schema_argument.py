"""The schema of an answer as an argument: JSON, a file, or a list of fields."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dragoman.cli import text_io
from dragoman.spec._json_depth import parse_json
from dragoman.spec.argument_checks import shown
from dragoman.spec.errors import ConfigurationError
from dragoman.spec.user_folder import user_path

_TYPES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}


def schema_of(value: str) -> dict[str, Any]:
    """Return the JSON Schema that an argument gives.

    Args:
        value: a JSON Schema, the path of a file with one, or fields such as ``name, age int, bio: in two sentences``,
            or one on each line, where a description may have commas; in brackets for a list of objects with these
            fields, which is the member ``items`` of the answer.

    Raises:
        click.BadParameter: if it is none of these.

    """
    given = text_io.text(value).strip()
    if given.startswith("{"):
        return _of_json(given, "the schema")
    if _is_file(given):
        return _of_file(user_path(given))
    if given.startswith("[") and given.endswith("]"):
        return _object({"items": {"type": "array", "items": _of_fields(given[1:-1])}})
    return _of_fields(given)


def _is_file(given: str) -> bool:
    try:
        return user_path(given).is_file()
    except (OSError, ValueError, ConfigurationError):  # too long for the name of a file, as a long list of fields is
        return False


def _of_file(path: Path) -> dict[str, Any]:
    try:
        return _of_json(path.read_text("utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path} cannot be read: {error}"
        raise click.BadParameter(message) from None


def _of_json(document: str, name: str) -> dict[str, Any]:
    try:
        schema: Any = parse_json(document)
    except ValueError as error:
        message = f"{name} is not valid JSON: {error}"
        raise click.BadParameter(message) from None
    if not isinstance(schema, dict):
        message = f"{name} must be a JSON object, not {type(schema).__name__}"
        raise click.BadParameter(message)
    return schema  # pyright: ignore[reportUnknownVariableType]  # checked when it is sent


def _of_fields(given: str) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    lines = [line for line in given.splitlines() if line.strip()]
    texts = lines if len(lines) > 1 else given.strip().removesuffix(",").split(",")
    if texts == [""]:
        message = "it is empty; leave it out, or give a JSON Schema, a file with one, or fields such as 'name, age int'"
        raise click.BadParameter(message)
    for text in texts:
        field, _, description = (part.strip() for part in text.partition(":"))
        if description in _TYPES:
            meant = shown(f"{field} {description}")
            message = f"{shown(text.strip())} describes a field by the name of a type; write {meant}"
            raise click.BadParameter(message)
        name, *kinds = field.split() or [""]
        kind = kinds[0] if kinds else "str"
        if not name.isidentifier() or kind not in _TYPES or len(kinds) > 1:
            what = "a file that is not there, and not a field" if name.endswith(".json") else "not a field"
            message = (
                f"{shown(text.strip())} is {what}; write a JSON Schema, a file with one, or fields such as "
                f"'name, age int, bio: in two sentences', of the types {', '.join(_TYPES)}"
            )
            raise click.BadParameter(message)
        if name in properties:
            message = f"the field {shown(name)} is given twice; give each field a name of its own"
            raise click.BadParameter(message)
        properties[name] = {"type": _TYPES[kind], **({"description": description} if description else {})}
    return _object(properties)


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}
