"""A request as it would be sent, and the optional protocol of providers that can show one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from dragoman.spec._value import value
from dragoman.spec.request import ChatRequest, CompletionRequest
from dragoman.spec.response import Adjustment


@value(kw_only=True)
class Prepared:
    """Describe an HTTP request as it would be sent.

    Args:
        method: the HTTP method.
        url: the complete URL.
        headers: the headers, with secrets masked.
        body: the body, as decoded JSON.
        adjustments: the differences between the request of the caller and what would be sent.

    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: Any
    adjustments: tuple[Adjustment, ...] = ()


@runtime_checkable
class Prepares(Protocol):
    """Build a request without sending it."""

    def prepare(self, request: ChatRequest | CompletionRequest, *, stream: bool = False) -> Prepared:
        """Return the request as it would be sent."""
        ...


__all__ = ["Prepared", "Prepares"]
