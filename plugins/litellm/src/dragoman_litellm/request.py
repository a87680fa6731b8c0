"""The dialect of ``litellm.acompletion``: requests as its arguments, and its replies as responses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from dragoman import (
    Adjustment,
    ChatRequest,
    CompletionRequest,
    Part,
    Reasoning,
    Refusal,
    Usage,
)
from dragoman.http import count, fields, loads, objects
from dragoman_litellm.finish_reasons import FINISH
from dragoman_litellm.options import NAME, RESERVED_ARGUMENTS, LiteLLMOptions
from dragoman_litellm.response import reasoning_part
from dragoman_litellm.stream import LiteLLMDecoder
from dragoman_openai_compatible import CHAT_SETTINGS, MessageRules, OpenAIChat


class LiteLLMChat(OpenAIChat[LiteLLMOptions]):
    """Encode and decode the format of OpenAI's API that LiteLLM uses for every provider."""

    def __init__(self) -> None:
        super().__init__(
            options=LiteLLMOptions,
            provider=NAME,
            rules=MessageRules(issuer=NAME, replay_reasoning=reasoning_members, tool_media=True),
            setting_names={**CHAT_SETTINGS, "top_k": "top_k"},
            metadata_names=("system_fingerprint", "service_tier"),
            finish_table=FINISH,
        )

    def arguments(self, request: ChatRequest, *, stream: bool) -> tuple[dict[str, Any], tuple[Adjustment, ...]]:
        """Return the arguments for *request*, and the adjustments that they needed.

        Raises:
            UnsupportedError: if the arguments cannot express a part.

        """
        wire = self.encode(request, stream=stream)
        return loads(wire.body or b"{}"), wire.adjustments

    def finish_body(
        self,
        body: dict[str, Any],
        request: ChatRequest | CompletionRequest,  # noqa: ARG002  # the signature of the dialect
        options: LiteLLMOptions,
    ) -> None:
        """Add the option ``arguments``, except for the reserved ones."""
        arguments = options.arguments or {}
        body.update({name: value for name, value in arguments.items() if name not in RESERVED_ARGUMENTS})
        if options.api_version is not None:
            body["api_version"] = options.api_version

    def usage(self, body: Mapping[str, Any]) -> Usage | None:
        """Return the usage, with the tokens that were written to a cache if the provider reports them."""
        usage = super().usage(body)
        if usage is None or usage.cache_write_tokens is not None:
            return usage
        written = count(fields(body.get("usage")), "cache_creation_input_tokens")
        return attrs.evolve(usage, cache_write_tokens=written) if written else usage

    def message_parts(self, message: Mapping[str, Any]) -> list[Part]:
        """Return the parts of a message, reasoning with the blocks that the provider has to get back."""
        parts = super().message_parts(message)
        if refusal := fields(message.get("provider_specific_fields")).get("refusal"):
            parts.append(Refusal(text=str(refusal)))
        blocks = objects(message.get("thinking_blocks"))
        if not blocks:
            return parts
        rest = [part for part in parts if not isinstance(part, Reasoning)]
        return [*(reasoning_part(block) for block in blocks), *rest]

    def decoder(self) -> LiteLLMDecoder:
        """Return the decoder of one stream."""
        return LiteLLMDecoder(self)


def reasoning_members(reasoning: Sequence[Reasoning]) -> dict[str, Any]:
    """Return the members of a message that hold its reasoning; reasoning of other providers is left out."""
    blocks = [_block(part) for part in reasoning if part.seal is not None and part.seal.issuer == NAME]
    return {"thinking_blocks": blocks} if blocks else {}


def _block(part: Reasoning) -> dict[str, Any]:
    payload = fields(part.seal.payload if part.seal else None)
    return payload if payload.get("type") == "redacted_thinking" else {**payload, "thinking": part.text}
