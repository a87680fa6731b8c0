"""One fault: a name, and what the server says in place of a sound answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from attrs import frozen

from dragoman.testing.faults.server_dialect import TEXTS, ServerDialect
from dragoman.testing.reply import Received, Reply, Script

__all__ = ["FAULTS", "Asked", "Fault", "Maker", "fault", "sound"]


@frozen(kw_only=True)
class Asked:
    """Hold what a server is asked for.

    Args:
        server_dialect: the dialect of the request.
        streamed: whether a stream is asked for.
        request: the request itself.

    """

    server_dialect: ServerDialect
    streamed: bool
    request: Received


Maker: TypeAlias = Callable[[Asked], Script]


@frozen(kw_only=True)
class Fault:
    """Name one fault.

    Args:
        name: what it is called in the path of a request.
        summary: what happens, in one sentence.
        make: makes what is said.
        streams: whether it can befall a stream.
        replies: whether it can befall a whole reply.

    """

    name: str
    summary: str
    make: Maker
    streams: bool = True
    replies: bool = True

    def answer(self, asked: Asked) -> Script:
        """Return what the server says.

        Raises:
            LookupError: if the fault cannot befall what is asked for.

        """
        if not (self.streams if asked.streamed else self.replies):
            message = f"{self.name} befalls {'no stream' if asked.streamed else 'streams alone'}"
            raise LookupError(message)
        return self.make(asked)


FAULTS: dict[str, Fault] = {}
"""All faults by name."""


def fault(*, streams: bool = True, replies: bool = True, name: str = "") -> Callable[[Maker], Maker]:
    """Enter a function among the faults: under its name, with the first line of its docstring as the summary.

    Args:
        streams: whether the fault can befall a stream.
        replies: whether it can befall a whole reply.
        name: another name than the function's.

    """

    def enter(make: Maker) -> Maker:
        known = name or str(getattr(make, "__name__", ""))
        summary = (make.__doc__ or "").partition("\n")[0]
        FAULTS[known] = Fault(name=known, summary=summary, make=make, streams=streams, replies=replies)
        return make

    return enter


def sound(asked: Asked, *texts: str) -> Reply:
    """Return a sound answer."""
    if asked.streamed:
        return Reply.sse(b"".join(asked.server_dialect.stream(*texts)))
    return Reply.json(asked.server_dialect.whole("".join(texts or TEXTS)))
