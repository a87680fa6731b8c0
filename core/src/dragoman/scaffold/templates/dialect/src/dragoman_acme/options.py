"""Options of Acme in addition to the common settings."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from attrs import frozen
from dragoman.http import option_field


@frozen(kw_only=True)
class AcmeOptions:
    """Hold options that only Acme has; see https://docs.acme.example/api/talk.

    Each option is a keyword argument of `LLMConfig`, and a call takes `options=[AcmeOptions(...)]`. A
    misspelled option is an error with a suggestion.

    Args:
        safety: level of the content filter.
        extra_body: additional members of the request body.

    """

    __provider__: ClassVar[str] = "acme"
    safety: Literal["strict", "normal", "off"] | None = option_field(wire="safety_level")
    extra_body: dict[str, Any] | None = option_field(in_body=False)
