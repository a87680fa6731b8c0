"""The answer of the echo to a conversation."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

from dragoman import ChatRequest, Finish, FinishReason, Part, Role, Text, Tool, ToolCall, ToolResult, Usage
from dragoman_echo.schema_example import example_of

_Script = Sequence[Sequence[Mapping[str, Any]]]
"""The calls of each turn after a user message."""


def answer(request: ChatRequest, script: _Script | None = None) -> tuple[list[Part], Finish]:
    """Return the parts of the answer, of which a text is truncated to ``max_tokens`` words, and why it ends."""
    text = _text_to_repeat(request)
    calls = _calls(request, text) if script is None else _scripted_calls(request, script)
    if calls and request.tool_choice.kind != "none":
        return [*calls], _finish("tool_calls")
    if request.output.kind == "json_schema" and request.output.schema is not None:
        text = json.dumps(example_of(request.output.schema, text), ensure_ascii=False)
    elif request.output.kind == "json":
        text = json.dumps({"echo": text}, ensure_ascii=False)
    words = split_words(text)
    limit = request.settings.max_tokens
    if limit is not None and limit < len(words):
        return [Text(text="".join(words[:limit]))], _finish("length")
    return [Text(text=text)], _finish("stop")


def _calls(request: ChatRequest, text: str) -> list[ToolCall]:
    """Return a call of the first tool, or of the chosen one, unless there is a result already."""
    tools = [tool for tool in request.tools if isinstance(tool, Tool)]
    if not tools or request.messages[-1].role == Role.TOOL:
        return []
    tool = next((tool for tool in tools if tool.name == request.tool_choice.name), tools[0])
    arguments = json.dumps(example_of(tool.schema, text), ensure_ascii=False)
    return [ToolCall(name=tool.name, call_id="call_1", arguments=arguments)]


def _scripted_calls(request: ChatRequest, script: _Script) -> list[ToolCall]:
    """Return the calls that a script has for this turn."""
    since = takewhile(lambda message: message.role != Role.USER, reversed(request.messages))
    turn = sum(message.role == Role.ASSISTANT for message in since)
    calls = script[turn] if turn < len(script) else ()
    return [
        ToolCall(
            name=str(call.get("name")),
            call_id=f"call_{turn + 1}_{number}",
            arguments=json.dumps(call.get("arguments", {}), ensure_ascii=False),
        )
        for number, call in enumerate(calls, 1)
    ]


def usage(request: ChatRequest, parts: Sequence[Part], count: int = 1) -> Usage:
    """Return the numbers of words, which are the tokens of the echo, of an answer that is given *count* times."""
    input_tokens = sum(len(message.content.split()) for message in request.messages)
    output = [
        part.arguments if isinstance(part, ToolCall) else part.text
        for part in parts
        if isinstance(part, ToolCall | Text)
    ]
    return Usage(input_tokens=input_tokens, output_tokens=count * len(" ".join(output).split()))


def split_words(text: str) -> list[str]:
    """Return the words of *text*, each with the space before it."""
    words = text.split(" ")
    return [word if index == 0 else f" {word}" for index, word in enumerate(words)]


def _finish(reason: str) -> Finish:
    return Finish(reason=FinishReason(reason), raw=reason)


def _text_to_repeat(request: ChatRequest) -> str:
    """Return the text of the last user message; after tool results, theirs, each on a line of its own."""
    last = request.messages[-1]
    if last.role == Role.TOOL:
        return "\n".join(result.text for result in last.of_type(ToolResult))
    return next((message.content for message in reversed(request.messages) if message.role == Role.USER), "")
