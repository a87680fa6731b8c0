"""Claude in Microsoft Foundry: the dialect of dragoman-anthropic at the addresses of Azure, with its credentials.

https://learn.microsoft.com/azure/foundry/foundry-models/how-to/use-foundry-models-claude and
https://platform.claude.com/docs/en/build-with-claude/claude-in-microsoft-foundry
"""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

import attrs
from attrs import frozen

from dragoman import Capabilities, ProtocolError, ProviderConfig, ProviderError, ProviderInfo
from dragoman.http import HttpReply, OptionsReader, fields, option_field
from dragoman_anthropic import (
    FIRST_VERSION,
    ISSUER,
    AnthropicMessages,
    MessagesOptions,
    MessagesProvider,
    hosted_capabilities,
)
from dragoman_azure.claude_address import claude_base
from dragoman_azure.endpoint import KEY_ENV, endpoint
from dragoman_azure.errors import azure_error
from dragoman_azure.options import check_tokens

FOUNDRY_KEY_ENV = ("ANTHROPIC_FOUNDRY_API_KEY", *KEY_ENV)
SCOPE = "https://ai.azure.com/.default"
"""The scope of tokens: https://github.com/anthropics/anthropic-sdk-typescript/tree/main/packages/foundry-sdk."""


@frozen(kw_only=True, eq=False, repr=False)
class FoundryClaudeOptions(MessagesOptions):
    """Set what only Claude in Foundry offers, beside what the Messages API does.

    Args:
        api: ``messages``, to ask for Claude by another address and another name. Only for ``LLMConfig``, as are all
            options below.
        resource: the name of the resource, in place of ``api_base``.
        base_model: the model behind the deployment, such as ``claude-sonnet-4-5``, where its name does not tell it.
        azure_ad_token: a token of Microsoft Entra ID, or a function without arguments that returns one (or an awaitable
            of one), called for each attempt.
        entra: whether to get such tokens from azure-identity, which ``dragoman-azure[entra]`` installs.
        entra_scope: the scope of such tokens; ``https://ai.azure.com/.default`` if not given.

    Raises:
        InvalidRequestError: for a token that is neither a text nor a function, or for both ways to get one.

    """

    api: Literal["messages"] | None = option_field(in_body=False, per_call=False)
    resource: str | None = option_field(in_body=False, per_call=False)
    base_model: str | None = option_field(in_body=False, per_call=False)
    azure_ad_token: Any = option_field(in_body=False, per_call=False, secret=True)
    entra: bool = option_field(default=False, in_body=False, per_call=False)
    entra_scope: str | None = option_field(in_body=False, per_call=False)

    def __attrs_post_init__(self) -> None:
        """Refuse tokens that cannot be."""
        check_tokens(self.azure_ad_token, entra=self.entra)


INFO = ProviderInfo(
    name="azure",
    issuer=ISSUER,
    options=FoundryClaudeOptions,
    docs="https://learn.microsoft.com/azure/foundry/foundry-models/how-to/use-foundry-models-claude",
    formats=frozenset({"blocks"}),
)


class FoundryMessages(AnthropicMessages):
    """Translate requests and responses of the Messages API in Foundry."""

    has_prompts = False

    def error(self, reply: HttpReply) -> ProviderError:
        """Return the error that a reply reports: that of Anthropic, whose errors have a type, or that of Azure."""
        return super().error(reply) if _is_of_anthropic(reply) else azure_error(reply)


def _is_of_anthropic(reply: HttpReply) -> bool:
    try:
        return fields(reply.json()).get("type") == "error"
    except ProtocolError:
        return False


def make_claude(config: ProviderConfig) -> MessagesProvider:
    """Return the provider of one resource; ``model`` is the name of a deployment.

    Raises:
        ConfigurationError: if an option or the base URL is not valid.
        MissingCredentialError: if there is no key or token for the base URL.

    """
    reader = OptionsReader(FoundryClaudeOptions, INFO.name)
    options = reader.configure(config.options)
    identity = attrs.evolve(options, entra_scope=options.entra_scope or SCOPE)
    base = claude_base(config, options.resource)
    target = endpoint(config, identity, base, key_env=FOUNDRY_KEY_ENV, key_header="x-api-key")
    target = attrs.evolve(target, headers={**FIRST_VERSION, **target.headers})
    dialect = FoundryMessages(reader)
    dialect.configure(config, target.headers)
    dialect.base_model = options.base_model
    known = partial(_capabilities, base_model=options.base_model)
    return MessagesProvider(INFO, dialect, target, capabilities=known)


def _capabilities(model: str, base_model: str | None) -> Capabilities:
    return hosted_capabilities(base_model or model)
