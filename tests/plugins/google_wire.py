"""Chunks, requests and configurations for the tests of the Google plugin."""

from __future__ import annotations

import json
from typing import Any

from dragoman import (
    LLM,
    ChatRequest,
    LLMConfig,
    Message,
    Response,
    Tool,
)
from dragoman.http import HttpReply
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from dragoman_google.dialect import Gemini

KEY = "AIza-not-a-real-key"
WEATHER = Tool(
    name="weather",
    description="Tell the weather.",
    schema={"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)


def chunk(*parts: Any, finish: Any = None, **more: Any) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": list(parts)}, "index": 0}
    if finish is not None:
        candidate["finishReason"] = finish
    return {"candidates": [{**candidate, **more.pop("candidate", {})}], "responseId": "r-1", **more}


def sse(*chunks: Any) -> bytes:
    return b"".join(b"data: " + json.dumps(each).encode() + b"\r\n\r\n" for each in chunks)


def config(server: LoopbackServer, model: str = "gemini-2.5-flash", **more: Any) -> LLMConfig:
    return LLMConfig(
        model=model, provider="google", api_key=KEY, api_base=f"{server.url}/v1beta", num_retries=0, **more
    )


async def streamed(server: LoopbackServer, *chunks: Any, model: str = "gemini-2.5-flash") -> Response:
    server.reply(Reply.sse(sse(*chunks)))
    async with LLM(config(server, model)) as llm, llm.stream("hi") as events:
        return await events.collect()


def decoded(value: Any) -> Response:
    return Gemini().decode(HttpReply(status=200, body=json.dumps(value).encode()))


def encoded(
    *messages: Message, model: str = "gemini-2.5-flash", vertex: bool = False, **more: Any
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    options = {"google": more.pop("options", {})}
    request = ChatRequest(model=model, messages=messages or (Message("user", "hi"),), options=options, **more)
    sent = Gemini(vertex=vertex).encode(request, stream=False)
    return json.loads(sent.body or b""), [(note.kind, note.feature) for note in sent.adjustments]


def contents(*messages: Message, model: str = "gemini-2.5-flash") -> list[Any]:
    return encoded(*messages, model=model)[0]["contents"]


class Credentials:
    """Replace credentials of google-auth."""

    valid = False
    token = ""
    project_id = "owner"
    quota_project_id = "payer"

    def __init__(self) -> None:
        self.refreshed = 0

    def refresh(self, request: object) -> None:
        self.refreshed += 1
        self.valid = True
        self.token = f"ya29.token-{self.refreshed}"
