"""Faults of the connection: silence, hang-ups, resets, wrong lengths, floods."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal, TypeAlias

import attrs
from attrs import frozen

from dragoman.testing.faults.fault import Asked, fault, sound
from dragoman.testing.faults.server_dialect import TEXTS
from dragoman.testing.reply import Reply, Script, Step

__all__ = ["Endless"]

Ending: TypeAlias = Literal["clean", "close", "cut", "reset", "stall"]

_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
_DRIP_SECONDS = 0.02
_BLOCK = b"x" * 65536
_BOMB_BYTES = 80 * 1024 * 1024
_BIG = 5 * 1024 * 1024


@frozen
class Endless:
    """Say *first* once and *again* without end, *pause* seconds apart."""

    first: bytes
    again: bytes
    pause: float = 0.0

    def steps(self) -> Iterator[Step]:
        """Return the steps, of which there is no last."""
        yield self.first
        while True:
            yield self.pause
            yield self.again


@fault()
def ok(asked: Asked) -> Script:
    """Answer soundly."""
    return sound(asked)


@fault()
def close_before_head(_: Asked) -> Script:
    """Close the connection in place of a reply."""
    return Reply(before_head="close")


@fault()
def reset_before_head(_: Asked) -> Script:
    """Tear the connection down in place of a reply."""
    return Reply(before_head="reset")


@fault()
def hang_head(_: Asked) -> Script:
    """Say nothing at all."""
    return Reply(before_head="hang")


@fault()
def drip_head(_: Asked) -> Script:
    """Send a head that never ends, one byte at a time."""
    return Endless(b"HTTP/1.1 200 OK\r\nx-slow: ", b"x", _DRIP_SECONDS)


@fault()
def close_after_reply(asked: Asked) -> Script:
    """Answer soundly, then close the kept connection unannounced."""
    return attrs.evolve(sound(asked), ending="close")


@fault()
def silent_body(asked: Asked) -> Script:
    """Send a good head, then nothing."""
    return Reply.sse(ending="stall") if asked.streamed else _plain(b"", ending="stall")


def _begun(asked: Asked) -> bytes:
    return b"".join(asked.server_dialect.begun(*TEXTS[:2]))


@fault(replies=False)
def stall(asked: Asked) -> Script:
    """Fall silent after some events."""
    return Reply.sse(_begun(asked), ending="stall")


@fault(replies=False)
def ping_forever(asked: Asked) -> Script:
    """Send comments without end after some events."""
    return Endless(_HEAD + _framed(_begun(asked)), _framed(b": ping\n\n"), _DRIP_SECONDS)


@fault()
def trunc_reset(asked: Asked) -> Script:
    """Tear the connection down in the middle of the answer."""
    if asked.streamed:
        return Reply.sse(_begun(asked), separate=True, ending="reset", pauses=(0, _DRIP_SECONDS))
    return _plain(json.dumps(asked.server_dialect.whole("cut")).encode()[:40], ending="reset")


@fault(replies=False)
def trunc_behind(asked: Asked) -> Script:
    """Send some events one by one, then tear the connection down."""
    events = asked.server_dialect.begun(*TEXTS[:2])
    return Reply.sse(*events, pauses=(*(0.0 for _ in events[:-1]), _DRIP_SECONDS, _DRIP_SECONDS), ending="reset")


@fault(replies=False)
def reset_behind(asked: Asked) -> Script:
    """Send a whole answer event by event, then tear the connection down in place of its framing's end."""
    events = asked.server_dialect.stream()
    return Reply.sse(*events, pauses=(*(0.0 for _ in events[:-1]), _DRIP_SECONDS, _DRIP_SECONDS), ending="reset")


@fault()
def trunc_close(asked: Asked) -> Script:
    """Close the connection in the middle of the answer, its framing unfinished."""
    if asked.streamed:
        return Reply.sse(_begun(asked), ending="cut")
    return _plain(json.dumps(asked.server_dialect.whole("cut")).encode()[:40], ending="cut")


@fault(replies=False)
def trunc_clean(asked: Asked) -> Script:
    """End a stream politely before its terminal signal."""
    return Reply.sse(_begun(asked))


@fault(replies=False)
def trunc_mid_event(asked: Asked) -> Script:
    """End a stream politely in the middle of an event."""
    half = asked.server_dialect.speak(TEXTS[2])
    return Reply.sse(_begun(asked) + half[: len(half) // 2])


@fault(streams=False)
def length_long(asked: Asked) -> Script:
    """Declare more bytes than are sent, and close."""
    body = json.dumps(asked.server_dialect.whole("cut")).encode()
    return _plain(body, length=len(body) + 9, ending="close")


@fault(streams=False)
def length_short(asked: Asked) -> Script:
    """Declare fewer bytes than are sent."""
    body = json.dumps(asked.server_dialect.whole("cut")).encode()
    return _plain(body, length=len(body) - 9, ending="close")


@fault()
def gzip_bomb(asked: Asked) -> Script:
    """Send a small compressed reply that unpacks to 80 MiB."""
    kind = "text/event-stream" if asked.streamed else "application/json"
    return Reply(headers={"content-type": kind, "content-encoding": "gzip"}, body=_bomb(), chunked=True)


@fault(replies=False)
def endless_line(_: Asked) -> Script:
    """Send one line that never ends."""
    return Endless(_HEAD + _framed(b"data: "), _framed(_BLOCK))


@fault()
def big_event(asked: Asked) -> Script:
    """Send a text of 5 MiB in one event."""
    return sound(asked, "y" * _BIG)


def _plain(body: bytes, *, length: int | None = None, ending: Ending = "clean") -> Reply:
    headers = {"content-type": "application/json"} | ({} if length is None else {"content-length": str(length)})
    return Reply(headers=headers, body=body, ending=ending)


def _framed(piece: bytes) -> bytes:
    """Return one chunk of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(piece), piece)


@lru_cache(maxsize=1)
def _bomb() -> bytes:
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    pieces = [packer.compress(b"data: ")]
    pieces += [packer.compress(_BLOCK) for _ in range(_BOMB_BYTES // len(_BLOCK))]
    return b"".join([*pieces, packer.flush()])
