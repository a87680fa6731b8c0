"""OpenRouter for Dragoman: chat completions and responses over many vendors, models and embeddings.

https://openrouter.ai/docs/api-reference
"""

from __future__ import annotations

from dragoman import NO, Capabilities, Provider, ProviderConfig, ProviderInfo, hookimpl
from dragoman.http import Endpoint, base_url, checked_headers, credential
from dragoman_openai_compatible import OpenAIProvider
from dragoman_openrouter.dialect import OpenRouterDialect
from dragoman_openrouter.facts import attribution
from dragoman_openrouter.options import OpenRouterOptions

BASE_URL = "https://openrouter.ai/api/v1"
BASE_ENV = ("OPENROUTER_API_BASE", "OPENROUTER_BASE_URL")
KEY_ENV = ("OPENROUTER_API_KEY", "OR_API_KEY")

INFO = ProviderInfo(
    name="openrouter",
    issuer="openrouter",
    options=OpenRouterOptions,
    docs="https://openrouter.ai/docs/api-reference",
)

_ANY = Capabilities(completion=NO)


def capabilities(model: str) -> Capabilities:  # noqa: ARG001
    """Return what is known of *model*: OpenRouter itself leaves out what the vendor behind it does not take."""
    return _ANY


def endpoint(config: ProviderConfig) -> Endpoint:
    """Return where requests go, whose they are, and who is named as their source if the environment says so."""
    base = base_url(config, default=BASE_URL, env=BASE_ENV)
    key = credential(config, base, env=KEY_ENV)
    headers: dict[str, str] = {} if key is None else {"authorization": key.with_prefix("Bearer ")}
    headers |= attribution(config.env(("OR_SITE_URL",)), config.env(("OR_APP_NAME",)))
    return Endpoint(base=base, headers={**headers, **checked_headers(config.headers)})


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Make the provider."""
    dialect = OpenRouterDialect()
    dialect.options_reader.structure(config.options)
    return OpenAIProvider(INFO, dialect, endpoint(config), capabilities=capabilities, kept_headers=("x-generation-id",))
