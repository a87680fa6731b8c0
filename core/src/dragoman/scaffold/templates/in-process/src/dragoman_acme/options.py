"""What Acme offers beside the common settings."""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class AcmeOptions:
    """Set what only Acme has.

    Each option is a keyword argument of `LLMConfig`, and one that is misspelled is an error with a suggestion.

    Args:
        pause: seconds to wait before each token.

    """

    pause: float = 0.0
