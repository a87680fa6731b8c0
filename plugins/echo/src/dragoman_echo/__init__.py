"""The smallest provider: in process, no network, no key. It repeats what the user said last.

It is the embedded default of Dragoman, and a stand-in for a real provider in tests: it answers tools and schemas
deterministically and can be told to fail, to stall or to cut its stream.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from attrs import frozen

from dragoman import (
    JSON,
    ArgumentsDelta,
    CallContext,
    Cap,
    Capabilities,
    ChatRequest,
    CompletionRequest,
    Event,
    Finish,
    FinishReason,
    OverloadedError,
    Part,
    PartStart,
    Provider,
    ProviderConfig,
    ProviderInfo,
    RequestTimeoutError,
    Response,
    ResponseSnapshot,
    Role,
    ServerError,
    Support,
    Text,
    TextDelta,
    Tool,
    ToolCall,
    ToolResult,
    Usage,
    UsageSnapshot,
    build_response,
    hookimpl,
    structure_options,
)


@frozen(kw_only=True)
class EchoOptions:
    """Tell the echo to misbehave.

    Args:
        fail: ``overloaded`` (may be retried) or ``broken`` (may not): answer with that error.
        fail_times: how many calls fail; all of them if not given.
        stall: seconds to wait before each piece of the answer.
        cut: how many pieces to stream before the stream breaks off.

    """

    fail: str | None = None
    fail_times: int | None = None
    stall: float = 0.0
    cut: int | None = None


class EchoProvider:
    """Repeat the last user message."""

    info = ProviderInfo(name="echo", issuer="echo", options=EchoOptions)

    def __init__(self, config: ProviderConfig) -> None:
        self._defaults = config.options
        self._failures = 0
        structure_options(EchoOptions, config.options, provider="echo")

    def capabilities(self, model: str) -> Capabilities:  # noqa: ARG002  # the protocol's
        """Return that everything is accepted: the echo takes any setting and ignores it."""
        yes = Cap(support=Support.YES)
        return Capabilities(completion=yes, tools=yes, tool_choice=yes, json_schema=yes)

    async def complete(self, request: CompletionRequest, context: CallContext) -> Response:
        """Answer a prompt with itself."""
        return await self.chat(request.as_chat(), context)

    async def chat(self, request: ChatRequest, context: CallContext) -> Response:
        """Answer a conversation with its last user message, a tool call, or a value that fits the schema."""
        options = self._options(request)
        self._maybe_fail(options)
        await _stall(options, context)
        part, finish = _answer(request)
        return build_response([part], finish, usage=_usage(request, part))

    @asynccontextmanager
    async def stream(self, request: ChatRequest, context: CallContext) -> AsyncGenerator[AsyncIterator[Event], None]:
        """Stream the same answer, word by word."""
        options = self._options(request)
        self._maybe_fail(options)
        yield self._events(request, options, context)

    async def _events(self, request: ChatRequest, options: EchoOptions, context: CallContext) -> AsyncIterator[Event]:
        part, finish = _answer(request)
        for number, event in enumerate(_pieces(part)):
            if number == options.cut:
                return
            await _stall(options, context)
            yield event
        yield UsageSnapshot(_usage(request, part))
        yield ResponseSnapshot(finish=finish)
        await asyncio.sleep(0)

    async def aclose(self) -> None:
        """Do nothing: nothing is held open."""

    def _options(self, request: ChatRequest) -> EchoOptions:
        return structure_options(EchoOptions, request.options.get("echo", self._defaults), provider="echo")

    def _maybe_fail(self, options: EchoOptions) -> None:
        if options.fail is None or (options.fail_times is not None and self._failures >= options.fail_times):
            return
        self._failures += 1
        if options.fail == "overloaded":
            message = "the echo was told to be overloaded"
            raise OverloadedError(message, status=503)
        message = "the echo was told to be broken"
        raise ServerError(message, status=500, retryable=False)


async def _stall(options: EchoOptions, context: CallContext) -> None:
    """Wait as told, but not past the deadline of the call."""
    remaining = context.remaining()
    if remaining is not None and remaining < options.stall:
        await context.clock.sleep(remaining)
        message = "the deadline of the call has passed (timeout)"
        raise RequestTimeoutError(message, phase="total", retryable=False)
    if options.stall:
        await context.clock.sleep(options.stall)


def _answer(request: ChatRequest) -> tuple[Part, Finish]:
    """Return the one part of the answer, the tokens (words) cut at ``max_tokens``."""
    choice = request.tool_choice
    tools = [tool for tool in request.tools if isinstance(tool, Tool)]
    just_called = request.messages[-1].role == Role.TOOL
    if tools and choice.kind != "none" and not just_called:
        tool = next((tool for tool in tools if tool.name == choice.name), tools[0])
        arguments = json.dumps(_example(tool.schema, tool.schema, _said(request)), ensure_ascii=False)
        return ToolCall(name=tool.name, call_id="call_1", arguments=arguments), _finish("tool_calls")
    text = _said(request)
    if request.output.kind == "json_schema" and request.output.schema is not None:
        text = json.dumps(_example(request.output.schema, request.output.schema, text), ensure_ascii=False)
    elif request.output.kind == "json":
        text = json.dumps({"echo": text}, ensure_ascii=False)
    words = _words(text)
    limit = request.settings.max_tokens
    if limit is not None and limit < len(words):
        return Text(text="".join(words[:limit])), _finish("length")
    return Text(text=text), _finish("stop")


def _finish(reason: str) -> Finish:
    return Finish(reason=FinishReason(reason), raw=reason)


def _said(request: ChatRequest) -> str:
    """Return what the user said last; after a tool result, the result."""
    last = request.messages[-1]
    if last.role == Role.TOOL:
        return "".join(result.text for result in last.of_type(ToolResult))
    return next((message.content for message in reversed(request.messages) if message.role == Role.USER), "")


def _words(text: str) -> list[str]:
    """Return the words of *text*, each with the space before it."""
    words = text.split(" ")
    return [word if number == 0 else f" {word}" for number, word in enumerate(words)]


def _pieces(part: Part) -> Iterator[Event]:
    if isinstance(part, ToolCall):
        yield PartStart(0, ToolCall(name=part.name, call_id=part.call_id))
        for start in range(0, len(part.arguments), 8):
            yield ArgumentsDelta(0, part.arguments[start : start + 8])
        return
    assert isinstance(part, Text)  # noqa: S101  # the two parts an echo makes
    yield PartStart(0, Text(text=""))
    for word in _words(part.text):
        yield TextDelta(0, word)


def _usage(request: ChatRequest, part: Part) -> Usage:
    """Count words, which are the tokens of an echo."""
    read = sum(len(message.content.split()) for message in request.messages)
    written = part.arguments if isinstance(part, ToolCall) else part.text if isinstance(part, Text) else ""
    return Usage(input_tokens=read, output_tokens=len(written.split()))


def _example(schema: Mapping[str, Any], root: Mapping[str, Any], text: str) -> JSON:
    """Return the simplest value that fits *schema*, with *text* wherever any text fits."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return _example(root["$defs"][name], root, text)
    if "const" in schema:
        only: JSON = schema["const"]
        return only
    if schema.get("enum"):
        first: JSON = schema["enum"][0]
        return first
    if schema.get("anyOf"):
        return _example(schema["anyOf"][0], root, text)
    kinds: Any = schema.get("type", "object")
    kind = str(kinds[0] if isinstance(kinds, list) else kinds)  # pyright: ignore[reportUnknownArgumentType]
    if kind == "object":
        wanted: Mapping[str, Any] = schema.get("properties", {})
        required = schema.get("required", wanted)
        return {name: _example(each, root, text) for name, each in wanted.items() if name in required}
    if kind == "array":
        count = int(schema.get("minItems", 1))
        return [_example(schema.get("items", {"type": "string"}), root, text) for _ in range(count)]
    simple: dict[str, JSON] = {"string": text, "integer": int(schema.get("minimum", 1)), "number": 1.0, "boolean": True}
    return simple.get(kind)


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Make the echo."""
    return EchoProvider(config)
