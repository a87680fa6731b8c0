"""The errors of a cassette."""

from __future__ import annotations

from dragoman import DragomanError


class CassetteError(DragomanError):
    """Report a cassette that cannot be read, or that ends before its reader has finished."""


class CassetteMissError(CassetteError, LookupError):
    """Report a request that the cassette has no recording of; the message names how the nearest recording differs."""


class CassetteWriteError(CassetteError, OSError):
    """Report a cassette that cannot be written; calls that had been answered returned their answers."""
