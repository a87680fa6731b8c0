"""The base URL of OpenAI and the headers that authenticate requests.

https://platform.openai.com/docs/api-reference/authentication
"""

from __future__ import annotations

from dragoman import ProviderConfig
from dragoman.http import Endpoint, base_url, checked_headers, credential, is_home
from dragoman_openai.options import OpenAIOptions

BASE_URL = "https://api.openai.com/v1"
BASE_ENV = ("OPENAI_BASE_URL", "OPENAI_API_BASE")
KEY_ENV = ("OPENAI_API_KEY",)
ORGANIZATION_ENV = ("OPENAI_ORGANIZATION", "OPENAI_ORG_ID")
PROJECT_ENV = ("OPENAI_PROJECT_ID",)


def endpoint(config: ProviderConfig, options: OpenAIOptions) -> Endpoint:
    """Return the base URL and the headers with the key, the organization and the project.

    Raises:
        ConfigurationError: if the base URL is not valid.
        MissingCredentialError: if there is no key for it.

    """
    base = base_url(config, default=BASE_URL, env=BASE_ENV)
    key = credential(config, base, env=KEY_ENV)
    headers: dict[str, str] = {} if key is None else {"authorization": key.with_prefix("Bearer ")}
    is_openai = is_home(config, base)
    billing = {
        "openai-organization": options.organization or (config.env(ORGANIZATION_ENV) if is_openai else None),
        "openai-project": options.project or (config.env(PROJECT_ENV) if is_openai else None),
    }
    headers |= checked_headers({name: value for name, value in billing.items() if value})
    return Endpoint(base=base, headers={**headers, **checked_headers(config.headers)})
