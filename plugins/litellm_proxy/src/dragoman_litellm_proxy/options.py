"""What the LiteLLM Proxy offers beside the common settings."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from dragoman.http import option_field


@frozen(kw_only=True)
class LiteLLMProxyOptions:
    """Set what only the proxy has; see https://docs.litellm.ai/docs/proxy/request_headers.

    Args:
        metadata: what the proxy is to write down with the request.
        tags: tags for routing and for the accounts.
        guardrails: the guardrails to run.
        proxy_fallbacks: models that the proxy tries next, sent as ``fallbacks``.
        cache: settings of the proxy's cache, such as ``{"no-cache": True}`` or ``{"ttl": 60}``.
        thinking: how much a model of Anthropic is to think, in its own words.
        proxy_timeout: the seconds that the proxy gives the model, sent as ``x-litellm-timeout``.
        proxy_stream_timeout: the same for the first piece of a stream, sent as ``x-litellm-stream-timeout``.
        proxy_retries: how often the proxy tries again, sent as ``x-litellm-num-retries``.
        session_id: what groups requests in the proxy's logs, sent as ``x-litellm-session-id``.
        trace_id: the trace that the request belongs to, sent as ``x-litellm-trace-id``.
        spend_logs_metadata: what to write into the accounts, sent as ``x-litellm-spend-logs-metadata``.
        n: how many answers to make; the first is the answer, the others are in ``Response.metadata``.
        logit_bias: a bias from -100 to 100 for each token's number.
        user: who asks, by your own name for them.
        modalities: ``["text", "audio"]`` for a spoken answer.
        audio: voice and format of a spoken answer.
        web_search_options: settings of a web search.
        stream_options: settings of a stream, in place of asking for its usage.
        extra_body: further members of the body, which the proxy hands on.

    """

    metadata: dict[str, Any] | None = option_field()
    tags: list[str] | None = option_field()
    guardrails: list[Any] | None = option_field()
    proxy_fallbacks: list[Any] | None = option_field(wire="fallbacks")
    cache: dict[str, Any] | None = option_field()
    thinking: dict[str, Any] | None = option_field()
    proxy_timeout: float | None = option_field(in_body=False)
    proxy_stream_timeout: float | None = option_field(in_body=False)
    proxy_retries: int | None = option_field(in_body=False)
    session_id: str | None = option_field(in_body=False)
    trace_id: str | None = option_field(in_body=False)
    spend_logs_metadata: dict[str, Any] | None = option_field(in_body=False)
    n: int | None = option_field()
    logit_bias: dict[str, float] | None = option_field()
    user: str | None = option_field()
    modalities: list[str] | None = option_field()
    audio: dict[str, Any] | None = option_field()
    web_search_options: dict[str, Any] | None = option_field()
    stream_options: dict[str, Any] | None = option_field()
    extra_body: dict[str, Any] | None = option_field(in_body=False)
