"""Whether a message reports a conversation that does not fit into the context window of the model.

Most servers report it with a status and a code that also stand for other errors; their message alone tells. The words
of each host and server that the patterns cover are in ``tests/core/http/test_context_window.py``.
"""

from __future__ import annotations

import re

from dragoman.http.error_words import class_by_words
from dragoman.spec.errors import BadRequestError, ContextWindowExceededError, ProviderError, ServerError

_LIMIT = r"context (?:length|window|size|limit)"
_WITHIN = r"[^\n]{0,120}?"
_BEYOND = r"(?:exceed\w*|overflow\w*|longer than|larger than|greater than|too long|too large|reached|surpass\w*)"

PATTERNS: tuple[str, ...] = (
    r"\b(?:maximum|max) (?:allowed )?(?:context|prompt|model|input|sequence) (?:length|window|size)\b",
    rf"\b{_LIMIT}\b{_WITHIN}\b(?:exceed\w*|overflow\w*|only|too small|not enough)\b",
    rf"\b{_BEYOND}\b{_WITHIN}\b{_LIMIT}\b",
    r"\b(?:prompt|input|inputs|messages|conversation)(?: (?:is|are|length))? too long\b",
    r"\bprompt exceeds (?:the )?max(?:imum)? length\b",
    r"\bprompt contains \d+ tokens\b[^\n]*\btoo large\b",
    r"\btoo many (?:input|prompt) tokens\b",
    r"\btoo many tokens: ",
    r"\binput token count\b[^\n]*\b(?:exceeds|supports up to)\b",
    r"\bexceeds the maximum number of tokens allowed\b",
    r"\bexceeded model token limit\b",
    r"\breduce the length of (?:the|your) (?:messages|prompt|input)\b",
    r"`inputs` (?:tokens \+ `max_new_tokens` must be <=|must have less than)",
    r"\brange of input length should be\b",
    r"\binput length\b[^\n]{0,60}\bexceeds the maximum allowed length\b",
    r"\bnumber of input tokens exceeds maximum length\b",
    r"\bprompt exceeds the model's context\b",
    r"\binput tokens exceed\b[^\n]{0,60}\blimit\b",
    r"\bnumber of input tokens \d+ cannot exceed\b",
    r"\bmax tokens of \d+ exceeded\b",
    r"\bprompt token count of \d+ exceeds the limit\b",
    r"\bprompt length \d+ exceeds the max_model_len\b",
    r"\bcontext_(?:length|window)_exceeded\b|\bmodel_context_window_exceeded\b",
    r"\btokens\b[^\n]{0,40}\bconfigured context size\b",
    r"\b(?:input|prompt)\b[^\n]{0,40}\bexceeds the maximum number of (?:input )?tokens\b",
    r"\bprompt (?:has|exceeds)\b[^\n]{0,40}\bmax_(?:model|seq)_len\b",
)
"""Regular expressions of messages, without regard to case."""

_ANY = "|".join(PATTERNS)
_VAGUE = frozenset({BadRequestError, ProviderError, ServerError})
"""The classes of errors that a message may make more specific."""
_LONGEST = 4_000
"""How many characters of a message are searched."""


def exceeds_context_window(message: str) -> bool:
    """Return whether *message* reports a conversation that is too long for the model."""
    return re.search(_ANY, message[:_LONGEST], re.IGNORECASE) is not None


def refined(kind: type[ProviderError], message: str) -> type[ProviderError]:
    """Return the class of the error with *message*, *kind* unless the message says more.

    Args:
        kind: the class by status and code.
        message: the message of the server.

    """
    if kind in _VAGUE and exceeds_context_window(message):
        return ContextWindowExceededError
    return class_by_words(kind, message)
