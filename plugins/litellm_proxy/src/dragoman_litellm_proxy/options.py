"""Options of the LiteLLM Proxy, in addition to the common settings."""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import frozen

from dragoman.http import Value, option_field


@frozen(kw_only=True, eq=False, repr=False)
class LiteLLMProxyOptions(Value):
    """Set what only the proxy offers; see https://docs.litellm.ai/docs/proxy/request_headers.

    Args:
        metadata: what the proxy logs with the request.
        tags: tags for routing and for spend tracking.
        guardrails: the guardrails to run.
        proxy_fallbacks: models that the proxy tries next, sent as ``fallbacks``.
        proxy_cache: settings of the proxy's cache, such as ``{"no-cache": True}`` or ``{"ttl": 60}``.
        thinking: the thinking of a model of Anthropic, in the form of its API.
        proxy_timeout: the timeout of the proxy in seconds, sent as ``x-litellm-timeout``.
        proxy_stream_timeout: the timeout for the first chunk of a stream in seconds, sent as
            ``x-litellm-stream-timeout``.
        proxy_retries: the number of retries by the proxy, sent as ``x-litellm-num-retries``.
        session_id: an id that groups requests in the logs of the proxy, sent as ``x-litellm-session-id``.
        trace_id: the trace that the request belongs to, sent as ``x-litellm-trace-id``.
        spend_logs_metadata: what the proxy adds to its spend logs, sent as ``x-litellm-spend-logs-metadata``.
        logit_bias: biases from -100 to 100 by token id.
        user: your identifier of the end user.
        modalities: ``["text", "audio"]`` for a spoken answer.
        audio: the voice and the format of a spoken answer.
        web_search_options: settings of web searches.
        stream_options: settings of a stream, which replace the request for its usage.
        extra_body: further members of the body, which the proxy passes on.

    """

    __provider__: ClassVar[str] = "litellm_proxy"
    metadata: dict[str, Any] | None = option_field()
    tags: list[str] | None = option_field()
    guardrails: list[Any] | None = option_field()
    proxy_fallbacks: list[Any] | None = option_field(wire="fallbacks")
    proxy_cache: dict[str, Any] | None = option_field(wire="cache")
    thinking: dict[str, Any] | None = option_field()
    proxy_timeout: float | None = option_field(in_body=False)
    proxy_stream_timeout: float | None = option_field(in_body=False)
    proxy_retries: int | None = option_field(in_body=False)
    session_id: str | None = option_field(in_body=False)
    trace_id: str | None = option_field(in_body=False)
    spend_logs_metadata: dict[str, Any] | None = option_field(in_body=False)
    logit_bias: dict[str, float] | None = option_field()
    user: str | None = option_field()
    modalities: list[str] | None = option_field()
    audio: dict[str, Any] | None = option_field()
    web_search_options: dict[str, Any] | None = option_field()
    stream_options: dict[str, Any] | None = option_field()
    extra_body: dict[str, Any] | None = option_field(in_body=False)
