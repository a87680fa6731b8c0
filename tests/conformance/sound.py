"""A correct provider, and functions that change one aspect of it."""

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
        user: the end user.
        verbosity: the length of answers.
        store: whether the answer is stored.
        extra_body: further members of the body.

    """

    user: str | None = option_field()
    verbosity: str | None = option_field()
    store: bool | None = option_field()
    extra_body: dict[str, Any] | None = option_field(in_body=False)


INFO = ProviderInfo(name="sound", issuer="sound", options=SoundOptions)


class SoundChat(OpenAIChat[SoundOptions]):
    """Implement the chat dialect without changes."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(options=SoundOptions, provider="sound", **arguments)


class SoundProvider(OpenAIProvider):
    """Implement the provider without changes."""


@attrs.define(eq=False, kw_only=True)
class Plugin:
    """Create a provider from these parts."""

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
    """Return a plugin that changes the body of each request."""

    class Chat(SoundChat):
        def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
            wire = super().encode(request, stream=stream)
            body = loads(wire.body)
            edit(body)
            return attrs.evolve(wire, body=dumps(body))

    return Plugin(dialect=Chat)


def reading(edit: Callable[[Response], Response]) -> Plugin:
    """Return a plugin that changes each whole answer."""

    class Chat(SoundChat):
        def decode(self, reply: HttpReply) -> Response:
            return edit(super().decode(reply))

    return Plugin(dialect=Chat)


class Decoder:
    """Delegate to another decoder."""

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
    """Return a plugin with another stream decoder."""

    class Chat(SoundChat):
        def decoder(self) -> StreamDecoder:
            return kind(super().decoder())

    return Plugin(dialect=Chat)


def streaming(edit: Callable[[list[Event]], Iterable[Event]]) -> Plugin:
    """Return a plugin that changes the events of each server-sent event."""

    class Edited(Decoder):
        def feed(self, event: ServerSentEvent) -> Iterable[Event]:
            return edit(list(self.inner.feed(event)))

    return decoding(Edited)


def failing(edit: Callable[[ProviderError], ProviderError]) -> Plugin:
    """Return a plugin that changes each error."""

    class Chat(SoundChat):
        def error(self, reply: HttpReply) -> ProviderError:
            return edit(super().error(reply))

    return Plugin(dialect=Chat)


def opening(change: Callable[[AsyncIterator[Event]], AsyncIterator[Event]]) -> Plugin:
    """Return a plugin that changes the iterator over a stream."""

    class Changed(SoundProvider):
        @asynccontextmanager
        async def stream(self, request: ChatRequest, context: CallContext) -> AsyncIterator[AsyncIterator[Event]]:
            async with super().stream(request, context) as events:
                yield change(events)

    return Plugin(provider=Changed)
