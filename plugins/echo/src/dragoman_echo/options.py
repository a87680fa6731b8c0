"""The options of the echo."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen


@frozen(kw_only=True)
class EchoOptions:
    """Make the echo fail, stall or interrupt its stream.

    Args:
        fail: answer with an error: ``overloaded`` (retryable) or ``broken`` (not retryable).
        fail_times: how many calls fail; all of them if not given.
        stall: seconds to wait before each piece of the answer.
        cut: how many pieces to stream before the stream is interrupted.

    """

    __provider__: ClassVar[str] = "echo"
    fail: str | None = None
    fail_times: int | None = None
    stall: float = 0.0
    cut: int | None = None
