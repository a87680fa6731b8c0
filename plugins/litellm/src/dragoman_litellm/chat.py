"""Our conversations as arguments of ``litellm.acompletion``, and its OpenAI-shaped answers as ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from dragoman import (
    Adjustment,
    ChatRequest,
    CompletionRequest,
    Event,
    Part,
    PartStart,
    Reasoning,
    ReasoningDelta,
    Refusal,
    Seal,
    SealUpdate,
    Usage,
)
from dragoman.http import count, fields, loads, objects
from dragoman_litellm.options import OURS, LiteLLMOptions
from dragoman_litellm.truth import FINISH
from dragoman_openai_compatible import MessageRules, OpenAIChat
from dragoman_openai_compatible.chat import SETTING_NAMES
from dragoman_openai_compatible.chat_parts import reasoning_of, text_of
from dragoman_openai_compatible.chat_stream import OpenAIChatDecoder

ISSUER = "litellm"


class LiteLLMChat(OpenAIChat[LiteLLMOptions]):
    """Speak the dialect that LiteLLM translates from and into."""

    def __init__(self) -> None:
        super().__init__(
            options=LiteLLMOptions,
            provider=ISSUER,
            rules=MessageRules(issuer=ISSUER, replay_reasoning=replay, tool_media=True),
            setting_names={**SETTING_NAMES, "top_k": "top_k"},
            metadata_names=("system_fingerprint", "service_tier"),
            finish_table=FINISH,
        )

    def arguments(self, request: ChatRequest, *, stream: bool) -> tuple[dict[str, Any], tuple[Adjustment, ...]]:
        """Return the arguments that *request* stands for, and what they could not say.

        Raises:
            UnsupportedError: for a part that the dialect cannot say.

        """
        wire = self.encode(request, stream=stream)
        return loads(wire.body or b"{}"), wire.adjustments

    def finish_body(
        self,
        body: dict[str, Any],
        request: ChatRequest | CompletionRequest,  # noqa: ARG002  # the signature of the dialect
        options: LiteLLMOptions,
    ) -> None:
        """Add further arguments, apart from those that are not the caller's to set."""
        further = options.arguments or {}
        body.update({name: value for name, value in further.items() if name not in OURS})
        if options.api_version is not None:
            body["api_version"] = options.api_version

    def usage(self, body: Mapping[str, Any]) -> Usage | None:
        """Return the usage, with what was written to a cache where the provider says so."""
        usage = super().usage(body)
        if usage is None or usage.cache_write_tokens is not None:
            return usage
        written = count(fields(body.get("usage")), "cache_creation_input_tokens")
        return attrs.evolve(usage, cache_write_tokens=written) if written else usage

    def message_parts(self, message: Mapping[str, Any]) -> list[Part]:
        """Return the parts of a message, reasoning with the blocks that the provider wants back."""
        parts = super().message_parts(message)
        if refusal := fields(message.get("provider_specific_fields")).get("refusal"):
            parts.append(Refusal(text=str(refusal)))
        blocks = objects(message.get("thinking_blocks"))
        if not blocks:
            return parts
        rest = [part for part in parts if not isinstance(part, Reasoning)]
        return [*(_reasoning(block) for block in blocks), *rest]

    def reasoning_events(self, decoder: OpenAIChatDecoder, delta: Mapping[str, Any]) -> Iterable[Event]:
        """Return the events for the reasoning of one delta."""
        assert isinstance(decoder, LiteLLMDecoder)  # noqa: S101  # by decoder()
        return decoder.thinking(reasoning_of(delta, self.reasoning_names), objects(delta.get("thinking_blocks")))

    def decoder(self) -> LiteLLMDecoder:
        """Return the decoder of one stream."""
        return LiteLLMDecoder(self)


class LiteLLMDecoder(OpenAIChatDecoder):
    """Decode one stream: a signature seals the reasoning before it and ends its block."""

    def __init__(self, dialect: LiteLLMChat) -> None:
        super().__init__(dialect)
        self._thinking: int | None = None

    def thinking(self, text: str, blocks: Iterable[Mapping[str, Any]]) -> Iterable[Event]:
        """Return the events for a piece of reasoning and for the blocks that came with it."""
        if text:
            if self._thinking is None:
                self._thinking = self.begin()
                yield PartStart(self._thinking, Reasoning())
            yield ReasoningDelta(self._thinking, text)
        for block in blocks:
            part = _reasoning(block)
            if part.redacted:
                yield PartStart(self.begin(), part)
            elif block.get("signature") and self._thinking is not None and part.seal is not None:
                yield SealUpdate(self._thinking, part.seal)
                self._thinking = None


def replay(reasoning: Sequence[Reasoning]) -> dict[str, Any]:
    """Return the blocks of reasoning that LiteLLM gave, as it takes them back; foreign reasoning is not sent."""
    blocks = [_block(part) for part in reasoning if part.seal is not None and part.seal.issuer == ISSUER]
    return {"thinking_blocks": blocks} if blocks else {}


def _block(part: Reasoning) -> dict[str, Any]:
    payload = fields(part.seal.payload if part.seal else None)
    return payload if payload.get("type") == "redacted_thinking" else {**payload, "thinking": part.text}


def _reasoning(block: Mapping[str, Any]) -> Reasoning:
    redacted = block.get("type") == "redacted_thinking"
    payload = {name: value for name, value in block.items() if name != "thinking" and value}
    return Reasoning(text=text_of(block.get("thinking")), redacted=redacted, seal=Seal(issuer=ISSUER, payload=payload))
