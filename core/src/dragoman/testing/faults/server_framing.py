"""The description of a framing: how a server divides a stream into frames, and which faults have a meaning in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

from attrs import frozen

from dragoman.http.framing import HeaderValue
from dragoman.testing.framings import binary_message
from dragoman.testing.reply import EVENT_STREAM

__all__ = ["EVENTS", "LINES", "ServerFraming", "Trait", "binary_framing"]

Trait: TypeAlias = Literal[
    "line ends of CRLF",
    "line ends of a lone CR",
    "blank lines after events",
    "optional end of the last frame",
    "named fields",
    "byte order marks",
    "declared encodings",
    "signs of life",
    "errors without JSON",
    "content without checksums",
    "checksums",
]
"""What a framing may have, so that a fault of it has a meaning."""


@frozen(kw_only=True, repr=False)
class ServerFraming:
    """Describe how a server divides a stream into frames.

    Args:
        name: its name, for the reasons why a fault does not apply.
        media_type: the media type of its streams.
        frame: returns a frame with this content.
        endless: the beginning of a frame that never ends.
        end: the end of each frame, if the last frame of a stream may omit it.
        signs: signs of life that are not frames.
        traits: what it has.

    """

    name: str
    media_type: str
    frame: Callable[[bytes], bytes]
    endless: bytes
    end: bytes = b""
    signs: tuple[bytes, ...] = ()
    traits: frozenset[Trait]

    def __repr__(self) -> str:
        return f"<ServerFraming {self.name}>"


EVENTS = ServerFraming(
    name="a stream of server-sent events",
    media_type=EVENT_STREAM,
    frame=lambda content: b"data: " + content + b"\n\n",
    endless=b"data: ",
    end=b"\n\n",
    signs=(b": alive\n\n", b"retry: 3000\n\n", b"id: 7\n\n"),
    traits=frozenset(
        {
            "line ends of CRLF",
            "line ends of a lone CR",
            "blank lines after events",
            "optional end of the last frame",
            "named fields",
            "byte order marks",
            "declared encodings",
            "signs of life",
            "errors without JSON",
            "content without checksums",
        }
    ),
)
"""Server-sent events."""

LINES = ServerFraming(
    name="newline-delimited JSON",
    media_type="application/x-ndjson",
    frame=lambda content: content + b"\n",
    endless=b'{"',
    end=b"\n",
    signs=(b"\n",),
    traits=frozenset(
        {
            "line ends of CRLF",
            "optional end of the last frame",
            "byte order marks",
            "declared encodings",
            "signs of life",
            "content without checksums",
        }
    ),
)
"""Newline-delimited JSON."""


def binary_framing(media_type: str, headers: Mapping[str, HeaderValue]) -> ServerFraming:
    """Return the framing of binary messages.

    Args:
        media_type: the vendor's media type.
        headers: the headers of a message that reports a part of an answer, for messages with malformed content.

    """
    return ServerFraming(
        name="a binary event stream",
        media_type=media_type,
        frame=lambda content: binary_message(content, headers),
        endless=binary_message(b"", {}, length=1 << 30)[:12],
        traits=frozenset({"checksums"}),
    )
