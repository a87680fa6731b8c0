"""Interrupts at a chosen moment, where Python looks for signals: when a function begins, and when one of C returns."""

from __future__ import annotations

import gc
import itertools
import sys
from collections.abc import Callable, Iterator
from types import FrameType


def interrupted_everywhere(call: Callable[[], object]) -> Iterator[str]:
    """Interrupt *call* at its first moment, at its second one, and so on; yield each moment, after it."""
    for number in itertools.count(1):
        moment = _interrupted(call, number)
        if moment is None:
            return
        yield moment


def _interrupted(call: Callable[[], object], number: int) -> str | None:
    """Interrupt *call* at one moment; return the moment, ``None`` if it ended before."""
    left, moment = number, None

    def count(frame: FrameType, event: str, _: object) -> None:
        nonlocal left, moment
        if event not in {"call", "c_return"} or frame.f_code.co_filename in {__file__, call.__code__.co_filename}:
            return
        left -= 1
        if not left:
            sys.setprofile(None)
            moment = f"{frame.f_code.co_filename}:{frame.f_lineno}"
            raise KeyboardInterrupt

    collects = gc.isenabled()
    gc.disable()  # an interrupt of what the collector calls would be lost, and pytest would report it
    sys.setprofile(count)
    try:
        call()
    except KeyboardInterrupt:
        pass
    finally:
        sys.setprofile(None)
        if collects:
            gc.enable()
    return moment
