"""From a wanted type to a request for it, and from the answer to a value of it."""

from __future__ import annotations

import json
from typing import Any, TypeVar

import attrs
from attrs import frozen

from dragoman.spec._json_depth import parse_json
from dragoman.spec.capabilities import Capabilities, Support
from dragoman.spec.errors import OutputValidationError
from dragoman.spec.message import Message
from dragoman.spec.parts import JSON, Text
from dragoman.spec.request import ChatRequest, OutputFormat, Tool, ToolChoice
from dragoman.spec.response import Response
from dragoman.spec.schema import json_schema
from dragoman.spec.serialization import parse_response

T = TypeVar("T")

_WRAPPED = "value"


@frozen(kw_only=True)
class Extraction:
    """Ask for a value of one type.

    The way depends on the model: held to a schema, made to call a tool, or told the schema in words.

    Args:
        name: what the schema is called.
        schema: the JSON Schema, an object.
        wrapped: whether the value stands in a member of that object, being no object itself.
        way: ``schema``, ``tool`` or ``prompt``.

    """

    name: str
    schema: dict[str, JSON]
    wrapped: bool
    way: str

    @classmethod
    def of(cls, kind: Any, capabilities: Capabilities) -> Extraction:
        """Choose the way for *kind* on a model with *capabilities*."""
        schema = json_schema(kind)
        wrapped = schema.get("type") != "object"
        if wrapped:
            schema = _wrap(schema)
        way = "schema"
        if capabilities.json_schema.support is Support.NO:
            way = "prompt" if capabilities.tools.support is Support.NO else "tool"
        return cls(name=getattr(kind, "__name__", "answer"), schema=schema, wrapped=wrapped, way=way)

    def ask(self, request: ChatRequest) -> ChatRequest:
        """Return *request* with the wish for the value."""
        if self.way == "schema":
            return attrs.evolve(request, output=OutputFormat("json_schema", schema=self.schema, name=self.name))
        if self.way == "tool":
            tool = Tool(name=self.name, description="Give the answer.", schema=self.schema)
            return attrs.evolve(request, tools=(*request.tools, tool), tool_choice=ToolChoice("tool", self.name))
        text = f"Answer with one JSON value that fits this JSON Schema, and nothing else:\n{json.dumps(self.schema)}"
        return attrs.evolve(request, messages=(*request.messages, Message("user", text)))

    def read(self, response: Response, kind: type[T]) -> T:
        """Return the value that *response* holds.

        Raises:
            OutputError: if it holds none.

        """
        if self.way != "schema":
            response = self._as_text(response)
        if self.wrapped:
            response = _unwrap(response)
        return parse_response(response, kind)

    def _as_text(self, response: Response) -> Response:
        text = response.text.strip().removeprefix("```json").removeprefix("```").removesuffix("```").strip()
        for call in response.tool_calls:
            if call.name == self.name:
                text = call.arguments
        return _with_text(response, text)


def _wrap(schema: dict[str, JSON]) -> dict[str, JSON]:
    inner = dict(schema)
    definitions = inner.pop("$defs", None)
    outer: dict[str, JSON] = {
        "type": "object",
        "properties": {_WRAPPED: inner},
        "required": [_WRAPPED],
        "additionalProperties": False,
    }
    return outer if definitions is None else {**outer, "$defs": definitions}


def _unwrap(response: Response) -> Response:
    try:
        value = parse_json(response.text)
    except ValueError:
        return response
    if not isinstance(value, dict) or _WRAPPED not in value:
        message = f"the answer has no member {_WRAPPED!r}"
        raise OutputValidationError(message, partial=response)
    return _with_text(response, json.dumps(value[_WRAPPED]))


def _with_text(response: Response, text: str) -> Response:
    others = tuple(part for part in response.message.parts if not isinstance(part, Text))
    return attrs.evolve(response, message=Message("assistant", (*others, Text(text=text))))
