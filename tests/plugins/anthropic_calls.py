"""Requests, answers and streams of the Messages API for the tests of the Anthropic plugin."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from dragoman import (
    Adjustment,
    ChatRequest,
    Message,
    Response,
    Settings,
    StreamStart,
    Tool,
)
from dragoman.http import HttpReply, ServerSentEvent
from dragoman.spec.assembly import Assembler
from dragoman.spec.request_fitting import fit_with_names
from dragoman_anthropic.dialect import AnthropicMessages
from dragoman_anthropic.models import capabilities

WEATHER = Tool(name="weather", schema={"type": "object", "properties": {"city": {"type": "string"}}})
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def encoded(*messages: Message, model: str = "claude-sonnet-4-5", **attributes: Any) -> dict[str, Any]:
    return json.loads(wire(*messages, model=model, **attributes).body or b"")


def wire(
    *messages: Message, model: str = "claude-sonnet-4-5", options: Any = None, stream: bool = False, **attributes: Any
) -> Any:
    settings = attributes.pop("settings", {})
    request = ChatRequest(
        model=model,
        messages=messages or (Message("user", "hi"),),
        settings=Settings(**{"max_tokens": 4096, **settings}, explicit=frozenset(settings)),
        options={"anthropic": options or {}},
        **attributes,
    )
    return AnthropicMessages().encode(request, stream=stream)


def fitted(
    *messages: Message, model: str = "claude-sonnet-4-5", policy: Any = None, **attributes: Any
) -> tuple[dict[str, Any], tuple[Adjustment, ...], Mapping[str, str]]:
    """Return the body of a request as the core fits it, what that changed, and the names of tools."""
    settings = attributes.pop("settings", {})
    request = ChatRequest(
        model=model, messages=messages or (Message("user", "hi"),), settings=Settings(**settings), **attributes
    )
    known, notes, names = fit_with_names(request, capabilities(model), policy, issuer="anthropic")
    return json.loads(AnthropicMessages().encode(known, stream=False).body or b""), notes, names


def kinds(sent: Any) -> list[tuple[str, str]]:
    return [(note.kind, note.feature) for note in sent.adjustments]


def answer(*content: Any, stop_reason: str | None = "end_turn", **members: Any) -> dict[str, Any]:
    usage = {"input_tokens": 9, "output_tokens": 3}
    known = {"type": "message", "id": "msg_1", "role": "assistant", "model": "claude-sonnet-4-5-20250929"}
    return {**known, "content": list(content), "stop_reason": stop_reason, "usage": usage, **members}


def decoded(body: Any, status: int = 200) -> Response:
    return AnthropicMessages().decode(HttpReply(status=status, body=json.dumps(body).encode()))


def streamed(*events: Any) -> Response:
    decoder = AnthropicMessages().decoder()
    assembler = Assembler(StreamStart())
    for event in events:
        if not decoder.done:
            sent = ServerSentEvent(data=json.dumps(event).encode(), event=event["type"])
            for each in decoder.feed(sent):
                assembler.feed(each)
    return assembler.end()[-1].response


def as_stream(*content: Any, stop_reason: str | None = "end_turn", **delta: Any) -> list[Any]:
    """Return the events of an answer, each text in two deltas."""
    message = {**answer(stop_reason=None), "usage": {"input_tokens": 9, "output_tokens": 1}}
    start = {"type": "message_start", "message": message}
    ending = {"type": "message_delta", "delta": {"stop_reason": stop_reason, **delta}, "usage": {"output_tokens": 3}}
    middle = [event for index, block in enumerate(content) for event in block_events(index, block)]
    return [start, {"type": "ping"}, *middle, ending, {"type": "message_stop"}]


PIECES = {
    "text": ("text", "text_delta", "text"),
    "thinking": ("thinking", "thinking_delta", "thinking"),
    "tool_use": ("input", "input_json_delta", "partial_json"),
    "server_tool_use": ("input", "input_json_delta", "partial_json"),
    "compaction": ("content", "compaction_delta", "content"),
}


def block_events(index: int, block: Any) -> list[Any]:
    if block["type"] not in PIECES:
        deltas, start = [], block
    else:
        member, kind, name = PIECES[block["type"]]
        whole = json.dumps(block[member], separators=(",", ":")) if member == "input" else block[member]
        half = len(whole) // 2
        deltas = [{"type": kind, name: whole[:half]}, {"type": kind, name: whole[half:]}]
        start = {**block, member: {} if member == "input" else ""}
    deltas += [{"type": "citations_delta", "citation": cited} for cited in block.get("citations", [])]
    if block.get("signature"):
        start = {**start, "signature": ""}
        deltas.append({"type": "signature_delta", "signature": block["signature"]})
    start = {name: value for name, value in start.items() if name != "citations"}
    opened = {"type": "content_block_start", "index": index, "content_block": start}
    grown = [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
    return [opened, *grown, {"type": "content_block_stop", "index": index}]


THOUGHT = {"type": "thinking", "thinking": "Let me see.", "signature": "c2ln"}
REDACTED = {"type": "redacted_thinking", "data": "b3BhcXVl"}
SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "camels"}}
FOUND = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [{"type": "web_search_result"}]}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Fez"}}
CITED = {
    "type": "text",
    "text": "Camels walk.",
    "citations": [
        {
            "type": "web_search_result_location",
            "url": "https://camels.test",
            "title": "Camels",
            "cited_text": "they walk",
            "encrypted_index": "ZW5j",
        }
    ],
}
