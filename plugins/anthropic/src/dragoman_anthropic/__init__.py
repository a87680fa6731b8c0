"""Anthropic for Dragoman, and the dialect of its Messages API for the clouds that serve it too.

The names in ``__all__`` are public. A module is imported when one of its names is first used.

https://docs.anthropic.com/en/api/messages
"""

from __future__ import annotations

from dragoman import Provider, ProviderConfig, hookimpl

TYPE_CHECKING = False  # type checkers know better, and the module typing is not paid for

if TYPE_CHECKING:
    from dragoman_anthropic import anthropic_format as anthropic_format
    from dragoman_anthropic.dialect import AnthropicMessages as AnthropicMessages, Operation as Operation
    from dragoman_anthropic.errors import error_of as error_of
    from dragoman_anthropic.hosted import HostedMessages as HostedMessages, hosted_capabilities as hosted_capabilities
    from dragoman_anthropic.models import capabilities as capabilities, family as family
    from dragoman_anthropic.options import (
        ISSUER as ISSUER,
        AnthropicFileOptions as AnthropicFileOptions,
        AnthropicOptions as AnthropicOptions,
        MessagesOptions as MessagesOptions,
    )
    from dragoman_anthropic.plain_messages import to_anthropic as to_anthropic
    from dragoman_anthropic.provider import MessagesProvider as MessagesProvider
    from dragoman_anthropic.request import (
        FEATURE_BETAS as FEATURE_BETAS,
        EncodedRequest as EncodedRequest,
        beta_header as beta_header,
    )
    from dragoman_anthropic.request_settings import (
        SettingsEncoder as SettingsEncoder,
        what_excludes_thinking as what_excludes_thinking,
    )
    from dragoman_anthropic.schema_rules import STRICT_SCHEMA as STRICT_SCHEMA
    from dragoman_anthropic.stream import MessagesDecoder as MessagesDecoder
    from dragoman_anthropic.versions import FIRST_VERSION as FIRST_VERSION

_HOMES = {
    "AnthropicFileOptions": "options",
    "AnthropicMessages": "dialect",
    "AnthropicOptions": "options",
    "EncodedRequest": "request",
    "FEATURE_BETAS": "request",
    "FIRST_VERSION": "versions",
    "HostedMessages": "hosted",
    "ISSUER": "options",
    "MessagesDecoder": "stream",
    "MessagesOptions": "options",
    "MessagesProvider": "provider",
    "Operation": "dialect",
    "STRICT_SCHEMA": "schema_rules",
    "SettingsEncoder": "request_settings",
    "anthropic_format": "anthropic_format",
    "beta_header": "request",
    "capabilities": "models",
    "error_of": "errors",
    "family": "models",
    "hosted_capabilities": "hosted",
    "to_anthropic": "plain_messages",
    "what_excludes_thinking": "request_settings",
}
"""The module that defines each public name; the imports in the TYPE_CHECKING block name them for type checkers."""

__all__ = sorted(_HOMES)  # noqa: PLE0605  # pyright: ignore[reportUnsupportedDunderAll]  # computed


def __getattr__(name: str) -> object:
    """Import a public name when it is first used."""
    from importlib import import_module  # noqa: PLC0415  # loaded by Python itself

    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    module = import_module(f"{__name__}.{_HOMES[name]}")
    value = globals()[name] = module if name == _HOMES[name] else getattr(module, name)
    return value


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Return the provider for *config*."""
    from dragoman_anthropic.provider import make_provider  # noqa: PLC0415  # those that use the dialect do not need it

    return make_provider(config)
