# ruff: noqa: S101  # checks are made of assertions
"""Level 0: what authorizes single requests, such as a signature or a token that expires."""

from __future__ import annotations

import asyncio
import json
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import attrs
import pytest

from dragoman.client.binding import bind
from dragoman.http import HttpProvider, HttpRequest
from dragoman.spec.errors import DragomanError
from dragoman.spec.provider import CallContext
from dragoman.spec.request import ChatRequest
from dragoman.spec.secret import Secret
from dragoman.testing.conformance.provider_case import BOTH, ProviderCase, hello
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Received, Reply

__all__ = ["Authorization"]

_CHANGES: Mapping[str, Callable[[HttpRequest], HttpRequest]] = {
    "body": lambda request: attrs.evolve(request, body=(request.body or b"{}") + b" "),
    "path": lambda request: attrs.evolve(request, url=f"{request.url}x"),
    "method": lambda request: attrs.evolve(request, method="PUT"),
}
"""Changes of a request that a signature must not survive."""
_ATTEMPTS = 10
_TICK_SECONDS = 0.05


class _Watched:
    """Call a function that authorizes requests, and remember what it saw and returned."""

    def __init__(self, inner: Callable[[HttpRequest], Awaitable[Mapping[str, str]]]) -> None:
        self._inner = inner
        self.seen: list[HttpRequest] = []
        self.returned: dict[str, str] = {}

    async def __call__(self, request: HttpRequest) -> Mapping[str, str]:
        self.seen.append(request)
        found = await self._inner(request)
        self.returned = _revealed(found)
        return found


class Authorization(ProviderCase):
    """Check providers whose endpoint has a function that authorizes each request."""

    def authorizing(self, url: str) -> tuple[HttpProvider, ChatRequest]:
        """Return the provider and a request; skip the check if no function authorizes its requests."""
        config = self.config(url)
        bound = bind(config)
        provider = bound.provider
        if not isinstance(provider, HttpProvider) or provider.endpoint.authorize is None:
            pytest.skip("does not apply: no function authorizes the requests of the provider one by one")
        return provider, hello(bound, config)

    def test_each_try_is_authorized_once(self) -> None:
        """Protects against tries with an old signature or token, or one of another request than is sent."""
        with self.faults() as server:
            provider, request = self.authorizing(server.url_of("ok"))
            watched = _watch(provider)
            for streamed in BOTH:
                for attempt in (1, 2):
                    watched.seen.clear()
                    asyncio.run(_try(provider, request, streamed=streamed, attempt=attempt))
                    (seen,) = watched.seen
                    _is_of(seen, server.requests[-1], server)
                    headers = server.requests[-1].headers
                    assert {name: headers.get(name.lower()) for name in watched.returned} == watched.returned
            asyncio.run(provider.aclose())

    def test_a_signature_covers_the_request(self) -> None:
        """Protects against a signature that an attacker can use for another body, path or method."""
        with self.faults() as server:
            provider, request = self.authorizing(server.url_of("ok"))
            watched = _watch(provider)
            asyncio.run(_try(provider, request))
            (sent,) = watched.seen
            changed = [name for name, change in _CHANGES.items() if _differ(watched, sent, change(sent))]
            asyncio.run(provider.aclose())
        if not changed:
            pytest.skip("does not apply: what authorizes a request is not a signature")
        assert changed == [*_CHANGES]

    def test_what_authorizes_a_request_is_not_in_an_error(self) -> None:
        """Protects against signatures and tokens in logs if a server repeats them."""

        def repeated(request: Received) -> Reply:
            text = " ".join(request.headers.values())
            return Reply.json({"error": {"message": text}, "message": text}, status=403)

        with self.replying(repeated) as server:
            provider, request = self.authorizing(server.url)
            watched = _watch(provider)
            for streamed in BOTH:
                with pytest.raises(DragomanError) as caught:
                    asyncio.run(_try(provider, request, streamed=streamed))
                error = caught.value
                shown = "".join(traceback.format_exception(error)) + repr(vars(error))
                assert [name for name, value in watched.returned.items() if value in shown] == []
            asyncio.run(provider.aclose())

    def test_what_authorizes_a_request_is_masked_where_it_is_shown(self) -> None:
        """Protects against signatures and tokens in the output of build_request, and against headers that it omits."""
        with self.faults() as server:
            provider, request = self.authorizing(server.url_of("ok"))
            watched = _watch(provider)
            before = provider.prepare(request)
            asyncio.run(_try(provider, request))
            after = provider.prepare(request)
            asyncio.run(provider.aclose())
        for shown in (before, after):
            assert {name.lower() for name in watched.returned} <= {name.lower() for name in shown.headers}
        text = repr(after) + json.dumps({**after.headers})
        assert [name for name, value in watched.returned.items() if value in text] == []


def _watch(provider: HttpProvider) -> _Watched:
    """Return the function of a provider that authorizes requests, watched from now on."""
    inner = provider.endpoint.authorize
    assert inner is not None
    watched = _Watched(inner)
    provider.endpoint = attrs.evolve(provider.endpoint, authorize=watched)
    return watched


async def _try(provider: HttpProvider, request: ChatRequest, *, streamed: bool = False, attempt: int = 1) -> None:
    """Send a request once, on a connection of this event loop."""
    context = CallContext(attempt=attempt)
    if not streamed:
        await provider.chat(request, context)
        return
    async with provider.stream(request, context) as events:
        async for _ in events:
            pass


def _is_of(seen: HttpRequest, sent: Received, server: LoopbackServer) -> None:
    """Assert that a request was authorized as it was sent."""
    assert (seen.method, seen.url, seen.body or b"") == (sent.method, server.url + sent.path, sent.body)
    headers = {name.lower(): value for name, value in _revealed(seen.headers).items()}
    assert {name: sent.headers.get(name) for name in headers} == headers


def _revealed(headers: Mapping[str, Any]) -> dict[str, str]:
    return {name: value.reveal() if isinstance(value, Secret) else str(value) for name, value in headers.items()}


def _differ(watched: _Watched, request: HttpRequest, other: HttpRequest) -> bool:
    """Return whether two requests are authorized otherwise, at the same time of a clock that both may contain."""
    for _ in range(_ATTEMPTS):
        first, second, third = (_revealed(asyncio.run(_call(watched, each))) for each in (request, other, request))
        if first == third:
            return first != second
        time.sleep(_TICK_SECONDS)
    pytest.skip("does not apply: the same request is never authorized twice in the same way")


async def _call(watched: _Watched, request: HttpRequest) -> Mapping[str, str]:
    return await watched(request)
