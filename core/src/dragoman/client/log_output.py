"""The variable ``DRAGOMAN_LOG``: what is logged goes to the standard error of a program that sets up no logging."""

from __future__ import annotations

import logging
import sys

from dragoman.spec.errors import ConfigurationError
from dragoman.spec.nearest_name import after

LOG = "DRAGOMAN_LOG"
"""The variable that names the least level to show."""

_LEVELS = ("debug", "info", "warning", "error")


class _StandardError(logging.Handler):
    """Write to the standard error of the moment, which programs and tests replace."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        sys.stderr.write(f"{self.format(record)}\n")


def show_log(level: str) -> None:
    """Show what is logged from *level* on; a program that has handlers of its own keeps those alone.

    Args:
        level: ``debug``, ``info``, ``warning`` or ``error``; empty for nothing.

    Raises:
        ConfigurationError: for any other level.

    """
    word = level.strip().lower()
    if not word:
        return
    if word not in _LEVELS:
        message = f"{LOG} must be {', '.join(_LEVELS[:-1])} or {_LEVELS[-1]}, not {level!r}"
        raise ConfigurationError(after(message, word, _LEVELS), parameter=LOG)
    logger = logging.getLogger("dragoman")
    logger.setLevel(word.upper())
    if not logger.hasHandlers():
        handler = _StandardError()
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        logger.addHandler(handler)
