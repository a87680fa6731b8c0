"""A server that repeats each question in its answer, in any dialect, so that an exchanged answer is detected."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Iterator

from conformance.cohere_server import COHERE
from dragoman import LLM
from dragoman.testing.faults import SERVER_DIALECTS, FaultContext
from dragoman.testing.faults.fault import sound
from dragoman.testing.faults.server_dialects import dialect_of
from dragoman.testing.reply import Received, Script, Step


class Followed:
    """Say what a script says, and then some more.

    Args:
        script: the script.
        more: what follows.
        together: whether all is one write.

    Attributes:
        said: set once the operating system has it all.

    """

    def __init__(self, script: Script, *more: Step, together: bool = False) -> None:
        self._script = script
        self._more = more
        self._together = together
        self.said = threading.Event()

    def steps(self) -> Iterator[Step]:
        if self._together:
            yield raw(self._script) + b"".join(step for step in self._more if isinstance(step, bytes))
        else:
            yield from self._script.steps()
            yield from self._more
        self.said.set()


class Following:
    """Answer with a script and something more, and remember what was said last.

    Args:
        make: makes what is said to a request.

    """

    def __init__(self, make: Callable[[Received], Followed]) -> None:
        self._make = make
        self._last: Followed | None = None

    def __call__(self, request: Received) -> Followed:
        self._last = self._make(request)
        return self._last

    async def settled(self, *, read: bool) -> None:
        """Wait until the client's side has it all; let the loop read it, or not."""
        assert self._last is not None
        assert self._last.said.wait(5)  # the loop stands still meanwhile
        if read:
            for _ in range(5):
                await asyncio.sleep(0)


def question_of(request: Received) -> str:
    """Return the last word of the kind ``q7`` in a request."""
    return re.findall(r"\bq\d+\b", request.body.decode())[-1]


def asked_for(request: Received) -> FaultContext:
    server_dialect = dialect_of(request, (*SERVER_DIALECTS, COHERE))
    return FaultContext(server_dialect=server_dialect, streamed=server_dialect.is_streamed(request), request=request)


def echo(request: Received) -> Script:
    """Answer ``q7`` with ``answer to q7``."""
    return sound(asked_for(request), f"answer to {question_of(request)}")


def raw(script: Script) -> bytes:
    """Return all bytes of a script."""
    return b"".join(step for step in script.steps() if isinstance(step, bytes))


async def answer(llm: LLM, question: str, *, streamed: bool) -> str:
    """Return the text of the answer, whole or streamed."""
    if not streamed:
        return (await llm.generate(question)).text
    async with llm.stream(question) as stream:
        return (await stream.collect()).text


__all__ = ["Followed", "Following", "answer", "asked_for", "echo", "question_of", "raw"]
