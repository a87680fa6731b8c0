"""Options of Acme in addition to the common settings."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen


@frozen(kw_only=True)
class AcmeOptions:
    """Hold options that only Acme has.

    Each option is a keyword argument of `LLMConfig`, and a call takes `options=[AcmeOptions(...)]`. A
    misspelled option is an error with a suggestion.

    Args:
        pause: seconds to wait before each token.

    """

    __provider__: ClassVar[str] = "acme"
    pause: float = 0.0
