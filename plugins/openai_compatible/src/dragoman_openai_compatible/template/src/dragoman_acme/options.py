"""Options of Acme, in addition to the common settings."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from attrs import frozen
from dragoman.http import option_field


@frozen(kw_only=True)
class AcmeOptions:
    """Set what only Acme offers; see https://docs.acme.example/api/chat.

    Each option is a keyword argument of `LLMConfig`, and a call takes `options=[AcmeOptions(...)]`. An
    unknown option is an error that suggests the nearest known one.

    Args:
        safety: how strictly to filter.
        user: your identifier of the end user.
        extra_body: additional members of the body; `OpenAIChat` merges them.

    """

    __provider__: ClassVar[str] = "acme"
    safety: Literal["strict", "normal", "off"] | None = option_field(wire="safety_level")
    user: str | None = option_field()
    extra_body: dict[str, Any] | None = option_field(in_body=False)
