"""What the recorder does with calls, and whether it may do anything at all.

Every ``LLM`` asks this when it is bound, so this module imports nothing but the core.
"""

from __future__ import annotations

import os
from enum import StrEnum

from dragoman import ConfigurationError

PLACEHOLDER = "replayed"
"""The API key that a provider gets where nothing will be sent."""


class Mode(StrEnum):
    """Say what the recorder does with a call."""

    OFF = "off"
    """The call is sent; nothing is recorded or replayed."""
    RECORD = "record"
    """The call is sent and recorded; what the cassette held before is replaced."""
    REPLAY = "replay"
    """The call is answered from the cassette, or fails if the cassette has no recording of it."""
    AUTO = "auto"
    """The call is answered from the cassette, or sent and added to it."""

    @classmethod
    def of(cls, text: str) -> Mode:
        """Parse the name of a mode.

        Raises:
            ConfigurationError: if no mode has that name.

        """
        try:
            return cls(text.strip().lower())
        except ValueError:
            message = f"the mode of the recorder is one of {', '.join(cls)}, not {text!r}"
            raise ConfigurationError(message, parameter="DRAGOMAN_RECORDER") from None


class _Activation:
    """Remember whether a block or a test has used a cassette, or is going to."""

    def __init__(self) -> None:
        self.active = False


_activation = _Activation()


def activate() -> None:
    """Let each ``LLM`` that is bound from now on look for a cassette at each call."""
    _activation.active = True


def is_active() -> bool:
    """Return whether a cassette may be in use when a call is made.

    Raises:
        ConfigurationError: if the environment names an unknown mode.

    """
    return _activation.active or mode_of_environment() is not Mode.OFF


def mode_of_environment() -> Mode:
    """Return the mode that ``DRAGOMAN_RECORDER`` names, ``off`` if it is not set.

    Raises:
        ConfigurationError: if no mode has that name.

    """
    return Mode.of(os.environ.get("DRAGOMAN_RECORDER") or Mode.OFF)
