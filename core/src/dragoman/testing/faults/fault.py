"""A fault: its name, and the script that the server runs instead of a valid answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from attrs import frozen

from dragoman.testing.faults.server_dialect import TEXTS, ServerDialect
from dragoman.testing.reply import Received, Reply, Script

__all__ = ["FAULTS", "Fault", "FaultContext", "Maker", "fault", "sound"]


@frozen(kw_only=True)
class FaultContext:
    """Describe the request that a fault answers.

    Args:
        server_dialect: the dialect of the request.
        streamed: whether a stream is requested.
        request: the request.

    """

    server_dialect: ServerDialect
    streamed: bool
    request: Received


Maker: TypeAlias = Callable[[FaultContext], Script]


@frozen(kw_only=True)
class Fault:
    """Describe a fault.

    Args:
        name: its name in the path of a request.
        summary: what happens, in one sentence.
        make: creates the script.
        streams: whether it applies to streams.
        replies: whether it applies to whole replies.

    """

    name: str
    summary: str
    make: Maker
    streams: bool = True
    replies: bool = True

    def answer(self, context: FaultContext) -> Script:
        """Return the script of the server.

        Raises:
            LookupError: if the fault does not apply to this kind of request.

        """
        if not (self.streams if context.streamed else self.replies):
            message = f"the fault {self.name} does not apply to {'streams' if context.streamed else 'whole replies'}"
            raise LookupError(message)
        return self.make(context)


FAULTS: dict[str, Fault] = {}
"""All faults by name."""


def fault(*, streams: bool = True, replies: bool = True, name: str = "") -> Callable[[Maker], Maker]:
    """Register a function as a fault, with its name and the first line of its docstring.

    Args:
        streams: whether the fault applies to streams.
        replies: whether it applies to whole replies.
        name: a name to use instead of the name of the function.

    """

    def register(make: Maker) -> Maker:
        fault_name = name or str(getattr(make, "__name__", ""))
        summary = (make.__doc__ or "").partition("\n")[0]
        FAULTS[fault_name] = Fault(name=fault_name, summary=summary, make=make, streams=streams, replies=replies)
        return make

    return register


def sound(context: FaultContext, *texts: str) -> Reply:
    """Return a valid answer with these texts."""
    if context.streamed:
        return Reply.sse(b"".join(context.server_dialect.stream(*texts)))
    return Reply.json(context.server_dialect.whole("".join(texts or TEXTS)))
