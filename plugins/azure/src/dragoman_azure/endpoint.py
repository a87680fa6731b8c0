"""The headers that authenticate requests: a key of the resource, or a token of Microsoft Entra ID.

https://learn.microsoft.com/azure/ai-services/openai/how-to/managed-identity
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from typing import Any, Protocol

from dragoman import (
    AuthenticationError,
    ConfigurationError,
    DragomanError,
    MissingCredentialError,
    ProviderConfig,
    Secret,
)
from dragoman.http import Authorize, Base, Endpoint, HttpRequest, checked_headers, credential, is_home, refuse_insecure

KEY_ENV = ("AZURE_OPENAI_API_KEY", "AZURE_API_KEY")
TOKEN_ENV = "AZURE_AD_TOKEN"  # noqa: S105  # the name of a variable

REQUEST_ID_HEADERS = ("x-request-id", "request-id", "apim-request-id")

_SCOPES = {
    ".us": "https://cognitiveservices.azure.us/.default",
    ".cn": "https://cognitiveservices.azure.cn/.default",
}
_SCOPE = "https://cognitiveservices.azure.com/.default"


class Identity(Protocol):
    """Say by options as whom Azure is called, if not with a key."""

    @property
    def azure_ad_token(self) -> Any:
        """Return a token, or a function that returns one."""
        ...

    @property
    def entra(self) -> bool:
        """Return whether azure-identity gets tokens."""
        ...

    @property
    def entra_scope(self) -> str | None:
        """Return the scope of such tokens."""
        ...


def endpoint(
    config: ProviderConfig,
    options: Identity,
    base: Base,
    *,
    key_env: tuple[str, ...] = KEY_ENV,
    key_header: str = "api-key",
) -> Endpoint:
    """Return the base URL and the headers with the credential.

    A token from the options comes first, then a key, then the token from the environment.

    Args:
        config: the configuration.
        options: its options.
        base: the base URL.
        key_env: the variables of the environment for the key.
        key_header: the header with the key.

    Raises:
        MissingCredentialError: if there is no credential, or if it may not be sent to this host.
        ConfigurationError: if both a key and a token are given, or if the connection would not be encrypted.

    """
    extra = checked_headers(config.headers)
    make = partial(Endpoint, base=base, request_id_headers=REQUEST_ID_HEADERS)
    if options.azure_ad_token is not None or options.entra:
        if config.api_key is not None:
            message = "azure accepts either api_key or a token of Entra ID, not both; leave one out"
            raise ConfigurationError(message, provider="azure", parameter="api_key")
        refuse_insecure(config, base)
        return make(headers=extra, authorize=_authorize(config, options, base))
    environment_token = config.environ.get(TOKEN_ENV) if is_home(config, base) else None
    key = credential(config, base, env=key_env, required=not environment_token)
    if key is not None:
        return make(headers={key_header: key, **extra})
    refuse_insecure(config, base)
    token = Secret(environment_token or "", name=TOKEN_ENV)
    return make(headers={"authorization": token.with_prefix("Bearer "), **extra})


def _authorize(config: ProviderConfig, options: Identity, base: Base) -> Authorize:
    source = _identity(config, options, base) if options.entra else _token(options)

    async def authorize(_: HttpRequest) -> Mapping[str, str]:
        token: Any = None
        try:
            token = await _called(source) if callable(source) else source
            return {"authorization": Secret(token, name="azure_ad_token").with_prefix("Bearer ")}
        finally:
            del token  # a traceback may show the local variables of this frame

    return authorize


async def _called(source: Callable[[], Any]) -> Any:
    """Return what the function of the caller returns.

    Raises:
        AuthenticationError: if it fails.

    """
    try:
        token = source()
        return await token if inspect.isawaitable(token) else token
    except DragomanError:
        raise
    except Exception as error:
        message = f"the function azure_ad_token failed with {type(error).__name__}: {error}"
        raise AuthenticationError(message, provider="azure") from error
    finally:
        token = None  # a traceback may show the local variables of this frame


def _token(options: Identity) -> Any:
    """Return the token of the options as a secret, or their function.

    No local variable holds the token, since a traceback may show local variables.
    """
    if isinstance(options.azure_ad_token, str):
        return Secret(options.azure_ad_token, name="azure_ad_token")
    return options.azure_ad_token


def _identity(config: ProviderConfig, options: Identity, base: Base) -> Callable[[], Any]:
    """Return a function that gets tokens from azure-identity, which renews them when needed."""
    if not is_home(config, base):
        message = f"{base.host} is not a host of Azure, so a token of the identity of this machine is not sent there"
        raise MissingCredentialError(message, provider="azure")
    scope = options.entra_scope or next((_SCOPES[end] for end in _SCOPES if base.host.endswith(end)), _SCOPE)
    credentials: list[Any] = []

    def token() -> str:
        if not credentials:
            credentials.append(_credential())
        try:
            return str(credentials[0].get_token(scope).token)
        except Exception as error:
            message = f"azure-identity returns no token: {error}"
            raise AuthenticationError(message, provider="azure") from error

    return lambda: asyncio.to_thread(token)


def _credential() -> Any:
    try:
        identity: Any = import_module("azure.identity")  # an optional dependency, imported when used
    except ImportError as error:
        message = "entra=True needs azure-identity: pip install 'dragoman-azure[entra]'"
        raise ConfigurationError(message, provider="azure", parameter="entra") from error
    return identity.DefaultAzureCredential()
