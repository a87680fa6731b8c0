"""The schemas of a request as the vendor of its model takes them: that of the answer, and those of strict tools."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import attrs
from attrs import define

from dragoman.spec.capabilities import Capabilities, Policy, Support
from dragoman.spec.errors import InvalidRequestError, UnsupportedError
from dragoman.spec.request import ChatRequest, ServerTool, Tool
from dragoman.spec.response import Adjustment
from dragoman.spec.schema_fallback import emulated, insists, saying_json
from dragoman.spec.schema_lowering import LoweredSchema, lower_schema
from dragoman.spec.schema_rules import SchemaRules
from dragoman.spec.schema_spellings import sent_schema


def fit_format(
    request: ChatRequest, capabilities: Capabilities, policy: Policy | None, by: str
) -> tuple[ChatRequest, list[Adjustment], dict[str, str]]:
    """Return a request whose answer is asked for in a way that the model has, and what the call of a tool stands for.

    Args:
        request: a request for an answer in JSON, with a schema or without.
        capabilities: what the model accepts.
        policy: what to do where the model cannot be held to the format.
        by: recorded as the component that decided.

    Raises:
        UnsupportedError: if the caller insists on what the model cannot be held to.
        InvalidRequestError: for a schema that its vendor does not take in any form.

    """
    beside = capabilities.json_beside_tools
    if beside.support is Support.NO and any(isinstance(tool, Tool) for tool in request.tools):
        capabilities = attrs.evolve(capabilities, json_schema=beside, json_mode=beside)
    has_schema = request.output.kind == "json_schema"
    cap = capabilities.json_schema if has_schema else capabilities.json_mode
    if cap.support is Support.NO and capabilities.schema_fallback:
        reason = cap.note or f"{request.model} cannot be held to {'a schema' if has_schema else 'JSON'}"
        request, note, names = emulated(request, capabilities, reason, policy, by)
        return request, [note], names
    rules = capabilities.output_schema
    schema = request.output.schema
    if not has_schema and capabilities.history.json_said:
        return *saying_json(request, by), {}
    if schema is None or not has_schema:
        return request, [], {}
    if (sent := sent_schema(schema, capabilities.history)) is not schema:
        request, schema = attrs.evolve(request, output=attrs.evolve(request.output, schema=sent)), sent
    if rules is None:
        return request, [], {}
    if rules.to_the_letter and capabilities.schema_fallback:
        lowered = lower_schema(schema, rules)
        if not lowered.strict:
            request, note, names = emulated(request, capabilities, "; ".join(lowered.notes), policy, by)
            return request, [note], names
    return *fit_output(request, rules, policy, by), {}


def fit_output(
    request: ChatRequest, rules: SchemaRules, policy: Policy | None, by: str
) -> tuple[ChatRequest, list[Adjustment]]:
    """Return a request whose answer is held to a schema that the vendor takes."""
    output = request.output
    if output.schema is None or (output.strict is False and not rules.to_the_letter):
        return request, []
    lowered = lower_schema(output.schema, rules)
    if rules.object_root and not lowered.strict and not _is_object(lowered.schema):
        message = (
            f"{request.model} takes only the schema of an object for an answer; put the value into a member of one"
        )
        raise InvalidRequestError(message, parameter="output")
    if not lowered.strict and insists(output, policy):
        message = (
            f"{request.model} cannot be held to this schema: {'; '.join(lowered.notes)}; leave strict= out, "
            "or set on_unsupported='adjust'"
        )
        raise UnsupportedError(message, model=request.model, parameter="output")
    if not lowered.strict and policy == "warn":
        message = f"{request.model} cannot be held to this output schema; it is sent as advice"
        warnings.warn(message, UserWarning, stacklevel=2)
    sent = attrs.evolve(output, schema=lowered.schema, strict=lowered.strict)
    return attrs.evolve(request, output=sent), _notes_of(lowered, "output schema", by)


def _is_object(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") == "object" and not schema.keys() & {"anyOf", "oneOf", "allOf"}


def fit_tools(
    request: ChatRequest, rules: SchemaRules, policy: Policy | None, by: str
) -> tuple[ChatRequest, list[Adjustment]]:
    """Return a request whose strict tools have schemas that the vendor takes; without one, a tool is not strict.

    Where the vendor limits all schemas of a request together, the answer comes first, then the tools in their order.
    """
    notes: list[Adjustment] = []
    taken = _Taken(rules)
    if rules.per_request and request.output.schema is not None and request.output.strict is not False:
        taken.add(lower_schema(request.output.schema, rules))
    tools: list[Tool | ServerTool] = []
    for tool in request.tools:
        if not isinstance(tool, Tool) or not tool.strict:
            tools.append(tool)
            continue
        lowered = taken.fitted(lower_schema(tool.schema, rules), tool.schema)
        if not lowered.strict and policy == "raise":
            why = "; ".join(lowered.notes)
            message = f"{request.model} cannot be held to the schema of the tool {tool.name!r}: {why}; leave strict out"
            raise UnsupportedError(message, model=request.model, parameter="tools")
        tools.append(attrs.evolve(tool, schema=lowered.schema, strict=lowered.strict))
        notes += _notes_of(lowered, f"schema of the tool {tool.name}", by)
    return attrs.evolve(request, tools=tuple(tools)), notes


@define
class _Taken:
    """Count what the schemas of one request take of the limits that hold for all of them.

    Args:
        rules: the limits.

    """

    rules: SchemaRules
    tools: int = 0
    optional: int = 0
    unions: int = 0

    def fitted(self, lowered: LoweredSchema, schema: Mapping[str, Any]) -> LoweredSchema:
        """Return the schema of a strict tool, as it was written and not strict if it exceeds a limit."""
        why = self._exceeded(lowered) if lowered.strict else None
        if why is not None:
            return attrs.evolve(lowered, schema=dict(schema), strict=False, notes=(why,))
        self.tools += lowered.strict
        self.add(lowered)
        return lowered

    def add(self, lowered: LoweredSchema) -> None:
        """Count one schema that is held to."""
        if lowered.strict:
            self.optional += lowered.optional
            self.unions += lowered.unions

    def _exceeded(self, lowered: LoweredSchema) -> str | None:
        rules = self.rules
        counts = [(self.tools + 1, rules.strict_tools, "strict tools")]
        if rules.per_request:
            counts += [
                (self.optional + lowered.optional, rules.optional, "members that need not be there"),
                (self.unions + lowered.unions, rules.unions, "members of several types"),
            ]
        return next(
            (
                f"the request would have more than {most} {what} in all"
                for count, most, what in counts
                if most is not None and count > most
            ),
            None,
        )


def _notes_of(lowered: LoweredSchema, feature: str, by: str) -> list[Adjustment]:
    if not lowered.notes:
        return []
    kind = "coerced" if lowered.strict else "downgraded"
    return [Adjustment(kind=kind, feature=feature, reason="; ".join(lowered.notes), by=by)]
