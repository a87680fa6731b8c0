"""A fault: its name, and the script that the server runs instead of a valid answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from attrs import frozen

from dragoman.testing.faults.server_dialect import TEXTS, ServerDialect
from dragoman.testing.faults.server_framing import ServerFraming, Trait
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
        needs: what a framing must have so that the fault has a meaning in its streams.

    """

    name: str
    summary: str
    make: Maker
    streams: bool = True
    replies: bool = True
    needs: Trait | None = None

    def inapplicable(self, framing: ServerFraming) -> str:
        """Return why the fault has no meaning in the streams of *framing*; an empty string if it has one."""
        if self.needs is None or self.needs in framing.traits:
            return ""
        return f"the fault {self.name} has no meaning, because {framing.name} has no {self.needs}"

    def answer(self, context: FaultContext) -> Script:
        """Return the script of the server.

        Raises:
            LookupError: if the fault does not apply to this kind of request, or if it changes nothing in the answer: a
                test of it would prove nothing.

        """
        if context.streamed and (reason := self.inapplicable(context.server_dialect.framing)):
            raise LookupError(reason)
        if not (self.streams if context.streamed else self.replies):
            message = f"the fault {self.name} does not apply to {'streams' if context.streamed else 'whole replies'}"
            raise LookupError(message)
        script = self.make(context)
        if self.name != "ok" and script == sound(context):
            message = f"the fault {self.name} changes nothing on the wire of {context.server_dialect.name}"
            raise LookupError(message)
        return script


FAULTS: dict[str, Fault] = {}
"""All faults by name."""


def fault(
    *, streams: bool = True, replies: bool = True, name: str = "", needs: Trait | None = None
) -> Callable[[Maker], Maker]:
    """Register a function as a fault, with its name and the first line of its docstring.

    Args:
        streams: whether the fault applies to streams.
        replies: whether it applies to whole replies.
        name: a name to use instead of the name of the function.
        needs: what a framing must have so that the fault has a meaning in its streams.

    """

    def register(make: Maker) -> Maker:
        fault_name = name or str(getattr(make, "__name__", ""))
        summary = (make.__doc__ or "").partition("\n")[0]
        FAULTS[fault_name] = Fault(
            name=fault_name, summary=summary, make=make, streams=streams, replies=replies, needs=needs
        )
        return make

    return register


def sound(context: FaultContext, *texts: str) -> Reply:
    """Return a valid answer with these texts."""
    if context.streamed:
        return context.server_dialect.reply(b"".join(context.server_dialect.stream(*texts)))
    return Reply.json(context.server_dialect.whole("".join(texts or TEXTS)))
