"""Answers with a schema, or in JSON, from models that cannot be held to it: by a call of a tool, or said in words."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import attrs

from dragoman.spec._json_depth import write_json
from dragoman.spec.capabilities import IS_ANSWER, SCHEMA_FALLBACK, Cap, Capabilities, Policy, Support
from dragoman.spec.errors import UnsupportedError
from dragoman.spec.message import Message
from dragoman.spec.part_fields import JSON
from dragoman.spec.parts import Text
from dragoman.spec.request import JSON_OBJECT, TEXT, ChatRequest, OutputFormat, Tool, ToolChoice
from dragoman.spec.response import Adjustment

ANSWER_TOOL = "give_answer"
"""The name of the tool whose arguments are the answer."""
_WORDS = "Answer with nothing but a JSON object that is valid against this JSON Schema:"
_JSON_WORDS = "Answer with nothing but a JSON object."
_ANY_OBJECT: Mapping[str, JSON] = {"type": "object", "additionalProperties": True}
_FEATURES = {"json": "output", "json_schema": "output schema"}


def insists(output: OutputFormat, policy: Policy | None) -> bool:
    """Return whether the caller wants the format kept to the letter, or else an error."""
    return policy == "raise" or (bool(output.strict) and policy is None)


def emulated(
    request: ChatRequest, capabilities: Capabilities, reason: str, policy: Policy | None, by: str
) -> tuple[ChatRequest, Adjustment, dict[str, str]]:
    """Return *request* without its format, the adjustment, and what the call of a tool stands for, by its name.

    Args:
        request: a request for an answer in JSON, with a schema or without.
        capabilities: what the model accepts, with the ways to ask it.
        reason: why the model cannot be held to the format.
        policy: whether the format may be emulated, and whether that is worth a warning.
        by: recorded as the component that decided.

    Raises:
        UnsupportedError: if the caller insists on the format.

    """
    if insists(request.output, policy):
        message = (
            f"{request.model} cannot be held to this {_FEATURES[request.output.kind]} ({reason}), only be asked for "
            "it; leave it or strict= out, set on_unsupported='adjust', or choose another model"
        )
        raise UnsupportedError(message, model=request.model, parameter="output")
    names: dict[str, str] = {}
    way = _best_way(request, capabilities)
    if way == "tool":
        sent, how, name = with_answer_tool(request, capabilities)
        names[name] = IS_ANSWER
    else:
        sent, how = in_words(request, json_mode=way == "json")
    feature, asked = _FEATURES[request.output.kind], request.output.name or request.output.kind
    if policy == "warn":
        warnings.warn(f"{request.model} cannot be held to this {feature}; it gets {how}", UserWarning, stacklevel=2)
    note = Adjustment(kind="emulated", feature=feature, asked=asked, sent=how, reason=reason, by=by)
    return sent, note, names


def _best_way(request: ChatRequest, capabilities: Capabilities) -> str:
    has_json = request.output.kind == "json_schema" and capabilities.json_mode.support is not Support.NO
    open_ways = {"tool": can_call(request, capabilities), "json": has_json}
    return next((way for way in capabilities.schema_fallback if open_ways.get(way, True)), "text")


def can_call(request: ChatRequest, capabilities: Capabilities) -> bool:
    """Return whether a call of a tool can stand for the answer to *request*.

    The schema must be that of an object, and the caller must leave open whether and which tool is called: none of
    their choices can be kept beside a tool that must be called.
    """
    if Support.NO in {capabilities.tools.support, capabilities.tool_choice.support}:
        return False
    schema = _schema_of(request.output)
    is_object = schema.get("type") == "object" and not schema.keys() & {"anyOf", "oneOf", "allOf", "$ref"}
    return is_object and request.tool_choice.kind == "auto"


def _schema_of(output: OutputFormat) -> Mapping[str, JSON]:
    return _ANY_OBJECT if output.kind == "json" else output.schema or {}


def with_answer_tool(request: ChatRequest, capabilities: Capabilities) -> tuple[ChatRequest, str, str]:
    """Return *request* with a tool whose arguments are the answer, how that is called, and the name of the tool.

    Args:
        request: a request for which :func:`can_call` is true.
        capabilities: says whether the model can be told to call one tool only.

    """
    name, taken = ANSWER_TOOL, {tool.name for tool in request.tools}
    while name in taken:
        name += "_"
    named = request.output.name not in {None, "answer"}
    what = request.output.description or (f"the answer, {request.output.name}" if named else "the answer")
    tool = Tool(name=name, description=f"Give {what}. Call this once, and last.", schema=_schema_of(request.output))
    changes: dict[str, Any] = {"tool_choice": ToolChoice("required")}
    if not request.tools:
        changes = {"tool_choice": ToolChoice("tool", name), **_one_call(request, capabilities)}
    return attrs.evolve(request, tools=(*request.tools, tool), output=TEXT, **changes), "a tool", name


def _one_call(request: ChatRequest, capabilities: Capabilities) -> dict[str, Any]:
    """Return the setting that keeps a model from giving several answers, where it may have it."""
    cap = capabilities.settings.get("parallel_tool_calls")
    if cap is not None and cap.support is Support.NO:
        return {}
    return {"settings": attrs.evolve(request.settings, parallel_tool_calls=False)}


def in_words(request: ChatRequest, *, json_mode: bool) -> tuple[ChatRequest, str]:
    """Return *request* with its format in a system message after those at its beginning, and how that is called.

    Args:
        request: a request for an answer in JSON.
        json_mode: whether the model can be held to JSON at least.

    """
    told = _JSON_WORDS
    if request.output.kind == "json_schema":
        told = f"{_WORDS}\n{write_json(request.output.schema or {}, 'the schema of the answer', 'output')}"
    leading = next((at for at, each in enumerate(request.messages) if each.role != "system"), len(request.messages))
    messages = (*request.messages[:leading], Message("system", told), *request.messages[leading:])
    what = "the schema" if request.output.kind == "json_schema" else "the wish for JSON"
    sent = f"{'JSON mode, and ' if json_mode else ''}{what} in a system message"
    return attrs.evolve(request, messages=messages, output=JSON_OBJECT if json_mode else TEXT), sent


def saying_json(request: ChatRequest, by: str) -> tuple[ChatRequest, list[Adjustment]]:
    """Return a request for JSON whose conversation says the word, in a system message if in no other, with a note."""
    texts = (part.text for message in request.messages for part in message.of_type(Text))
    if any("json" in text.lower() for text in texts):
        return request, []
    sent, how = in_words(request, json_mode=True)
    reason = "an answer in JSON takes a conversation that says the word"
    return sent, [Adjustment(kind="emulated", feature="output", asked="json", sent=how, reason=reason, by=by)]


def without(capabilities: Capabilities, refused: Mapping[str, str]) -> Capabilities:
    """Return *capabilities* less what the model itself has refused.

    Args:
        capabilities: what is known of the model.
        refused: why it has refused ``json_schema``, ``json_mode`` or the ``answer tool``; other names are left alone.

    """
    changes: dict[str, Any] = {
        name: Cap(support=Support.NO, note=refused[name]) for name in ("json_schema", "json_mode") if name in refused
    }
    ways = capabilities.schema_fallback or SCHEMA_FALLBACK
    if "answer tool" in refused:
        ways = tuple([way for way in ways if way != "tool"]) or ("text",)
    return attrs.evolve(capabilities, **changes, schema_fallback=ways)
