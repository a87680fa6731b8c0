"""Which cassette is in use."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from dragoman import ConfigurationError
from dragoman_recorder.cassette import Cassette
from dragoman_recorder.mode import Mode
from dragoman_recorder.scrubbing import Scrub
from dragoman_recorder.switch import arm, mode_of_environment

_inserted: list[Cassette] = []
"""The cassettes of the blocks that are entered: the last one is in use, before the environment's."""


def current() -> Cassette | None:
    """Return the cassette in use, ``None`` if nothing is recorded or replayed.

    Raises:
        ConfigurationError: if the environment names a mode that there is not, or no cassette.
        CassetteError: if the environment's cassette cannot be read.

    """
    cassette = _inserted[-1] if _inserted else _of_environment()
    return None if cassette is None or cassette.mode is Mode.OFF else cassette


@contextmanager
def using(
    path: str | os.PathLike[str], mode: Mode | str = Mode.AUTO, scrub: Scrub = ()
) -> Generator[Cassette, None, None]:
    """Record to, or replay from, one cassette for the length of a block, in all tasks and threads.

    An ``LLM`` that was used before the first such block of a process stays out of it.

    Args:
        path: the file.
        mode: ``off``, ``record``, ``replay`` or ``auto``.
        scrub: what to keep out of the file beside keys: a function from text to text, or regular expressions.

    Raises:
        ConfigurationError: if there is no such mode.
        CassetteError: if the file cannot be read.
        CassetteWriteError: at the end of the block, if a call was answered and could not be written down.

    """
    arm()
    cassette = Cassette(path, mode, scrub)
    _inserted.append(cassette)
    try:
        yield cassette
    except BaseException as error:
        if cassette.failure is not None:
            error.add_note(str(cassette.failure))
        raise
    finally:
        _inserted.remove(cassette)
    if cassette.failure is not None:
        raise cassette.failure


def _of_environment() -> Cassette | None:
    mode = mode_of_environment()
    if mode is Mode.OFF:
        return None
    path = os.environ.get("DRAGOMAN_CASSETTE")
    if not path:
        message = f"DRAGOMAN_RECORDER is {mode}, so DRAGOMAN_CASSETTE has to name a file"
        raise ConfigurationError(message, parameter="DRAGOMAN_CASSETTE")
    return _opened(Path(path).absolute(), mode, os.environ.get("DRAGOMAN_SCRUB", ""))


@cache
def _opened(path: Path, mode: Mode, pattern: str) -> Cassette:
    """Return the one cassette of these arguments: every ``LLM`` of the process goes on with it."""
    return Cassette(path, mode, (pattern,) if pattern else ())
