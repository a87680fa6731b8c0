"""OpenAI for Dragoman: chat completions, legacy completions, models and embeddings.

https://platform.openai.com/docs/api-reference
"""

from __future__ import annotations

from dragoman import Provider, ProviderConfig, ProviderInfo, hookimpl
from dragoman.http import Endpoint, OpenAIProvider, base_url, checked_headers, credential

from dragoman_openai.chat import OpenAIChatCompletions
from dragoman_openai.families import capabilities
from dragoman_openai.options import OpenAIOptions

BASE_URL = "https://api.openai.com/v1"
BASE_ENV = ("OPENAI_BASE_URL", "OPENAI_API_BASE")
KEY_ENV = ("OPENAI_API_KEY",)

INFO = ProviderInfo(
    name="openai", issuer="openai", options=OpenAIOptions, docs="https://platform.openai.com/docs/api-reference"
)


def endpoint(config: ProviderConfig, options: OpenAIOptions) -> Endpoint:
    """Return where requests go, and whose they are."""
    base = base_url(config, default=BASE_URL, env=BASE_ENV)
    key = credential(config, base, env=KEY_ENV)
    headers: dict[str, str] = {} if key is None else {"authorization": key.with_prefix("Bearer ")}
    owners = {
        "openai-organization": options.organization or config.env(("OPENAI_ORGANIZATION", "OPENAI_ORG_ID")),
        "openai-project": options.project or config.env(("OPENAI_PROJECT_ID",)),
    }
    headers |= {name: value for name, value in owners.items() if value}
    return Endpoint(base=base, headers={**headers, **checked_headers(config.headers)})


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Make the provider."""
    dialect = OpenAIChatCompletions()
    options = dialect.options_reader.structure(config.options)
    return OpenAIProvider(
        INFO,
        dialect,
        endpoint(config, options),
        capabilities=capabilities,
        kept_headers=("openai-",),
    )
