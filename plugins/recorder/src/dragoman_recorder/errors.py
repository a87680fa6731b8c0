"""What may be wrong with a cassette."""

from __future__ import annotations

from dragoman import DragomanError


class CassetteError(DragomanError):
    """Report a cassette that cannot be read, or ends where its reader wants more."""


class CassetteMissError(CassetteError, LookupError):
    """Report a request that the cassette has no recording of; the message names what differs from the nearest."""


class CassetteWriteError(CassetteError, OSError):
    """Report a cassette that cannot be written; calls that were answered have been given their answers."""
