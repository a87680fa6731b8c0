"""What recorded exchanges with Claude on Vertex AI say."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from dragoman import LLMConfig
from recordings import Recording
from replay import oracle_anthropic as anthropic
from replay.judge import Replay


def config(recording: Recording, url: str) -> LLMConfig:
    """Point the provider at the loopback server, as the recorded address pointed at Vertex AI."""
    found = re.search(r"(/v1/projects/.*)/publishers/anthropic/models/([^:]+):", urlsplit(recording.request.url).path)
    assert found
    return LLMConfig(
        model=f"vertex/{unquote(found[2])}",
        api_key="vertex-loopback",
        api_base=url + found[1],
    )


REPLAYS = {"vertex.anthropic": Replay(expected=anthropic.expected, config=config)}
