"""Options of Acme in addition to the common settings."""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class AcmeOptions:
    """Hold options that only Acme has.

    Each option is a keyword argument of `LLMConfig`. A misspelled option is an error with a suggestion.

    Args:
        pause: seconds to wait before each token.

    """

    pause: float = 0.0
