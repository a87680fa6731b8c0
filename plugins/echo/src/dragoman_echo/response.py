"""The answer of the echo to a conversation."""

from __future__ import annotations

import json

from dragoman import ChatRequest, Finish, FinishReason, Part, Role, Text, Tool, ToolCall, ToolResult, Usage
from dragoman_echo.schema_example import example_of


def answer(request: ChatRequest) -> tuple[Part, Finish]:
    """Return the single part of the answer, truncated to ``max_tokens`` words, and why it ends."""
    choice = request.tool_choice
    tools = [tool for tool in request.tools if isinstance(tool, Tool)]
    has_result = request.messages[-1].role == Role.TOOL
    text = _text_to_repeat(request)
    if tools and choice.kind != "none" and not has_result:
        tool = next((tool for tool in tools if tool.name == choice.name), tools[0])
        arguments = json.dumps(example_of(tool.schema, text), ensure_ascii=False)
        return ToolCall(name=tool.name, call_id="call_1", arguments=arguments), _finish("tool_calls")
    if request.output.kind == "json_schema" and request.output.schema is not None:
        text = json.dumps(example_of(request.output.schema, text), ensure_ascii=False)
    elif request.output.kind == "json":
        text = json.dumps({"echo": text}, ensure_ascii=False)
    words = split_words(text)
    limit = request.settings.max_tokens
    if limit is not None and limit < len(words):
        return Text(text="".join(words[:limit])), _finish("length")
    return Text(text=text), _finish("stop")


def usage(request: ChatRequest, part: Part) -> Usage:
    """Return the numbers of words, which are the tokens of the echo."""
    input_tokens = sum(len(message.content.split()) for message in request.messages)
    output = part.arguments if isinstance(part, ToolCall) else part.text if isinstance(part, Text) else ""
    return Usage(input_tokens=input_tokens, output_tokens=len(output.split()))


def split_words(text: str) -> list[str]:
    """Return the words of *text*, each with the space before it."""
    words = text.split(" ")
    return [word if index == 0 else f" {word}" for index, word in enumerate(words)]


def _finish(reason: str) -> Finish:
    return Finish(reason=FinishReason(reason), raw=reason)


def _text_to_repeat(request: ChatRequest) -> str:
    """Return the text of the last user message; after a tool result, that of the result."""
    last = request.messages[-1]
    if last.role == Role.TOOL:
        return "".join(result.text for result in last.of_type(ToolResult))
    return next((message.content for message in reversed(request.messages) if message.role == Role.USER), "")
