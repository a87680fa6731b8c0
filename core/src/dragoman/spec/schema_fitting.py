"""The schemas of a request as the vendor of its model takes them: that of the answer, and those of strict tools."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from dragoman.spec.capabilities import Policy
from dragoman.spec.errors import InvalidRequestError, UnsupportedError
from dragoman.spec.request import ChatRequest, ServerTool, Tool
from dragoman.spec.response import Adjustment
from dragoman.spec.schema_lowering import LoweredSchema, lower_schema
from dragoman.spec.schema_rules import SchemaRules


def fit_output(
    request: ChatRequest, rules: SchemaRules, policy: Policy | None, by: str
) -> tuple[ChatRequest, list[Adjustment]]:
    """Return a request whose answer is held to a schema that the vendor takes."""
    output = request.output
    if output.strict is False or output.schema is None:
        return request, []
    lowered = lower_schema(output.schema, rules)
    if rules.object_root and not lowered.strict and not _is_object(lowered.schema):
        message = (
            f"{request.model} takes only the schema of an object for an answer; put the value into a member of one"
        )
        raise InvalidRequestError(message, parameter="output")
    if output.strict and not lowered.strict and policy in {None, "raise"}:
        message = f"{request.model} cannot be held to this schema: {'; '.join(lowered.notes)}; leave strict= out"
        raise UnsupportedError(message, model=request.model, parameter="output")
    sent = attrs.evolve(output, schema=lowered.schema, strict=lowered.strict)
    return attrs.evolve(request, output=sent), _notes_of(lowered, "output schema", by)


def _is_object(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") == "object" and not schema.keys() & {"anyOf", "oneOf", "allOf"}


def fit_tools(
    request: ChatRequest, rules: SchemaRules, policy: Policy | None, by: str
) -> tuple[ChatRequest, list[Adjustment]]:
    """Return a request whose strict tools have schemas that the vendor takes; without one, a tool is not strict."""
    notes: list[Adjustment] = []
    tools: list[Tool | ServerTool] = []
    for tool in request.tools:
        if not isinstance(tool, Tool) or not tool.strict:
            tools.append(tool)
            continue
        lowered = lower_schema(tool.schema, rules)
        if not lowered.strict and policy == "raise":
            why = "; ".join(lowered.notes)
            message = f"{request.model} cannot be held to the schema of the tool {tool.name!r}: {why}; leave strict out"
            raise UnsupportedError(message, model=request.model, parameter="tools")
        tools.append(attrs.evolve(tool, schema=lowered.schema, strict=lowered.strict))
        notes += _notes_of(lowered, f"schema of the tool {tool.name}", by)
    return attrs.evolve(request, tools=tuple(tools)), notes


def _notes_of(lowered: LoweredSchema, feature: str, by: str) -> list[Adjustment]:
    if not lowered.notes:
        return []
    kind = "coerced" if lowered.strict else "downgraded"
    return [Adjustment(kind=kind, feature=feature, reason="; ".join(lowered.notes), by=by)]
