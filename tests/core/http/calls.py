"""Shared code of the HTTP tests: a provider of the OpenAI dialect at a loopback server, and its replies."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from attrs import frozen

from dragoman import CallContext, ChatRequest, Event, Message, ProviderInfo, Response, Settings, StreamStart, Timeouts
from dragoman.http import AioHttpTransport, Base, Endpoint, HttpProvider, ServerSentEvent, option_field
from dragoman.spec.assembly import Assembler
from dragoman.spec.secret import Secret
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from dragoman_openai_compatible import OpenAIChat, OpenAIProvider

KEY = "sk-MARKER/4f9c+never=shown"
DONE = b"data: [DONE]\n\n"


@frozen(kw_only=True)
class Options:
    n: int | None = option_field()
    organization: str | None = option_field(in_body=False)
    wide: bool | None = option_field(wire="broad")


def dialect(**fields: Any) -> OpenAIChat[Options]:
    return OpenAIChat(options=Options, provider="near", **fields)


def provider(url: str, *, speaks: Any = None, key: str = KEY, **fields: Any) -> OpenAIProvider:
    """Make a provider that speaks to *url* with a key."""
    base = Base(url=url, source="given")
    endpoint = Endpoint(base=base, headers={"authorization": Secret(key).with_prefix("Bearer ")})
    fields.setdefault("transport", AioHttpTransport(trust_env=False))
    info = ProviderInfo(name="near", issuer="near", options=Options)
    return OpenAIProvider(info, speaks or dialect(), endpoint, **fields)


@asynccontextmanager
async def speaking(server: LoopbackServer, **fields: Any) -> AsyncIterator[OpenAIProvider]:
    made = provider(server.url, **fields)
    try:
        yield made
    finally:
        await made.aclose()


def request(text: str = "hi", **fields: Any) -> ChatRequest:
    fields.setdefault("settings", Settings())
    return ChatRequest(model="m", messages=(Message("user", text),), **fields)


def context(**timeouts: float | None) -> CallContext:
    return CallContext(timeouts=Timeouts(**timeouts))


def whole(content: Any = "Hello", finish: str | None = "stop", **message: Any) -> dict[str, Any]:
    """Return the body of a whole reply."""
    return {
        "id": "c1",
        "created": 7,
        "model": "m-0613",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": content, **message}, "finish_reason": finish}
        ],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
    }


def chunk(delta: Any = None, finish: str | None = None, *, index: Any = 0, **more: Any) -> dict[str, Any]:
    """Return one chunk of a stream."""
    return {"id": "c1", "choices": [{"index": index, "delta": delta or {}, "finish_reason": finish}], **more}


def data(*values: Any) -> bytes:
    """Return an event stream of these values; text stays as it is."""
    texts = [value if isinstance(value, str) else json.dumps(value) for value in values]
    return "".join(f"data: {text}\n\n" for text in texts).encode()


TEXT = (chunk({"role": "assistant", "content": ""}), chunk({"content": "Hel"}), chunk({"content": "lo"}))
HELLO = data(*TEXT, chunk(finish="stop")) + DONE


def stream(*values: Any, **attributes: Any) -> Reply:
    return Reply.sse(data(*values), **attributes)


def assemble(events: list[Event]) -> Response:
    """Put the events of a provider together."""
    start = events[0] if events and isinstance(events[0], StreamStart) else StreamStart()
    assembler = Assembler(start)
    for event in events:
        if event is not start:
            assembler.feed(event)
    return assembler.end()[-1].response


def decoded(*chunks: Any, speaks: Any = None) -> Response:
    """Decode chunks without any wire."""
    decoder = (speaks or dialect()).decoder()
    events: list[Event] = []
    for each in chunks:
        text = each if isinstance(each, bytes) else json.dumps(each).encode()
        events.extend(decoder.feed(ServerSentEvent(text)))
    return assemble([*events, *decoder.close()])


async def collected(
    made: HttpProvider, asked: ChatRequest | None = None, within: CallContext | None = None
) -> Response:
    """Read a provider's stream to its end."""
    async with made.stream(asked or request(), within or CallContext()) as events:
        return assemble([event async for event in events])


def bodies(server: LoopbackServer) -> list[Mapping[str, Any]]:
    return [received.json for received in server.requests]
