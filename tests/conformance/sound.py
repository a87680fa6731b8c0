"""A provider that is sound, and the ways to make it wrong in one place."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import attrs
from attrs import frozen

from dragoman import (
    CallContext,
    Capabilities,
    ChatRequest,
    CompletionRequest,
    Event,
    Provider,
    ProviderConfig,
    ProviderError,
    ProviderInfo,
    Response,
    hookimpl,
)
from dragoman.http import (
    Endpoint,
    HttpReply,
    HttpRequest,
    ServerSentEvent,
    StreamDecoder,
    base_url,
    checked_headers,
    credential,
    dumps,
    loads,
    option_field,
)
from dragoman.spec.capabilities import YES
from dragoman_openai_compatible import OpenAIChat, OpenAIProvider

Dialect: TypeAlias = type[OpenAIChat[Any]]


@frozen(kw_only=True)
class SoundOptions:
    """Hold options.

    Args:
        user: who asks.
        verbosity: how much to say.

    """

    user: str | None = option_field()
    verbosity: str | None = option_field()


INFO = ProviderInfo(name="sound", issuer="sound", options=SoundOptions)


class SoundChat(OpenAIChat[SoundOptions]):
    """Speak the dialect that half the world speaks, and nothing more."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(options=SoundOptions, provider="sound", **arguments)


class SoundProvider(OpenAIProvider):
    """Answer soundly."""


@attrs.define(eq=False, kw_only=True)
class Plugin:
    """Make a provider of these parts."""

    info: ProviderInfo = INFO
    dialect: Callable[[], OpenAIChat[Any]] = SoundChat
    provider: type[SoundProvider] = SoundProvider
    capabilities: Callable[[str], Capabilities] = lambda _: Capabilities(input={"image/*": YES})

    @hookimpl
    def dragoman_provider(self, config: ProviderConfig) -> Provider:
        dialect = self.dialect()
        dialect.options_reader.structure(config.options)
        return self.provider(self.info, dialect, self.endpoint(config), capabilities=self.capabilities)

    def endpoint(self, config: ProviderConfig) -> Endpoint:
        base = base_url(config, default="https://api.sound.example/v1")
        key = credential(config, base, env=("SOUND_API_KEY",))
        headers = {} if key is None else {"authorization": key.with_prefix("Bearer ")}
        return Endpoint(base=base, headers={**headers, **checked_headers(config.headers)})


def sending(edit: Callable[[dict[str, Any]], object]) -> Plugin:
    """Change the body of each request."""

    class Chat(SoundChat):
        def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
            wire = super().encode(request, stream=stream)
            body = loads(wire.body)
            edit(body)
            return attrs.evolve(wire, body=dumps(body))

    return Plugin(dialect=Chat)


def reading(edit: Callable[[Response], Response]) -> Plugin:
    """Change each whole answer."""

    class Chat(SoundChat):
        def decode(self, reply: HttpReply) -> Response:
            return edit(super().decode(reply))

    return Plugin(dialect=Chat)


class Decoder:
    """Decode as another does, with another ending."""

    def __init__(self, inner: StreamDecoder) -> None:
        self.inner = inner

    @property
    def done(self) -> bool:
        return self.inner.done

    def feed(self, event: ServerSentEvent) -> Iterable[Event]:
        return self.inner.feed(event)

    def close(self) -> Iterable[Event]:
        return self.inner.close()


def decoding(kind: Callable[[StreamDecoder], Any]) -> Plugin:
    """Decode streams with another decoder."""

    class Chat(SoundChat):
        def decoder(self) -> StreamDecoder:
            return kind(super().decoder())

    return Plugin(dialect=Chat)


def streaming(edit: Callable[[list[Event]], Iterable[Event]]) -> Plugin:
    """Change what each event of the server means."""

    class Edited(Decoder):
        def feed(self, event: ServerSentEvent) -> Iterable[Event]:
            return edit(list(self.inner.feed(event)))

    return decoding(Edited)


def failing(edit: Callable[[ProviderError], ProviderError]) -> Plugin:
    """Change each error."""

    class Chat(SoundChat):
        def error(self, reply: HttpReply) -> ProviderError:
            return edit(super().error(reply))

    return Plugin(dialect=Chat)


def opening(change: Callable[[AsyncIterator[Event]], AsyncIterator[Event]]) -> Plugin:
    """Change the iterator over a stream."""

    class Changed(SoundProvider):
        @asynccontextmanager
        async def stream(self, request: ChatRequest, context: CallContext) -> AsyncIterator[AsyncIterator[Event]]:
            async with super().stream(request, context) as events:
                yield change(events)

    return Plugin(provider=Changed)
