"""Record calls to models, and replay them where there is no network.

.. code-block:: console

    $ DRAGOMAN_RECORDER=record DRAGOMAN_CASSETTE=hello.json python hello.py
    $ DRAGOMAN_RECORDER=replay DRAGOMAN_CASSETTE=hello.json python hello.py
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dragoman_recorder.active_cassette import using
    from dragoman_recorder.cassette import Cassette
    from dragoman_recorder.errors import CassetteError, CassetteMissError, CassetteWriteError
    from dragoman_recorder.exchange import Exchange, Question
    from dragoman_recorder.recording_mode import Mode
    from dragoman_recorder.scrubber import Scrub, Scrubber

__all__ = [
    "Cassette",
    "CassetteError",
    "CassetteMissError",
    "CassetteWriteError",
    "Exchange",
    "Mode",
    "Question",
    "Scrub",
    "Scrubber",
    "using",
]

_HOMES = {
    "cassette": ("Cassette",),
    "active_cassette": ("using",),
    "errors": ("CassetteError", "CassetteMissError", "CassetteWriteError"),
    "exchange": ("Exchange", "Question"),
    "recording_mode": ("Mode",),
    "scrubber": ("Scrub", "Scrubber"),
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: pytest imports this package in every environment that has it."""
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"dragoman_recorder.{module}"), name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
