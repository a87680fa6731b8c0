"""The cassette that is in use."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from dragoman import ConfigurationError, user_path
from dragoman_recorder.cassette import Cassette
from dragoman_recorder.recording_mode import Mode, activate, mode_of_environment
from dragoman_recorder.scrubber import Scrub

_entered: list[Cassette] = []
"""The cassettes of the blocks that are entered: the last one is in use, in preference to the environment's."""


def active_cassette() -> Cassette | None:
    """Return the cassette in use, ``None`` if nothing is recorded or replayed.

    Raises:
        ConfigurationError: if the environment names an unknown mode, or a mode without a cassette.
        CassetteError: if the environment's cassette cannot be read.

    """
    cassette = _entered[-1] if _entered else _cassette_of_environment()
    return None if cassette is None or cassette.mode is Mode.OFF else cassette


@contextmanager
def using(
    path: str | os.PathLike[str], mode: Mode | str = Mode.AUTO, scrub: Scrub = ()
) -> Generator[Cassette, None, None]:
    """Record to, or replay from, one cassette for the duration of a block, in all tasks and threads.

    An ``LLM`` that was used before the first such block of the process is not recorded or replayed.

    Args:
        path: the file.
        mode: ``off``, ``record``, ``replay`` or ``auto``.
        scrub: what to keep out of the file in addition to secrets: a function from text to text, or regular
            expressions.

    Raises:
        ConfigurationError: if no mode has that name.
        CassetteError: if the file cannot be read.
        CassetteWriteError: at the end of the block, if a call was answered but could not be recorded.

    """
    activate()
    cassette = Cassette(path, mode, scrub)
    _entered.append(cassette)
    try:
        yield cassette
    except BaseException as error:
        if cassette.failure is not None:
            error.add_note(str(cassette.failure))
        raise
    finally:
        _entered.remove(cassette)
    if cassette.failure is not None:
        raise cassette.failure


def _cassette_of_environment() -> Cassette | None:
    mode = mode_of_environment()
    if mode is Mode.OFF:
        return None
    path = os.environ.get("DRAGOMAN_CASSETTE")
    if not path:
        message = f"DRAGOMAN_RECORDER is {mode}, so DRAGOMAN_CASSETTE must name a file"
        raise ConfigurationError(message, parameter="DRAGOMAN_CASSETTE")
    return _shared_cassette(user_path(path, "DRAGOMAN_CASSETTE").absolute(), mode, os.environ.get("DRAGOMAN_SCRUB", ""))


@cache
def _shared_cassette(path: Path, mode: Mode, pattern: str) -> Cassette:
    """Return the cassette that every ``LLM`` of the process shares."""
    return Cassette(path, mode, (pattern,) if pattern else ())
