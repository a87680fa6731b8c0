"""Faults of the connection: silence, closed and reset connections, wrong lengths, unlimited data."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal, TypeAlias

import attrs
from attrs import frozen

from dragoman.testing.faults.fault import FaultContext, fault, sound
from dragoman.testing.faults.server_dialect import TEXTS
from dragoman.testing.reply import Reply, Script, Step

__all__ = ["Endless"]

Ending: TypeAlias = Literal["clean", "close", "cut", "reset", "stall"]

_DRIP_SECONDS = 0.02
_BLOCK = b"x" * 65536
_BOMB_BYTES = 80 * 1024 * 1024
_BIG = 5 * 1024 * 1024


@frozen
class Endless:
    """Send *first* once, then *again* without end, *pause* seconds apart."""

    first: bytes
    again: bytes
    pause: float = 0.0

    def steps(self) -> Iterator[Step]:
        """Return the steps, an infinite iterator."""
        yield self.first
        while True:
            yield self.pause
            yield self.again


@fault()
def ok(context: FaultContext) -> Script:
    """Send a valid answer."""
    return sound(context)


@fault()
def close_before_head(_: FaultContext) -> Script:
    """Close the connection instead of replying."""
    return Reply(before_head="close")


@fault()
def reset_before_head(_: FaultContext) -> Script:
    """Reset the connection instead of replying."""
    return Reply(before_head="reset")


@fault()
def hang_head(_: FaultContext) -> Script:
    """Send nothing."""
    return Reply(before_head="hang")


@fault()
def drip_head(_: FaultContext) -> Script:
    """Send an endless head, one byte at a time."""
    return Endless(b"HTTP/1.1 200 OK\r\nx-slow: ", b"x", _DRIP_SECONDS)


@fault()
def close_after_reply(context: FaultContext) -> Script:
    """Send a valid answer, then close the persistent connection without notice."""
    return attrs.evolve(sound(context), ending="close")


@fault()
def silent_body(context: FaultContext) -> Script:
    """Send a valid head, then nothing."""
    return context.server_dialect.reply(ending="stall") if context.streamed else _plain(b"", ending="stall")


def _begun(context: FaultContext) -> bytes:
    return b"".join(context.server_dialect.begun(*TEXTS[:2]))


@fault(replies=False)
def stall(context: FaultContext) -> Script:
    """Stop sending after some events, with the connection open."""
    return context.server_dialect.reply(_begun(context), ending="stall")


@fault(replies=False, needs="signs of life")
def ping_forever(context: FaultContext) -> Script:
    """Send endless comments after some events."""
    sign = context.server_dialect.framing.signs[0]
    return Endless(_head(context) + _http_chunk(_begun(context)), _http_chunk(sign), _DRIP_SECONDS)


@fault()
def trunc_reset(context: FaultContext) -> Script:
    """Reset the connection in the middle of the answer."""
    if context.streamed:
        return context.server_dialect.reply(_begun(context), separate=True, ending="reset", pauses=(0, _DRIP_SECONDS))
    return _plain(json.dumps(context.server_dialect.whole("cut")).encode()[:40], ending="reset")


@fault(replies=False)
def trunc_behind(context: FaultContext) -> Script:
    """Send some events one by one, then reset the connection."""
    events = context.server_dialect.begun(*TEXTS[:2])
    return context.server_dialect.reply(
        *events, pauses=(*(0.0 for _ in events[:-1]), _DRIP_SECONDS, _DRIP_SECONDS), ending="reset"
    )


@fault(replies=False)
def reset_behind(context: FaultContext) -> Script:
    """Send a complete answer event by event, then reset the connection instead of ending the body."""
    events = context.server_dialect.stream()
    return context.server_dialect.reply(
        *events, pauses=(*(0.0 for _ in events[:-1]), _DRIP_SECONDS, _DRIP_SECONDS), ending="reset"
    )


@fault()
def trunc_close(context: FaultContext) -> Script:
    """Close the connection in the middle of the answer, with incomplete HTTP framing."""
    if context.streamed:
        return context.server_dialect.reply(_begun(context), ending="cut")
    return _plain(json.dumps(context.server_dialect.whole("cut")).encode()[:40], ending="cut")


@fault(replies=False)
def trunc_clean(context: FaultContext) -> Script:
    """End the HTTP body correctly before the terminal event."""
    return context.server_dialect.reply(_begun(context))


@fault(replies=False)
def trunc_mid_event(context: FaultContext) -> Script:
    """End the HTTP body correctly in the middle of an event."""
    half = context.server_dialect.speak(TEXTS[2])
    return context.server_dialect.reply(_begun(context) + half[: len(half) // 2])


@fault(streams=False)
def length_long(context: FaultContext) -> Script:
    """Declare more bytes than are sent, then close."""
    body = json.dumps(context.server_dialect.whole("cut")).encode()
    return _plain(body, length=len(body) + 9, ending="close")


@fault(streams=False)
def length_short(context: FaultContext) -> Script:
    """Declare fewer bytes than are sent."""
    body = json.dumps(context.server_dialect.whole("cut")).encode()
    return _plain(body, length=len(body) - 9, ending="close")


@fault()
def gzip_bomb(context: FaultContext) -> Script:
    """Send a small compressed reply that expands to 80 MiB."""
    framing = context.server_dialect.framing
    kind = framing.media_type if context.streamed else "application/json"
    return Reply(headers={"content-type": kind, "content-encoding": "gzip"}, body=_bomb(framing.endless), chunked=True)


@fault(replies=False)
def endless_line(context: FaultContext) -> Script:
    """Send one endless line, or another endless frame."""
    return Endless(_head(context) + _http_chunk(context.server_dialect.framing.endless), _http_chunk(_BLOCK))


@fault()
def big_event(context: FaultContext) -> Script:
    """Send a text of 5 MiB in one event."""
    return sound(context, "y" * _BIG)


def _plain(body: bytes, *, length: int | None = None, ending: Ending = "clean") -> Reply:
    headers = {"content-type": "application/json"} | ({} if length is None else {"content-length": str(length)})
    return Reply(headers=headers, body=body, ending=ending)


def _http_chunk(piece: bytes) -> bytes:
    """Return one chunk of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(piece), piece)


def _head(context: FaultContext) -> bytes:
    kind = context.server_dialect.framing.media_type.encode()
    return b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\ntransfer-encoding: chunked\r\n\r\n" % kind


@lru_cache(maxsize=3)
def _bomb(beginning: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    pieces = [compressor.compress(beginning)]
    pieces += [compressor.compress(_BLOCK) for _ in range(_BOMB_BYTES // len(_BLOCK))]
    return b"".join([*pieces, compressor.flush()])
