"""Groq for Dragoman: chat completions and models.

https://console.groq.com/docs/api-reference
"""

from __future__ import annotations

from dragoman import Provider, ProviderConfig, ProviderInfo, hookimpl
from dragoman.http import Endpoint, base_url, checked_headers, credential
from dragoman_groq.chat import GroqChat
from dragoman_groq.families import capabilities
from dragoman_groq.options import GroqOptions
from dragoman_groq.provider import GroqProvider

BASE_URL = "https://api.groq.com/openai/v1"
BASE_ENV = ("GROQ_API_BASE", "GROQ_BASE_URL")
KEY_ENV = ("GROQ_API_KEY",)

INFO = ProviderInfo(name="groq", issuer="groq", options=GroqOptions, docs="https://console.groq.com/docs/api-reference")


def endpoint(config: ProviderConfig) -> Endpoint:
    """Return where requests go, and whose they are."""
    base = base_url(config, default=BASE_URL, env=BASE_ENV)
    key = credential(config, base, env=KEY_ENV)
    headers = {} if key is None else {"authorization": key.with_prefix("Bearer ")}
    return Endpoint(base=base, headers={**headers, **checked_headers(config.headers)})


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Make the provider."""
    dialect = GroqChat()
    dialect.options_reader.structure(config.options)
    return GroqProvider(INFO, dialect, endpoint(config), capabilities=capabilities, kept_headers=("x-groq-",))
