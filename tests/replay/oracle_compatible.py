"""What recorded exchanges with hosts of the OpenAI dialect say, each read by the provider of its host."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from attrs import evolve

from dragoman import LLMConfig
from recordings import Recording, compact
from replay import oracle_openai_chat as openai
from replay.hosts import provider_of
from replay.judge import Expected, Replay, events


def expected(recording: Recording) -> Expected:
    """Work out what an exchange says."""
    if recording.status >= 400:
        return openai.expected(recording)
    if recording.has_json:
        body = recording.body_json
        choice = body["choices"][0]
        message = choice.get("message") or choice
        if not isinstance(message.get("content"), str | list | None):  # some say the object that was asked for as JSON
            message = {**message, "content": compact(message["content"]).decode()}
        found = openai.of_message(body, message, choice)
        return evolve(found, finish="stop") if choice.get("finish_reason") == "eos" else found  # Together's word
    return openai.of_stream([json.loads(data) for _, data in events(recording) if data != "[DONE]"])


def config(recording: Recording, url: str) -> LLMConfig:
    """Point the provider of the host at the loopback server."""
    body: Any = recording.request.body
    model = body.get("model") if isinstance(body, dict) else None
    path = urlsplit(recording.request.url).path.removesuffix("/chat/completions")
    return LLMConfig(
        model=str(model or "any"), provider=provider_of(recording), api_key="loopback", api_base=url + (path or "/")
    )


KNOWN = {
    "chat-ai-cererebras-structured-output-tools-1-a708b003": "the source holds two streams one after the other",
    **dict.fromkeys(
        (
            "chat-fantasy-multi-tool-streaming-ae3db4de",
            "chat-fantasy-multi-tool-streaming-d6f37389",
            "chat-fantasy-tool-streaming-900c451e",
            "chat-fantasy-tool-streaming-9baf7b03",
        ),
        "the host changes the id after the first chunk; the last one is kept",
    ),
}
"""Differences that are right all the same."""

REPLAYS = {"compatible.chat": Replay(expected=expected, config=config, known=KNOWN)}
