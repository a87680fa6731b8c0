"""What Acme offers beside the common settings."""

from __future__ import annotations

from typing import Any, Literal

from attrs import frozen
from dragoman.http import option_field


@frozen(kw_only=True)
class AcmeOptions:
    """Set what only Acme has; see https://docs.acme.example/api/chat.

    Each option is a keyword argument of `LLMConfig`, and one that is misspelled is an error with a suggestion.

    Args:
        safety: how much to filter.
        user: who asks, by your own name for them.
        extra_body: further members of the body.

    """

    safety: Literal["strict", "normal", "off"] | None = option_field(wire="safety_level")
    user: str | None = option_field()
    extra_body: dict[str, Any] | None = option_field(in_body=False)
