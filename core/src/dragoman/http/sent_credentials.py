"""The credentials that a provider has sent, by which they are recognized where a server repeats them."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from dragoman.http.redaction import words_of
from dragoman.spec.secret import Secret

_KEPT = 32
"""How many attempts are remembered by the headers that authorized them."""


class SentCredentials:
    """Remember the credentials of all requests, and those of the latest attempts.

    Args:
        headers: the headers that all requests have.

    """

    __slots__ = ("_latest", "_of_all")

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._of_all = tuple(each for each in headers.values() if isinstance(each, Secret))
        self._latest: deque[Mapping[str, str]] = deque(maxlen=_KEPT)

    def add(self, headers: Mapping[str, str]) -> None:
        """Remember the headers that authorized one attempt."""
        self._latest.append(headers)

    @property
    def latest(self) -> Mapping[str, str]:
        """Return the headers that authorized the latest attempt."""
        return self._latest[-1] if self._latest else {}

    @property
    def words(self) -> frozenset[str]:
        """Return the credentials with which the latest attempts were authorized."""
        return frozenset(word for headers in tuple(self._latest) for word in words_of(headers))

    def are_in(self, text: str) -> bool:
        """Return whether *text*, which a server sent, repeats the credential of a request."""
        for each in self._of_all:
            if each.reveal().removeprefix("Bearer ") in text:
                return True
        return bool(self._latest) and any(word in text for word in self.words)
