"""The interface of a framing: how the body of a streamed reply is divided into frames.

A dialect names its framing in the optional attribute ``framing``. Without it, replies consist of server-sent events.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeAlias

from attrs import field

from dragoman.spec._value import value

if TYPE_CHECKING:
    from dragoman.http.sse import ServerSentEvent
else:  # one object is made for every frame: freezing at run time would double the cost of that
    value = partial(value, frozen=False)

HeaderValue: TypeAlias = bool | int | bytes | str
AnyFrame: TypeAlias = "Frame | ServerSentEvent"


def _no_headers() -> Mapping[str, HeaderValue]:
    return {}


@value
class Frame:
    """Hold one frame of a stream that does not consist of server-sent events.

    Args:
        data: the content of the frame, which the dialect decodes.
        headers: the headers of the frame, in a framing that has them.

    """

    data: bytes
    headers: Mapping[str, HeaderValue] = field(factory=_no_headers)


class FrameDecoder(Protocol):
    """Divide the bytes of one reply into frames, without any I/O; each stream has a decoder of its own.

    The frames depend on the bytes alone, never on how they were cut into chunks. The time is linear in the bytes, and
    the memory is bounded by a limit of the framing, even for a frame that never ends.
    """

    comments: int
    """How many signs of life that are not frames have been read; each chunk with one counts as a ping."""

    def feed(self, chunk: bytes, /) -> Iterable[AnyFrame]:
        """Return the frames that *chunk* completes, in order; all of them are used before the next call.

        Raises:
            ProtocolError: if the bytes violate the framing, after all earlier frames.
            ResponseTooLargeError: if a frame exceeds the limit, after all earlier frames.

        """
        ...

    def close(self) -> AnyFrame | None:
        """Return the last frame if the reply ended without the mark that ends it, ``None`` if there is none.

        Raises:
            StreamInterruptedError: if the reply ended within a frame.

        """
        ...


class Framing(Protocol):
    """Describe a framing; an object of this kind is immutable and shared by all streams.

    A reply of any of its media types is a stream. A reply of another type that holds JSON is a whole answer.
    """

    @property
    def name(self) -> str:
        """Return its name for error messages, such as ``newline-delimited JSON``."""
        ...

    @property
    def media_types(self) -> frozenset[str]:
        """Return the media types of its streams, in lower case and without parameters."""
        ...

    def decoder(self) -> FrameDecoder:
        """Return a new decoder for one reply."""
        ...


def framing_of(dialect: object) -> Framing:
    """Return the framing of the streams of *dialect*."""
    from dragoman.http.sse import SSE  # noqa: PLC0415  # the modules refer to each other

    framing: Framing = getattr(dialect, "framing", SSE)
    return framing
