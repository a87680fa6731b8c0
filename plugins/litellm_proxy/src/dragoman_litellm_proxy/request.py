"""What the proxy takes back from earlier turns: signed reasoning and signed tool calls.

https://docs.litellm.ai/docs/reasoning_content
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

from dragoman import Message, Reasoning, ToolCall
from dragoman_litellm_proxy.response import ISSUER, SIGNED_CALL


def replay_reasoning(reasoning: Sequence[Reasoning]) -> dict[str, Any]:
    """Return the thinking blocks of earlier turns unchanged; the seals of other issuers are not sent."""
    blocks: list[Any] = []
    for part in reasoning:
        if part.seal is not None and part.seal.issuer == ISSUER and isinstance(part.seal.payload, list):
            blocks.extend(part.seal.payload)
    return {"thinking_blocks": blocks} if blocks else {}


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
