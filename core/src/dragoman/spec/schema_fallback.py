"""Answers with a schema from models that cannot be held to one: a tool is called with it, or it is said in words."""

from __future__ import annotations

import json
from collections.abc import Sequence

import attrs

from dragoman.spec.message import Message
from dragoman.spec.request import JSON_OBJECT, TEXT, ChatRequest, Tool, ToolChoice
from dragoman.spec.response import Adjustment
from dragoman.spec.sent_names import IS_ANSWER

ANSWER_TOOL = "give_answer"
"""The name of the tool whose arguments are the answer."""
_WORDS = "Answer with nothing but a JSON object that is valid against this JSON Schema:"


def without_schema(
    request: ChatRequest, ways: Sequence[str], *, reason: str, by: str
) -> tuple[ChatRequest, Adjustment, dict[str, str]]:
    """Return *request* without its schema, the adjustment, and what the call of a tool stands for, by its name.

    Args:
        request: a request for an answer with a schema.
        ways: ``tool``, ``json`` or ``text``, the best one first; see :class:`Capabilities`.
        reason: why the model cannot be held to the schema.
        by: recorded as the component that decided.

    """
    if "tool" in ways[:1] and can_call(request):
        request, note, name = with_schema_as_tool(request, reason=reason, by=by)
        return request, note, {name: IS_ANSWER}
    request, note = with_schema_in_words(request, json_mode="json" in ways, reason=reason, by=by)
    return request, note, {}


def can_call(request: ChatRequest) -> bool:
    """Return whether a call of a tool can stand for the answer to *request*.

    The schema must be that of an object, and the caller must leave open which tool is called.
    """
    schema = request.output.schema or {}
    is_object = schema.get("type") == "object" and not schema.keys() & {"anyOf", "oneOf", "allOf", "$ref"}
    return is_object and request.tool_choice.kind in {"auto", "required"}


def with_schema_as_tool(request: ChatRequest, *, reason: str, by: str) -> tuple[ChatRequest, Adjustment, str]:
    """Return *request* with a tool whose arguments are the answer, the adjustment, and the name of the tool.

    Args:
        request: a request for an answer with a schema, for which :func:`can_call` is true.
        reason: why the model cannot be held to the schema.
        by: recorded as the component that decided.

    """
    name, taken = ANSWER_TOOL, {tool.name for tool in request.tools}
    while name in taken:
        name += "_"
    named = request.output.name not in {None, "answer"}
    what = request.output.description or (f"the answer, {request.output.name}" if named else "the answer")
    tool = Tool(name=name, description=f"Give {what}. Call this once, and last.", schema=request.output.schema or {})
    choice = ToolChoice("required") if request.tools else ToolChoice("tool", name)
    note = Adjustment(
        kind="emulated", feature="output schema", asked=request.output.name, sent="a tool", reason=reason, by=by
    )
    changed = attrs.evolve(request, tools=(*request.tools, tool), tool_choice=choice, output=TEXT)
    return changed, note, name


def with_schema_in_words(
    request: ChatRequest, *, json_mode: bool, reason: str, by: str
) -> tuple[ChatRequest, Adjustment]:
    """Return *request* with its schema in a system message after those at its beginning, and the adjustment.

    Args:
        request: a request for an answer with a schema.
        json_mode: whether the model can be held to JSON at least.
        reason: why it cannot be held to the schema.
        by: recorded as the component that decided.

    """
    schema = json.dumps(request.output.schema or {}, ensure_ascii=False)
    leading = next((at for at, each in enumerate(request.messages) if each.role != "system"), len(request.messages))
    told = Message("system", f"{_WORDS}\n{schema}")
    messages = (*request.messages[:leading], told, *request.messages[leading:])
    sent = "JSON mode, and the schema in a system message" if json_mode else "the schema in a system message"
    note = Adjustment(
        kind="emulated", feature="output schema", asked=request.output.name, sent=sent, reason=reason, by=by
    )
    return attrs.evolve(request, messages=messages, output=JSON_OBJECT if json_mode else TEXT), note
