"""What a recorder does."""

from __future__ import annotations

from enum import StrEnum

from dragoman import ConfigurationError


class Mode(StrEnum):
    """Say what becomes of a call."""

    OFF = "off"
    """It goes through."""
    RECORD = "record"
    """It goes through and is recorded; what the cassette held before is replaced."""
    REPLAY = "replay"
    """It is answered by the cassette, or fails."""
    AUTO = "auto"
    """It is answered by the cassette, or goes through and is added to it."""

    @classmethod
    def of(cls, text: str) -> Mode:
        """Read a mode.

        Raises:
            ConfigurationError: if there is none by that name.

        """
        try:
            return cls(text.strip().lower())
        except ValueError:
            message = f"a recorder's mode is one of {', '.join(cls)}, not {text!r}"
            raise ConfigurationError(message, parameter="DRAGOMAN_RECORDER") from None
