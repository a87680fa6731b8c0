"""Whose the signatures and the own members of plain data are: each wire format has its providers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from attrs import frozen

DataFormat: TypeAlias = Literal["chat", "responses", "blocks"]
"""The wire formats: messages of a chat, items of the API of responses, and messages of content blocks."""


FORMATS: Mapping[str, DataFormat] = {
    **dict.fromkeys(("document_url", "image_url", "video_url", "input_audio", "file"), "chat"),
    **dict.fromkeys(("input_image", "input_file"), "responses"),
    **dict.fromkeys(("image", "document", "tool_use", "tool_result", "thinking", "redacted_thinking"), "blocks"),
}
"""The wire format of each part whose unknown members only its providers know."""


@frozen
class Owner:
    """Say to whom plain data belongs.

    Args:
        name: the provider of the call.
        formats: the wire formats that are its own; ``None`` for all.

    """

    name: str
    formats: frozenset[str] | None = None

    def has(self, form: DataFormat) -> bool:
        """Return whether data in a format may be the provider's own."""
        return self.formats is None or form in self.formats

    def of(self, form: DataFormat) -> str:
        """Return the issuer of signatures in a format: the provider, or the format itself if it is not its own."""
        return self.name if self.has(form) else form


def form_of(kind: str) -> DataFormat:
    """Return the wire format of a part or an item that is kept as it is, by its type."""
    if kind in {"file_url", "reference"}:
        return "chat"
    return "responses" if kind.endswith(("_call", "_call_output")) or kind.startswith("input_") else "blocks"
