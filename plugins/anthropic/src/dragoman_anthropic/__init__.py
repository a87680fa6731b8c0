"""Anthropic for Dragoman, and the dialect of its Messages API for the clouds that serve it too.

The names in ``__all__`` are public. A module is imported when one of its names is first used.

https://docs.anthropic.com/en/api/messages
"""

from __future__ import annotations

from dragoman import Provider, ProviderConfig, hookimpl, lazy_names

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
    "dragoman_anthropic.anthropic_format": ("anthropic_format",),
    "dragoman_anthropic.dialect": ("AnthropicMessages", "Operation"),
    "dragoman_anthropic.errors": ("error_of",),
    "dragoman_anthropic.hosted": ("HostedMessages", "hosted_capabilities"),
    "dragoman_anthropic.models": ("capabilities", "family"),
    "dragoman_anthropic.options": ("AnthropicFileOptions", "AnthropicOptions", "ISSUER", "MessagesOptions"),
    "dragoman_anthropic.plain_messages": ("to_anthropic",),
    "dragoman_anthropic.provider": ("MessagesProvider",),
    "dragoman_anthropic.request": ("EncodedRequest", "FEATURE_BETAS", "beta_header"),
    "dragoman_anthropic.request_settings": ("SettingsEncoder", "what_excludes_thinking"),
    "dragoman_anthropic.schema_rules": ("STRICT_SCHEMA",),
    "dragoman_anthropic.stream": ("MessagesDecoder",),
    "dragoman_anthropic.versions": ("FIRST_VERSION",),
}
"""The public names by the module that defines each; the imports above name them for type checkers."""

__all__ = sorted(name for names in _HOMES.values() for name in names)  # noqa: PLE0605  # pyright: ignore[reportUnsupportedDunderAll]  # computed

__getattr__ = lazy_names(__name__, _HOMES)


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Return the provider for *config*."""
    from dragoman_anthropic.provider import make_provider  # noqa: PLC0415  # those that use the dialect do not need it

    return make_provider(config)
