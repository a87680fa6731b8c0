"""Whether anything may be recorded or replayed at all: what an ``LLM`` that is bound asks, and all that it loads."""

from __future__ import annotations

import os

from dragoman_recorder.mode import Mode

PLACEHOLDER = "replayed"
"""The key that a provider gets where nothing will be sent."""


class _Switch:
    """Remember that a block or a test has used a cassette, or will."""

    def __init__(self) -> None:
        self.on = False


_switch = _Switch()


def arm() -> None:
    """Let each ``LLM`` that is bound from now on look for a cassette at each call."""
    _switch.on = True


def is_armed() -> bool:
    """Tell whether a call may meet a cassette.

    Raises:
        ConfigurationError: if the environment names a mode that there is not.

    """
    return _switch.on or mode_of_environment() is not Mode.OFF


def mode_of_environment() -> Mode:
    """Return what ``DRAGOMAN_RECORDER`` says.

    Raises:
        ConfigurationError: if there is no such mode.

    """
    return Mode.of(os.environ.get("DRAGOMAN_RECORDER") or Mode.OFF)
