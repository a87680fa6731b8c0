"""What the objects of a streamed list are read as."""

from __future__ import annotations

from attrs import frozen


@frozen
class City:
    """Describe a city."""

    name: str
    note: str
    inhabitants: int
