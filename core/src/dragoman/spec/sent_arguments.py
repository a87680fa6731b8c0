"""The arguments of calls in the form of the tools' own schemas, where others were sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import attrs

from dragoman.spec._json_depth import parse_json
from dragoman.spec.absent_members import without_nulls
from dragoman.spec.capabilities import IS_ANSWER, Capabilities
from dragoman.spec.history_rules import HistoryRules
from dragoman.spec.member_names import coded_names, with_member_names
from dragoman.spec.part_fields import JSON
from dragoman.spec.parts import ToolCall
from dragoman.spec.request import ChatRequest, Tool
from dragoman.spec.response import Adjustment
from dragoman.spec.schema_references import References
from dragoman.spec.sent_names import Restore

NO_OBJECT = "invalid_json"
"""The member that holds the text of arguments which are not an object that JSON can represent."""


def sent_call(
    call: ToolCall, rules: HistoryRules, names: Mapping[str, str] | None, *, by: str
) -> tuple[ToolCall, list[Adjustment]]:
    """Return a call with its arguments as an API takes them, and a note if they become a member of an object.

    So a conversation goes on in which a model wrote a call that is cut, or arguments that are no object. The input of a
    tool that takes a text stays as it is.

    Args:
        call: the call.
        rules: what the API takes.
        names: the names under which members are sent.
        by: recorded as the component that decided.

    """
    notes: list[Adjustment] = []
    if not rules.argument_texts and call.metadata.get("type") != "custom" and not _is_object(call.arguments):
        reason = "the arguments of a call are the JSON of an object, so another text is sent as a member of one"
        note = Adjustment(
            kind="coerced", feature="tool_call", asked=call.arguments, sent=NO_OBJECT, reason=reason, by=by
        )
        notes.append(note)
        call = attrs.evolve(call, arguments=json.dumps({NO_OBJECT: call.arguments}, ensure_ascii=False))
    if names:
        change = partial(with_member_names, names=names)
        call = attrs.evolve(call, arguments=rewritten_arguments(call.arguments, change=change))
    return call, notes


def _is_object(text: str) -> bool:
    try:
        return isinstance(parse_json(text or "{}", parse_constant=_refuse), dict)
    except ValueError:
        return False


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def restorers(
    request: ChatRequest, fitted: ChatRequest, names: Mapping[str, str], capabilities: Capabilities
) -> dict[str, Restore]:
    """Return what gives the arguments of calls their own form, by the names of the tools that were sent.

    Args:
        request: what the caller asks for.
        fitted: what is sent.
        names: the own names of the tools that were sent under another, or what a call of them stands for.
        capabilities: what the model accepts.

    """
    found: dict[str, Restore] = {}
    own: list[Mapping[str, JSON]] = [tool.schema if isinstance(tool, Tool) else {} for tool in request.tools]
    own += [request.output.schema or {}] if IS_ANSWER in names.values() else []
    for tool, schema in zip(fitted.tools, own, strict=True) if own else ():  # or the tools that were called before
        if isinstance(tool, Tool) and (change := _change(tool, schema, capabilities)) is not None:
            found[tool.name] = partial(rewritten_arguments, change=change)
    return found


def rewritten_arguments(text: str, *, change: Callable[[Any], Any]) -> str:
    """Return the arguments of a call, changed as plain data; what is not JSON, or stays the same, as it is written."""
    try:
        value = parse_json(text)
    except ValueError:
        return text
    changed = change(value)
    return text if changed == value else json.dumps(changed, ensure_ascii=False)


def _change(tool: Tool, schema: Mapping[str, JSON], capabilities: Capabilities) -> Callable[[Any], Any] | None:
    """Return what restores the arguments of one tool as plain data, ``None`` if they need nothing."""
    letters, length = capabilities.history.member_letters, capabilities.history.member_length
    coded = {} if letters is None else coded_names(schema, letters, length)
    rules = capabilities.tool_schema
    has_nulls = bool(tool.strict) and rules is not None and rules.all_required
    if not coded and not has_nulls:
        return None
    own, references = {sent: name for name, sent in coded.items()}, References(schema)

    def change(value: Any) -> Any:
        named = with_member_names(value, own) if own else value
        return without_nulls(named, schema, references) if has_nulls else named

    return change
