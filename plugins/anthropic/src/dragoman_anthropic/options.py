"""What Anthropic offers beside the common settings."""

from __future__ import annotations

from typing import Any, Literal

from attrs import frozen

from dragoman.http import option_field


@frozen(kw_only=True)
class AnthropicOptions:
    """Set what only Anthropic has; see https://docs.anthropic.com/en/api/messages.

    Args:
        betas: names for the header ``anthropic-beta``, such as ``["context-1m-2025-08-07"]``.
        bearer: whether the key goes out as a ``Bearer`` token, as gateways like it, and not as ``x-api-key``.
        thinking: how to think, in Anthropic's words, such as ``{"type": "enabled", "budget_tokens": 2048}``; the
            setting ``effort`` is the portable way.
        later_system: what becomes of a system message after the first turn: ``send`` it where it stands, ``fold`` it
            into the user's turn, or ``reject`` it; chosen by the model if not given.
        cache_control: the automatic cache breakpoint, such as ``{"type": "ephemeral", "ttl": "1h"}``.
        metadata: ``{"user_id": "..."}``: who asks, by your own name for them.
        container: the container to go on with, an id or an object.
        mcp_servers: the MCP servers that Anthropic connects to.
        context_management: how to clear or compact a long context.
        output_config: how to answer, in Anthropic's words; ``effort`` and ``output`` are written into it.
        inference_geo: where the model runs, such as ``us``.
        speed: ``fast`` for the faster and dearer way, on models that have it.
        extra_body: further members of the body.

    """

    betas: list[str] | None = option_field(in_body=False)
    bearer: bool = option_field(default=False, in_body=False, per_call=False)
    thinking: dict[str, Any] | None = option_field(in_body=False)
    later_system: Literal["send", "fold", "reject"] | None = option_field(in_body=False)
    cache_control: dict[str, Any] | None = option_field()
    metadata: dict[str, Any] | None = option_field()
    container: Any = option_field()
    mcp_servers: list[dict[str, Any]] | None = option_field()
    context_management: dict[str, Any] | None = option_field()
    output_config: dict[str, Any] | None = option_field(in_body=False)
    inference_geo: str | None = option_field()
    speed: str | None = option_field()
    extra_body: dict[str, Any] | None = option_field(in_body=False)
