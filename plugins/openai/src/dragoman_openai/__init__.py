"""OpenAI for Dragoman: chat completions, responses, legacy completions, models and embeddings.

https://platform.openai.com/docs/api-reference
"""

from __future__ import annotations

from functools import partial

from dragoman import Provider, ProviderConfig, ProviderInfo, hookimpl
from dragoman.http import Endpoint, base_url, checked_headers, credential, is_home
from dragoman_openai.dialect import OpenAIDialect
from dragoman_openai.families import capabilities
from dragoman_openai.options import OpenAIOptions
from dragoman_openai_compatible import OpenAIProvider

BASE_URL = "https://api.openai.com/v1"
BASE_ENV = ("OPENAI_BASE_URL", "OPENAI_API_BASE")
KEY_ENV = ("OPENAI_API_KEY",)
ORGANIZATION_ENV = ("OPENAI_ORGANIZATION", "OPENAI_ORG_ID")
PROJECT_ENV = ("OPENAI_PROJECT_ID",)

INFO = ProviderInfo(
    name="openai", issuer="openai", options=OpenAIOptions, docs="https://platform.openai.com/docs/api-reference"
)


def endpoint(config: ProviderConfig, options: OpenAIOptions) -> Endpoint:
    """Return where requests go, and whose they are."""
    base = base_url(config, default=BASE_URL, env=BASE_ENV)
    key = credential(config, base, env=KEY_ENV)
    headers: dict[str, str] = {} if key is None else {"authorization": key.with_prefix("Bearer ")}
    at_home = is_home(config, base)
    owners = {
        "openai-organization": options.organization or (config.env(ORGANIZATION_ENV) if at_home else None),
        "openai-project": options.project or (config.env(PROJECT_ENV) if at_home else None),
    }
    headers |= checked_headers({name: value for name, value in owners.items() if value})
    return Endpoint(base=base, headers={**headers, **checked_headers(config.headers)})


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Make the provider."""
    dialect = OpenAIDialect()
    options = dialect.options_reader.configure(config.options)
    return OpenAIProvider(
        INFO,
        dialect,
        endpoint(config, options),
        capabilities=partial(capabilities, api=options.api),
        kept_headers=("openai-",),
    )
