"""What the words of an error say where its status and its code say less, or something else.

Several hosts report a wrong key, an unknown model or an account without credit with a status that stands for other
errors. The words of each host that the patterns cover are in the tests of the dialects, ``test_errors_of_hosts.py``.
"""

from __future__ import annotations

import re

from dragoman.spec.errors import (
    AuthenticationError,
    BadRequestError,
    NotFoundError,
    OverloadedError,
    PermissionDeniedError,
    ProviderError,
    QuotaExceededError,
    RateLimitError,
)

_QUOTA = (
    r"\b(?:insufficient|not enough|out of) (?:account )?(?:balance|credits?|funds)\b",
    r"\ball available credits\b",
    r"\b(?:does not|doesn't|do not|don't) have (?:any|enough|sufficient) credits\b",
    r"\bmonthly (?:spending limit|included credits)\b",
    r"\bcredit limit exceeded\b",
    r"\bcredit balance is too low\b",
    r"\baccount\b[^\n]{0,60}\bsuspended\b[^\n]*\b(?:billing|invoices?|payment|spending)\b",
    r"\bmake sure your account is in good standing\b",
)
_KEY = (
    r"\b(?:incorrect|invalid|wrong) api[ _-]?key\b",
    r"\bapi[ _-]?key (?:is )?(?:invalid|not valid|expired)\b",
)
_MODEL = (
    r"^(?:invalid|unknown) model(?: name)?:? ?['\"`]?\S+",
    r"^model (?:does )?not (?:exist|found)\b",
    r"\bmodel [`'\"]?[\w./:@-]+[`'\"]? (?:does not exist|is not found|not found|was not found)\b",
)
_BUSY = (
    r"\b(?:engine|model|server|service|system)\b[^\n]{0,40}\boverloaded\b",
    r"\bexperiencing high traffic\b",
)
TABLE: tuple[tuple[frozenset[type[ProviderError]], tuple[str, ...], type[ProviderError]], ...] = (
    (
        frozenset({BadRequestError, PermissionDeniedError, ProviderError, RateLimitError}),
        _QUOTA,
        QuotaExceededError,
    ),
    (frozenset({BadRequestError, ProviderError}), _KEY, AuthenticationError),
    (frozenset({BadRequestError, ProviderError}), _MODEL, NotFoundError),
    (frozenset({RateLimitError}), _BUSY, OverloadedError),
)
"""The class by the status, what its message may say, and the class that this means."""

_LONGEST = 4_000
"""How many characters of a message are searched."""


def class_by_words(kind: type[ProviderError], message: str) -> type[ProviderError]:
    """Return the class of an error by its message, *kind* if the message says nothing else.

    Args:
        kind: the class by status and code.
        message: the message of the server.

    """
    for kinds, patterns, meant in TABLE:
        if kind in kinds and re.search("|".join(patterns), message[:_LONGEST], re.IGNORECASE):
            return meant
    return kind
