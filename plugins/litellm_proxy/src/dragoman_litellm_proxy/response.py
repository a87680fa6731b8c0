"""What models behind the proxy sign in their answers, as seals of parts.

https://docs.litellm.ai/docs/reasoning_content
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from dragoman import Part, Reasoning, Seal, ToolCall
from dragoman.http import calls_in, objects, words

ISSUER = "litellm_proxy"
SIGNED_CALL = "provider_specific_fields"


def seal(payload: Any) -> Seal:
    """Return a seal that the proxy can read."""
    return Seal(issuer=ISSUER, payload=payload)


def sealed_parts(parts: Sequence[Part], message: Mapping[str, Any]) -> list[Part]:
    """Return the parts of a message with the seals of its signed reasoning and tool calls."""
    blocks = objects(message.get("thinking_blocks"))
    signatures = iter([call.get(SIGNED_CALL) for call in calls_in(message)])
    if blocks and not any(isinstance(part, Reasoning) for part in parts):
        parts = [thought(blocks), *parts]
    return [_sealed(part, blocks, signatures) for part in parts]


def thought(blocks: Sequence[Mapping[str, Any]]) -> Reasoning:
    """Return the reasoning of blocks, for an answer that says it nowhere else."""
    redacted = all(block.get("type") == "redacted_thinking" for block in blocks)
    return Reasoning(text="".join(words(block.get("thinking")) for block in blocks), redacted=redacted)


def _sealed(part: Part, blocks: list[dict[str, Any]], signatures: Iterator[Any]) -> Part:
    if isinstance(part, Reasoning) and blocks:
        return attrs.evolve(part, seal=seal(blocks))
    if isinstance(part, ToolCall) and (signature := next(signatures, None)):
        return attrs.evolve(part, seal=seal(signature))
    return part
