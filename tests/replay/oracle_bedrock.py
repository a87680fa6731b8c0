"""What recorded exchanges of Bedrock's Converse say."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from dragoman import (
    AuthenticationError,
    BadRequestError,
    DragomanError,
    LLMConfig,
    NotFoundError,
    OverloadedError,
    RateLimitError,
    ServerError,
)
from recordings import Recording
from replay.judge import Expected, Replay, parsed

TYPES: dict[str, type[DragomanError]] = {
    "ExpiredTokenException": AuthenticationError,
    "InvalidSignatureException": AuthenticationError,
    "ModelStreamErrorException": ServerError,
    "ServiceUnavailableException": OverloadedError,
    "ThrottlingException": RateLimitError,
    "ValidationException": BadRequestError,
}
FINISHES = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
    "malformed_model_output": "error",
    "malformed_tool_use": "error",
}


def expected(recording: Recording) -> Expected:
    """Work out what an exchange says."""
    if recording.status >= 400:
        return of_error(dict(recording.headers).get("x-amzn-errortype"), recording.body_json["message"])
    if recording.has_json:
        body = recording.body_json
        return of_message(body["output"]["message"]["content"], body["stopReason"], body.get("usage"))
    return of_stream(list(messages(recording.reply_bytes())))


def of_error(header: str | None, message: str) -> Expected:
    """Expect the error that a header and a message stand for."""
    kind = header.partition(":")[0] if header else None
    if "model identifier is invalid" in message:
        return Expected(error=NotFoundError, code=kind)
    return Expected(error=TYPES[kind or "ValidationException"], code=kind)


def of_message(blocks: list[Any], reason: str | None, usage: Any) -> Expected:
    """Expect what a whole message says."""
    calls = [block["toolUse"] for block in blocks if "toolUse" in block]
    thoughts = [block["reasoningContent"].get("reasoningText") or {} for block in blocks if "reasoningContent" in block]
    counts = usage or {}
    total = [counts.get(name) or 0 for name in ("inputTokens", "cacheReadInputTokens", "cacheWriteInputTokens")]
    finish = FINISHES.get(reason or "", "other")
    mine = [call for call in calls if call.get("type") != "server_tool_use"]
    return Expected(
        text="".join(map(text_of, blocks)),
        reasoning="".join(each.get("text", "") for each in thoughts),
        tool_calls=tuple((call["name"], call["input"]) for call in mine),
        finish="tool_calls" if finish == "stop" and mine else finish,
        raw_finish=reason,
        input_tokens=sum(total) if usage else None,
        output_tokens=counts.get("outputTokens"),
    )


def text_of(block: Any) -> str:
    """Return the text of a block, cited or not."""
    cited = block.get("citationsContent", {}).get("content", [])
    return block.get("text", "") + "".join(each["text"] for each in cited)


def messages(data: bytes) -> Iterator[tuple[str, Any]]:
    """Return (name, payload) of each binary message, read by the plainest rules there are."""
    while data:
        length, headers = struct.unpack(">II", data[:8])
        kinds = data[12 : 12 + headers].replace(b":exception-type\x07", b":event-type\x07")
        name = kinds.partition(b":event-type\x07")[2]
        size = int.from_bytes(name[:2], "big")
        yield name[2 : 2 + size].decode(), json.loads(data[12 + headers : length - 4])
        data = data[length:]


def of_stream(found: list[tuple[str, Any]]) -> Expected:
    """Expect what the events of a stream say together."""
    blocks: dict[int, Any] = {}
    inputs: dict[int, str] = {}
    reason, usage = None, None
    for name, event in found:
        if name.endswith("Exception"):
            return Expected(error=TYPES[name[0].upper() + name[1:]], code=name[0].upper() + name[1:])
        index = event.get("contentBlockIndex", 0)
        if name == "contentBlockStart" and "toolUse" in event["start"]:
            blocks[index] = {"toolUse": {**event["start"]["toolUse"], "input": {}}}
        elif name == "contentBlockDelta":
            grow(blocks.setdefault(index, {}), event["delta"], inputs, index)
        reason = event.get("stopReason", reason)
        usage = event.get("usage", usage)
    for index, text in inputs.items():
        blocks[index]["toolUse"]["input"] = parsed(text)
    return of_message([blocks[index] for index in sorted(blocks)], reason, usage)


def grow(block: Any, delta: Any, inputs: dict[int, str], index: int) -> None:
    """Add a delta to its block."""
    if "text" in delta:
        block["text"] = block.get("text", "") + delta["text"]
    elif "reasoningContent" in delta:
        inner = block.setdefault("reasoningContent", {"reasoningText": {"text": ""}})
        inner["reasoningText"]["text"] += delta["reasoningContent"].get("text", "")
    elif "toolUse" in delta and delta["toolUse"]["input"]:
        inputs[index] = inputs.get(index, "") + delta["toolUse"]["input"]


def model_of(recording: Recording) -> str:
    """Return the model, which is one segment of the path."""
    return unquote(urlsplit(recording.request.url).path.split("/")[2])


def config(recording: Recording, url: str) -> LLMConfig:
    """Point the provider at the loopback server."""
    return LLMConfig(model=model_of(recording), provider="bedrock", api_key="loopback", api_base=url)


REPLAYS = {
    "bedrock.converse": Replay(expected=expected, config=config),
    "bedrock.converse_stream": Replay(expected=expected, config=config),
}
