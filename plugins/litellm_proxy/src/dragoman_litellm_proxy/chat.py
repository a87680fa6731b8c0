"""Chat completions of the LiteLLM Proxy.

https://docs.litellm.ai/docs/proxy/user_keys
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import attrs

from dragoman import JSON, ChatRequest, CompletionRequest, Part, ProviderError, Usage
from dragoman.http import HttpReply, HttpRequest, StreamDecoder, checked_headers, count, dumps, fields, loads, real
from dragoman_litellm_proxy.errors import proxy_error
from dragoman_litellm_proxy.options import LiteLLMProxyOptions
from dragoman_litellm_proxy.request import replay_reasoning, resealed, sign_calls
from dragoman_litellm_proxy.response import ISSUER, sealed_parts
from dragoman_litellm_proxy.stream import LiteLLMProxyDecoder
from dragoman_openai_compatible import CHAT_SETTINGS, MessageRules, OpenAIChat


class LiteLLMProxyChat(OpenAIChat[LiteLLMProxyOptions]):
    """Speak chat completions to the proxy."""

    def __init__(self) -> None:
        super().__init__(
            options=LiteLLMProxyOptions,
            provider=ISSUER,
            rules=MessageRules(issuer=ISSUER, replay_reasoning=replay_reasoning, tool_media=True),
            setting_names={**CHAT_SETTINGS, "top_k": "top_k"},
        )

    def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        """Return the HTTP request, with what the vendor behind the proxy signed by whichever road it came."""
        if isinstance(request, ChatRequest):
            messages = tuple(resealed(message, request.model) for message in request.messages)
            if messages != request.messages:
                request = attrs.evolve(request, messages=messages)
        return super().encode(request, stream=stream)

    def decoder(self) -> StreamDecoder:
        """Return the decoder of one stream."""
        return LiteLLMProxyDecoder(self)

    def error(self, reply: HttpReply) -> ProviderError:
        """Return the error that a reply reports."""
        return proxy_error(reply)

    def headers(self, options: LiteLLMProxyOptions) -> Mapping[str, str]:
        """Return the options that the proxy reads from headers."""
        spend = options.spend_logs_metadata
        values = {
            "timeout": options.proxy_timeout,
            "stream-timeout": options.proxy_stream_timeout,
            "num-retries": options.proxy_retries,
            "session-id": options.session_id,
            "trace-id": options.trace_id,
            "spend-logs-metadata": None if spend is None else _ascii_json("spend_logs_metadata", spend),
        }
        return checked_headers({f"x-litellm-{name}": str(value) for name, value in values.items() if value is not None})

    def finish_body(
        self,
        body: dict[str, Any],
        request: ChatRequest | CompletionRequest,
        options: LiteLLMProxyOptions,  # noqa: ARG002  # the signature of the dialect
    ) -> None:
        """Add the signatures of earlier tool calls."""
        if isinstance(request, ChatRequest):
            sign_calls(body["messages"], request.messages)

    def usage(self, body: Mapping[str, Any]) -> Usage | None:
        """Return the usage; tokens written to a cache may be in the member that Anthropic uses for them."""
        usage = super().usage(body)
        if usage is None or usage.cache_write_tokens is not None:
            return usage
        return attrs.evolve(usage, cache_write_tokens=count(body["usage"], "cache_creation_input_tokens"))

    def metadata(self, body: Mapping[str, Any]) -> dict[str, JSON]:
        """Return the metadata of a reply or chunk, including the cost in US dollars."""
        cost = real(fields(body.get("usage")).get("cost"))
        return {**super().metadata(body), **({} if cost is None else {"cost": cost})}

    def message_parts(self, message: Mapping[str, Any]) -> list[Part]:
        """Return the parts of a whole message, with the seals of signed reasoning and tool calls."""
        return sealed_parts(super().message_parts(message), message)


def _ascii_json(name: str, value: Any) -> str:
    """Return the value of an option as JSON for a header.

    Raises:
        InvalidRequestError: if JSON cannot represent it.

    """
    return json.dumps(loads(dumps({name: value}))[name])
