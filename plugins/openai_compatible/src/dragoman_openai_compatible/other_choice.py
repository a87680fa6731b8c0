"""A choice of a stream other than the first; there are some where the request asked for several."""

from __future__ import annotations

from dragoman import JSON


class OtherChoice:
    """Collect what arrives of a choice other than the first."""

    __slots__ = ("finish_reason", "index", "texts")

    def __init__(self, index: int) -> None:
        self.index = index
        self.texts: list[str] = []
        self.finish_reason: str | None = None

    def to_dict(self) -> dict[str, JSON]:
        """Return the choice as plain data."""
        return {"index": self.index, "text": "".join(self.texts), "finish_reason": self.finish_reason}
