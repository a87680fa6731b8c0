"""What a cassette never holds: keys, and whatever else its owner wants left out."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from dragoman import JSON

MASK = "********"
"""What stands in the place of a secret."""

Scrub: TypeAlias = "Callable[[str], str] | Iterable[str]"
"""A function from a text to what may be kept of it, or regular expressions of what may not."""

_TELLING = re.compile(r"(?i)(api[-_]?key|access[-_]?key|token|secret|password|credentials?|authorization|cookie)$")
_KEYS = re.compile(
    r"\b(?:sk|rk|pk|gsk|xai|pplx)[-_][A-Za-z0-9_-]{16,}"  # OpenAI, Anthropic, OpenRouter, Groq and others
    r"|\bAIza[A-Za-z0-9_-]{30,}"  # Google
    r"|\bya29\.[A-Za-z0-9_-]{20,}"  # Google's access tokens
    r"|\bgh[a-z]_[A-Za-z0-9]{30,}"  # GitHub
    r"|(?<=Bearer )[A-Za-z0-9._~+/=-]{8,}"
)
_SHORTEST = 8  # a shorter value of the environment may stand anywhere by chance


class Scrubber:
    """Take secrets out of plain data.

    What looks like a key is masked, what stands under a name such as ``api_key`` or ``password``, and each value of the
    environment whose variable has such a name.

    Args:
        further: what else to take out: a function, or regular expressions.
        environ: the environment; this process's own if not given.

    """

    def __init__(self, further: Scrub = (), environ: Mapping[str, str] | None = None) -> None:
        source = os.environ if environ is None else environ
        known = {value for name, value in source.items() if _TELLING.search(name) and len(value) >= _SHORTEST}
        self._known = sorted(known, key=len, reverse=True)
        if callable(further):
            self._further, self._patterns = further, list[re.Pattern[str]]()
        else:
            self._further, self._patterns = _unchanged, [re.compile(pattern) for pattern in further]

    def text(self, text: str) -> str:
        """Return *text* without what must not be kept."""
        for value in self._known:
            text = text.replace(value, MASK)
        text = _KEYS.sub(MASK, text)
        for pattern in self._patterns:
            text = pattern.sub(MASK, text)
        return self._further(text)

    def data(self, value: JSON) -> JSON:
        """Return plain data without what must not be kept."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.data(each) for each in value]
        if isinstance(value, dict):
            return {name: self._named(name, each) for name, each in value.items()}
        return value

    def _named(self, name: str, value: JSON) -> JSON:
        return MASK if isinstance(value, str) and value and _TELLING.search(name) else self.data(value)


def _unchanged(text: str) -> str:
    return text
