"""The options of the echo."""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import frozen


@frozen(kw_only=True)
class EchoOptions:
    """Make the echo call tools as a script says, fail, stall or interrupt its stream.

    Args:
        fail: answer with an error: ``overloaded`` (retryable) or ``broken`` (not retryable).
        fail_times: how many calls fail; all of them if not given.
        stall: seconds to wait before each piece of the answer.
        cut: how many pieces to stream before the stream is interrupted.
        calls: the tools to call, a list of ``{"name": ..., "arguments": {...}}`` for each turn after a user message;
            the turn after the last one repeats the results. Without it, the first turn calls the first tool.

    """

    __provider__: ClassVar[str] = "echo"
    fail: str | None = None
    fail_times: int | None = None
    stall: float = 0.0
    cut: int | None = None
    calls: list[list[dict[str, Any]]] | None = None
