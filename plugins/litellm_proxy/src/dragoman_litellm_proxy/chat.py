"""Chat completions, as the LiteLLM Proxy speaks them.

https://docs.litellm.ai/docs/proxy/user_keys
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from dragoman import (
    JSON,
    ChatRequest,
    CompletionRequest,
    Event,
    Part,
    PartStart,
    PartUpdate,
    ProviderError,
    Reasoning,
    SealUpdate,
    ToolCall,
    Usage,
)
from dragoman.http import HttpReply, StreamDecoder, checked_headers, count, fields, objects, real, word
from dragoman_litellm_proxy.failures import failure
from dragoman_litellm_proxy.options import LiteLLMProxyOptions
from dragoman_litellm_proxy.thinking import ISSUER, SIGNED_CALL, merge, replay, seal, sign_calls
from dragoman_openai_compatible import MessageRules, OpenAIChat
from dragoman_openai_compatible.chat import SETTING_NAMES
from dragoman_openai_compatible.chat_stream import OpenAIChatDecoder


class LiteLLMProxyChat(OpenAIChat[LiteLLMProxyOptions]):
    """Speak the dialect to the proxy."""

    def __init__(self) -> None:
        super().__init__(
            options=LiteLLMProxyOptions,
            provider=ISSUER,
            rules=MessageRules(issuer=ISSUER, replay_reasoning=replay, tool_media=True),
            setting_names={**SETTING_NAMES, "top_k": "top_k"},
        )

    def decoder(self) -> StreamDecoder:
        """Return the decoder of one stream."""
        return LiteLLMProxyDecoder(self)

    def error(self, reply: HttpReply) -> ProviderError:
        """Return the error that a reply reports."""
        return failure(reply)

    def headers(self, options: LiteLLMProxyOptions) -> Mapping[str, str]:
        """Return the overrides that the proxy reads from headers."""
        spend = options.spend_logs_metadata
        overrides = {
            "timeout": options.proxy_timeout,
            "stream-timeout": options.proxy_stream_timeout,
            "num-retries": options.proxy_retries,
            "session-id": options.session_id,
            "trace-id": options.trace_id,
            "spend-logs-metadata": None if spend is None else json.dumps(spend),
        }
        return checked_headers({f"x-litellm-{name}": str(wish) for name, wish in overrides.items() if wish is not None})

    def finish_body(
        self, body: dict[str, Any], request: ChatRequest | CompletionRequest, options: LiteLLMProxyOptions
    ) -> None:
        """Give back what models signed, and add ``extra_body``."""
        if isinstance(request, ChatRequest):
            sign_calls(body["messages"], request.messages)
        body.update(options.extra_body or {})

    def usage(self, body: Mapping[str, Any]) -> Usage | None:
        """Return the usage, in which tokens written to a cache may stand in Anthropic's place."""
        usage = super().usage(body)
        if usage is None or usage.cache_write_tokens is not None:
            return usage
        return attrs.evolve(usage, cache_write_tokens=count(body["usage"], "cache_creation_input_tokens"))

    def metadata(self, body: Mapping[str, Any]) -> dict[str, JSON]:
        """Return what is worth keeping of a reply or chunk, the cost among it."""
        cost = real(fields(body.get("usage")).get("cost"))
        return {**super().metadata(body), **({} if cost is None else {"cost": cost})}

    def message_parts(self, message: Mapping[str, Any]) -> list[Part]:
        """Return the parts of a whole message, with the seals of what models signed."""
        blocks = objects(message.get("thinking_blocks"))
        signed = {
            word(call.get("id")): call[SIGNED_CALL]
            for call in objects(message.get("tool_calls"))
            if call.get(SIGNED_CALL)
        }
        parts = super().message_parts(message)
        if blocks and not any(isinstance(part, Reasoning) for part in parts):
            parts.insert(0, Reasoning(redacted=True))
        return [_sealed(part, blocks, signed) for part in parts]

    def reasoning_events(self, decoder: OpenAIChatDecoder, delta: Mapping[str, Any]) -> Iterable[Event]:
        """Return the events for the reasoning of one delta."""
        assert isinstance(decoder, LiteLLMProxyDecoder)  # noqa: S101  # by decoder()
        return [*super().reasoning_events(decoder, delta), *decoder.thought(delta)]


def _sealed(part: Part, blocks: list[dict[str, Any]], signed: Mapping[Any, Any]) -> Part:
    if isinstance(part, Reasoning) and blocks:
        return attrs.evolve(part, seal=seal(blocks))
    if isinstance(part, ToolCall) and part.call_id in signed:
        return attrs.evolve(part, seal=seal(signed[part.call_id]))
    return part


class LiteLLMProxyDecoder(OpenAIChatDecoder):
    """Decode one stream, and gather what models signed."""

    def __init__(self, dialect: LiteLLMProxyChat) -> None:
        super().__init__(dialect)
        self._blocks: list[dict[str, Any]] = []

    def thought(self, delta: Mapping[str, Any]) -> Iterable[Event]:
        """Keep the blocks of one delta, and open a part for them if no words of theirs did."""
        pieces = objects(delta.get("thinking_blocks"))
        merge(self._blocks, pieces)
        if pieces and "reasoning" not in self._open:
            self._open["reasoning"] = self.begin()
            yield PartStart(self._open["reasoning"], Reasoning())

    def close(self) -> Iterable[Event]:
        """Return what is complete only at the end: the seal of the reasoning."""
        yield from super().close()
        if self._blocks:
            redacted = all(block.get("type") == "redacted_thinking" for block in self._blocks)
            yield PartUpdate(self._open["reasoning"], Reasoning(redacted=redacted, seal=seal(self._blocks)))

    def _call(self, call: dict[str, Any], events: list[Event]) -> None:
        super()._call(call, events)
        if call.get(SIGNED_CALL):
            events.append(SealUpdate(self._calls.latest, seal(call[SIGNED_CALL])))
