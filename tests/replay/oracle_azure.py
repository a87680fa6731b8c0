"""What recorded exchanges with Azure OpenAI say."""

from __future__ import annotations

from urllib.parse import parse_qs, unquote, urlsplit

from dragoman import LLMConfig
from recordings import Recording
from replay import oracle_openai_chat as openai
from replay.judge import Replay


def config(recording: Recording, url: str) -> LLMConfig:
    """Point the provider at the loopback server, as the recorded address pointed at Azure."""
    parts = urlsplit(recording.request.url)
    body = recording.request.body
    model = body.get("model") if isinstance(body, dict) else None
    named = unquote(parts.path.partition("/deployments/")[2].partition("/")[0])
    version = parse_qs(parts.query).get("api-version", [None])[0]
    return LLMConfig(
        model=f"azure/{named or model or 'deployment'}",
        provider="azure",
        api_key="azure-loopback",
        api_base=url + parts.path,
        **({"api_version": version} if version else {}),
    )


REPLAYS = {"azure.chat": Replay(expected=openai.expected, config=config)}
