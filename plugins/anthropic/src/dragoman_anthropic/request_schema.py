"""Output formats: the schemas that structured outputs accept, and the tool that emulates them.

https://docs.anthropic.com/en/docs/build-with-claude/structured-outputs
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dragoman import JSON, OutputFormat
from dragoman_anthropic.options import ANSWER_TOOL
from dragoman_anthropic.request_tools import object_schema
from dragoman_anthropic.schema_rules import STRICT_SCHEMA


def strict_schema(schema: Mapping[str, JSON]) -> tuple[dict[str, Any], str] | None:
    """Return a schema as structured outputs accept it, and what was changed, in words.

    Returns:
        ``None`` if the schema cannot be enforced, such as one that is recursive or allows properties that it does not
        declare.

    """
    from dragoman import lower_schema  # noqa: PLC0415  # not every request has a schema

    lowered = lower_schema(schema, STRICT_SCHEMA)
    return (dict(lowered.schema), "; ".join(lowered.notes)) if lowered.strict else None


def answer_tool(output: OutputFormat) -> dict[str, Any]:
    """Return the definition of the tool whose input is the answer."""
    return {
        "name": ANSWER_TOOL,
        "description": f"Give the answer{f', {output.name}' if output.name else ''}. Call this once, and last.",
        "input_schema": object_schema(output.schema or {"type": "object", "additionalProperties": True}),
    }
