"""Why a cached prefix that was expected was not read: what changed first since the latest request like it.

Only hashes are kept, with a key of this process, and those of a few requests.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from hashlib import blake2b
from typing import NamedTuple

from dragoman.spec._value import changed
from dragoman.spec.media import Bytes, Media
from dragoman.spec.message import Message
from dragoman.spec.provider import CallContext
from dragoman.spec.request import ChatRequest, CompletionRequest
from dragoman.spec.response import CacheMiss, Response

_KEY = os.urandom(16)
_MOST_REQUESTS = 32
"""Of how many requests the hashes are kept."""
_MOST_MESSAGES = 2_000
"""How many messages of a request are hashed; what comes after them is not compared."""
_SECONDS = {"auto": 300.0, "5m": 300.0, "1h": 3_600.0}
"""How long vendors keep a prefix at least, by the setting ``cache``."""


class Prefix(NamedTuple):
    """Hold the hashes of a request.

    Args:
        tools: that of its tools; empty if it has none.
        messages: that of each message.
        seconds: for how long it is cached.

    """

    tools: bytes
    messages: tuple[bytes, ...]
    seconds: float


def prefix_of(request: ChatRequest | CompletionRequest) -> Prefix:
    """Return the hashes of a request that asks for a cache."""
    seconds = _SECONDS.get(request.settings.cache or "", 0.0)
    if isinstance(request, CompletionRequest):
        return Prefix(b"", (_hash(request.prompt),), seconds)
    messages = tuple(_hash_of_message(message) for message in request.messages[:_MOST_MESSAGES])
    return Prefix(_hash(repr(request.tools)) if request.tools else b"", messages, seconds)


def _hash_of_message(message: Message) -> bytes:
    data = [part.source.data for part in message.parts if isinstance(part, Media) and isinstance(part.source, Bytes)]
    return _hash(repr(message), *data)


def _hash(text: str, *data: bytes) -> bytes:
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8, key=_KEY)
    for each in data:
        digest.update(each)
    return digest.digest()


class CacheWatch:
    """Compare each request that asks for a cache with those before it."""

    def __init__(self) -> None:
        self._cached: OrderedDict[Prefix, float] = OrderedDict()

    def checked(self, response: Response, prefix: Prefix, now: float) -> Response:
        """Return *response*, with a :class:`~dragoman.CacheMiss` if a prefix was expected in the cache and not read.

        Args:
            response: the answer.
            prefix: the hashes of its request.
            now: the time in seconds.

        """
        usage = response.usage
        if usage.cache_read_tokens == 0:
            like = self._like(prefix, now)
            if like is not None:
                response = changed(response, cache_miss=_difference(like, prefix))
        if usage.cache_read_tokens or usage.cache_write_tokens:
            self._cached.pop(prefix, None)
            self._cached[prefix] = now + prefix.seconds
            while len(self._cached) > _MOST_REQUESTS:
                self._cached.popitem(last=False)
        return response

    def _like(self, prefix: Prefix, now: float) -> Prefix | None:
        """Return the latest cached request that has most in common with one, ``None`` if none has anything."""
        found, most = None, 0
        for each, end in reversed([*self._cached.items()]):
            common = sum(map(bytes.__eq__, each.messages, prefix.messages)) + (each.tools == prefix.tools != b"")
            if end > now and common > most:
                found, most = each, common
        return found


class Expected:
    """Hold what is expected of the cache for one request.

    Args:
        watch: knows the requests before it.
        prefix: its hashes.

    """

    __slots__ = ("_prefix", "_watch")

    def __init__(self, watch: CacheWatch, prefix: Prefix) -> None:
        self._watch = watch
        self._prefix = prefix

    def checked(self, response: Response, context: CallContext) -> Response:
        """Return *response* with what :meth:`CacheWatch.checked` finds, at the time of the call's clock."""
        return self._watch.checked(response, self._prefix, context.clock.monotonic())


def _difference(before: Prefix, now: Prefix) -> CacheMiss:
    if before.tools != now.tools:
        return CacheMiss("tools", 0)
    same = zip(before.messages, now.messages, strict=False)
    unchanged = next((index for index, (old, new) in enumerate(same) if old != new), None)
    if unchanged is None:
        return CacheMiss(None, min(len(before.messages), len(now.messages)))
    return CacheMiss(f"messages[{unchanged}]", unchanged)
