"""Answers with a schema from models that cannot be held to one: the schema is said in words."""

from __future__ import annotations

import json

import attrs

from dragoman.spec.message import Message
from dragoman.spec.request import JSON_OBJECT, TEXT, ChatRequest
from dragoman.spec.response import Adjustment

_WORDS = "Answer with nothing but a JSON object that is valid against this JSON Schema:"


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
