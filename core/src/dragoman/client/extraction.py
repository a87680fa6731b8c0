"""Ask for a value of a type, and read it from the answer."""

from __future__ import annotations

import json
from typing import Any, TypeVar

import attrs
from attrs import frozen

from dragoman.spec.answers import check_readable, read_answer
from dragoman.spec.capabilities import Capabilities, Support
from dragoman.spec.message import Message
from dragoman.spec.part_fields import JSON
from dragoman.spec.parts import Text
from dragoman.spec.request import ChatRequest, OutputFormat, Tool, ToolChoice
from dragoman.spec.response import Response
from dragoman.spec.schema import json_schema, wrap_schema

T = TypeVar("T")


@frozen(kw_only=True)
class Extraction:
    """Ask for a value of one type.

    The way depends on the model: held to a schema, made to call a tool, or told the schema in words.

    Args:
        name: what the schema is called.
        schema: the JSON Schema, an object.
        way: ``schema``, ``tool`` or ``prompt``.

    """

    name: str
    schema: dict[str, JSON]
    way: str

    @classmethod
    def of(cls, kind: Any, capabilities: Capabilities) -> Extraction:
        """Choose the way for *kind* on a model with *capabilities*."""
        schema = wrap_schema(json_schema(kind))
        check_readable(kind)
        way = "schema"
        if capabilities.json_schema.support is Support.NO:
            way = "prompt" if capabilities.tools.support is Support.NO else "tool"
        return cls(name=getattr(kind, "__name__", "answer"), schema=schema, way=way)

    def ask(self, request: ChatRequest) -> ChatRequest:
        """Return *request* extended to ask for the value."""
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
        return read_answer(response, kind)

    def _as_text(self, response: Response) -> Response:
        text = response.text
        for call in response.tool_calls:
            if call.name == self.name:
                text = call.arguments
        return _with_text(response, text)


def _with_text(response: Response, text: str) -> Response:
    others = tuple(part for part in response.message.parts if not isinstance(part, Text))
    return attrs.evolve(response, message=Message("assistant", (*others, Text(text=text))))
