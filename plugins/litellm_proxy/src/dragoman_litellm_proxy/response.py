"""What models behind the proxy sign in their answers, as seals of parts.

https://docs.litellm.ai/docs/reasoning_content
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from dragoman import Part, Reasoning, Seal, ToolCall
from dragoman.http import objects, word

ISSUER = "litellm_proxy"
SIGNED_CALL = "provider_specific_fields"


def seal(payload: Any) -> Seal:
    """Return a seal that the proxy can read."""
    return Seal(issuer=ISSUER, payload=payload)


def sealed_parts(parts: Sequence[Part], message: Mapping[str, Any]) -> list[Part]:
    """Return the parts of a message with the seals of its signed reasoning and tool calls."""
    blocks = objects(message.get("thinking_blocks"))
    signed = {
        word(call.get("id")): call[SIGNED_CALL] for call in objects(message.get("tool_calls")) if call.get(SIGNED_CALL)
    }
    if blocks and not any(isinstance(part, Reasoning) for part in parts):
        parts = [Reasoning(redacted=True), *parts]
    return [_sealed(part, blocks, signed) for part in parts]


def _sealed(part: Part, blocks: list[dict[str, Any]], signed: Mapping[Any, Any]) -> Part:
    if isinstance(part, Reasoning) and blocks:
        return attrs.evolve(part, seal=seal(blocks))
    if isinstance(part, ToolCall) and part.call_id in signed:
        return attrs.evolve(part, seal=seal(signed[part.call_id]))
    return part
