"""What recorded exchanges with the LiteLLM Proxy say."""

from __future__ import annotations

from urllib.parse import urlsplit

from dragoman import AuthenticationError, LLMConfig, QuotaExceededError
from recordings import Recording
from replay import oracle_openai_chat as openai
from replay.judge import Expected, Replay

TYPES = {
    "auth_error": AuthenticationError,
    "no_db_connection": AuthenticationError,
    "token_not_found_in_db": AuthenticationError,
    "budget_exceeded": QuotaExceededError,
}


def expected(recording: Recording) -> Expected:
    """Work out what an exchange says: the type of an error goes before its status."""
    if recording.status >= 400 and recording.has_json and isinstance(recording.body_json, dict):
        kind = TYPES.get((recording.body_json.get("error") or {}).get("type"))
        if kind is not None:
            return Expected(error=kind)
    return openai.expected(recording)


def config(recording: Recording, url: str) -> LLMConfig:
    """Point the provider at the loopback server, as the recorded address pointed at the proxy."""
    body = recording.request.body
    model = body.get("model") if isinstance(body, dict) else None
    path = urlsplit(recording.request.url).path.removesuffix("/chat/completions")
    return LLMConfig(
        model=f"litellm_proxy/{model or 'gpt-4o'}", provider="litellm_proxy", api_key="sk-loopback", api_base=url + path
    )


REPLAYS = {"litellm_proxy.chat": Replay(expected=expected, config=config)}
