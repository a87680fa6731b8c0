"""The address of Mistral and the key: https://docs.mistral.ai/api.

Mistral has a second host for code, with keys of its own: https://docs.mistral.ai/capabilities/code_generation.
"""

from __future__ import annotations

from dragoman import ProviderConfig
from dragoman.http import Endpoint, base_url, checked_headers, credential, host_matches

BASE_URL = "https://api.mistral.ai/v1"
BASE_ENV = ("MISTRAL_API_BASE", "MISTRAL_BASE_URL")
KEY_ENV = ("MISTRAL_API_KEY",)
CODE_HOST = "codestral.mistral.ai"
CODE_KEY_ENV = ("CODESTRAL_API_KEY",)

REQUEST_ID_HEADERS = ("mistral-correlation-id", "x-request-id")


def endpoint(config: ProviderConfig) -> Endpoint:
    """Return the base URL and the headers with the key.

    Raises:
        ConfigurationError: if the base URL is not valid.
        MissingCredentialError: if there is no key for it.

    """
    base = base_url(config, default=BASE_URL, env=BASE_ENV)
    key = credential(config, base, env=CODE_KEY_ENV if host_matches(base.host, CODE_HOST) else KEY_ENV)
    headers = {} if key is None else {"authorization": key.with_prefix("Bearer ")}
    return Endpoint(
        base=base,
        headers={**headers, **checked_headers(config.headers)},
        request_id_headers=REQUEST_ID_HEADERS,
    )
