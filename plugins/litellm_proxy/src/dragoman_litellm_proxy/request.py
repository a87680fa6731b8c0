"""What the proxy takes back from earlier turns: signed reasoning and signed tool calls.

https://docs.litellm.ai/docs/reasoning_content
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

import attrs

from dragoman import JSON, Message, Part, Reasoning, ToolCall
from dragoman_litellm_proxy.response import ISSUER, SIGNED_CALL, seal


def replay_reasoning(reasoning: Sequence[Reasoning]) -> dict[str, Any]:
    """Return the thinking blocks of earlier turns unchanged; the seals of other issuers are not sent."""
    blocks: list[Any] = []
    for part in reasoning:
        if part.seal is not None and part.seal.issuer == ISSUER and isinstance(part.seal.payload, list):
            blocks.extend(part.seal.payload)
    return {"thinking_blocks": blocks} if blocks else {}


def resealed(message: Message, model: str) -> Message:
    """Return *message* with what Anthropic or Google signed as the proxy expects it for their own models."""
    name = model.lower()
    if "claude" not in name and "gemini" not in name:
        return message
    reseal = _claude_blocks if "claude" in name else _gemini_call
    parts = tuple(map(reseal, message.parts))
    return message if parts == message.parts else attrs.evolve(message, content=parts)


def _claude_blocks(part: Part) -> Part:
    if not isinstance(part, Reasoning) or part.seal is None or part.seal.issuer != "anthropic":
        return part
    block: dict[str, JSON] = {"type": "thinking", "thinking": part.text, "signature": part.seal.payload}
    if part.redacted:
        block = {"type": "redacted_thinking", "data": part.seal.payload}
    return attrs.evolve(part, seal=seal([block]))


def _gemini_call(part: Part) -> Part:
    if not isinstance(part, ToolCall) or part.seal is None or part.seal.issuer != "google":
        return part
    return attrs.evolve(part, seal=seal({"thought_signature": part.seal.payload}))


def sign_calls(encoded: Iterable[dict[str, Any]], messages: Iterable[Message]) -> None:
    """Add the seals of tool calls to the encoded calls, in the member from which they were read."""
    calls = (call for message in messages for call in message.of_type(ToolCall))
    seals = {call.call_id: call.seal.payload for call in calls if call.seal is not None and call.seal.issuer == ISSUER}
    for message in encoded if seals else ():
        sent = cast("list[dict[str, Any]]", message.get("tool_calls") or [])
        if any(
            call.get("id") in seals for call in sent
        ):  # a new list, since the encoded one is cached with the message
            signed = [{**call, SIGNED_CALL: seals[call["id"]]} if call.get("id") in seals else call for call in sent]
            message["tool_calls"] = signed
