"""What models behind the proxy signed, and want back through it.

https://docs.litellm.ai/docs/reasoning_content
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from dragoman import Message, Reasoning, Seal, ToolCall
from dragoman.http import words

ISSUER = "litellm_proxy"
SIGNED_CALL = "provider_specific_fields"


def seal(payload: Any) -> Seal:
    """Return a seal that the proxy can read back."""
    return Seal(issuer=ISSUER, payload=payload)


def replay(reasoning: Sequence[Reasoning]) -> dict[str, Any]:
    """Return the blocks of earlier turns as they came; what others sealed is not sent."""
    blocks: list[Any] = []
    for part in reasoning:
        if part.seal is not None and part.seal.issuer == ISSUER and isinstance(part.seal.payload, list):
            blocks.extend(part.seal.payload)
    return {"thinking_blocks": blocks} if blocks else {}


def merge(blocks: list[dict[str, Any]], pieces: Iterable[Mapping[str, Any]]) -> None:
    """Add streamed pieces to *blocks*: thoughts go on until they are signed."""
    for piece in pieces:
        last = blocks[-1] if blocks else None
        if last is None or last.get("type") != piece.get("type") or last.get("signature") or "data" in piece:
            blocks.append(dict(piece))
            continue
        last["thinking"] = words(last.get("thinking")) + words(piece.get("thinking"))
        if piece.get("signature"):
            last["signature"] = piece["signature"]


def sign_calls(encoded: Iterable[dict[str, Any]], messages: Iterable[Message]) -> None:
    """Put the seals of tool calls back where the proxy had them."""
    calls = (call for message in messages for call in message.of_type(ToolCall))
    seals = {call.call_id: call.seal.payload for call in calls if call.seal is not None and call.seal.issuer == ISSUER}
    for message in encoded if seals else ():
        sent = cast("list[dict[str, Any]]", message.get("tool_calls") or [])
        if any(call.get("id") in seals for call in sent):  # in a list of its own: the other is kept with the message
            signed = [{**call, SIGNED_CALL: seals[call["id"]]} if call.get("id") in seals else call for call in sent]
            message["tool_calls"] = signed
