"""The options of requests to Anthropic that the common settings do not cover."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from attrs import frozen

from dragoman.http import Value, option_field

ISSUER = "anthropic"
"""The key of these options, and the issuer of Anthropic's seals, extensions and server tools."""


@frozen(kw_only=True, eq=False, repr=False)
class MessagesOptions(Value):
    """Set what only the Messages API offers; see https://docs.anthropic.com/en/api/messages.

    Args:
        api_version: the version of the API, such as ``2026-10-21``, which accepts no sampling settings; chosen by the
            model if not given. See https://docs.anthropic.com/en/api/versioning.
        betas: values of the header ``anthropic-beta``, such as ``["context-1m-2025-08-07"]``.
        thinking: the configuration of extended thinking as Anthropic defines it, such as
            ``{"type": "enabled", "budget_tokens": 2048}``; the setting ``effort`` is the portable way.
        later_system: what happens to a system message after the first turn: ``send`` it in its position, ``fold`` it
            into the user's turn, or ``reject`` it; chosen by the model if not given.
        cache_control: the automatic cache breakpoint, such as ``{"type": "ephemeral", "ttl": "1h"}``.
        metadata: ``{"user_id": "..."}``: your own opaque identifier of the end user.
        container: the container to reuse, as an id or an object.
        mcp_servers: the MCP servers that Anthropic connects to.
        context_management: how to clear or compact a long context.
        output_config: the configuration of the output as Anthropic defines it; the settings ``effort`` and ``output``
            are merged into it.
        inference_geo: the region where the model runs, such as ``us``.
        speed: ``fast`` for faster inference at a higher price, on models that offer it.
        extra_body: additional members of the request body.

    """

    api_version: str | None = option_field(in_body=False)
    betas: list[str] | None = option_field(in_body=False)
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


@frozen(kw_only=True, eq=False, repr=False)
class AnthropicOptions(MessagesOptions):
    """Set what only Anthropic offers, beside what the Messages API does.

    Args:
        bearer: whether the key is sent as ``Authorization: Bearer``, as some gateways require, and not as
            ``x-api-key``.

    """

    __provider__: ClassVar[str] = ISSUER
    bearer: bool = option_field(default=False, in_body=False, per_call=False)


@frozen(kw_only=True, eq=False, repr=False)
class AnthropicFileOptions(Value):
    """Set what Anthropic offers for files; see https://docs.anthropic.com/en/api/files-create.

    Args:
        expires_in_seconds: seconds until the file is deleted, from 3600 to 7776000.

    """

    __provider__: ClassVar[str] = ISSUER
    expires_in_seconds: int | None = option_field()
