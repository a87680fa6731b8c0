"""The options of a provider: read once, written into bodies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Generic, TypeVar

import attrs

from dragoman.config import CORE_OPTIONS
from dragoman.request import SETTINGS, ChatRequest, CompletionRequest
from dragoman.serialization import structure_options

T = TypeVar("T")

NOT_IN_BODY = "not_in_body"
"""Metadata key of an option that does not go into the body."""


class OptionsReader(Generic[T]):
    """Make the options class of what the caller gave, anew only if it is not the same object as last time.

    Args:
        kind: the options class, of attrs.
        provider: whose options they are.

    """

    def __init__(self, kind: type[T], provider: str) -> None:
        self._kind = kind
        self._provider = provider
        self._default = kind()
        self._last: tuple[Mapping[str, Any], T] | None = None

    def read(self, request: ChatRequest | CompletionRequest) -> T:
        """Return the options of one request.

        Raises:
            InvalidRequestError: for an unknown option, with the nearest known one, or a value of the wrong type.

        """
        given = request.options.get(self._provider)
        return self._default if not given else self.structure(given)

    def structure(self, given: Mapping[str, Any]) -> T:
        """Return the options that *given* holds."""
        last = self._last
        if last is not None and last[0] is given:
            return last[1]
        options = structure_options(self._kind, given, provider=self._provider, also=_ALSO)
        self._last = (given, options)
        return options


_ALSO: Iterable[str] = (*SETTINGS, *CORE_OPTIONS, "tools", "tool_choice", "output")


def option_field(*, default: Any = None, wire: str | None = None, in_body: bool = True, doc: str = "") -> Any:
    """Declare an option.

    Args:
        default: what it is if not given; ``None`` is not sent.
        wire: its name in the body, if another.
        in_body: whether it goes into the body at all.
        doc: what it does, for the documentation.

    """
    return attrs.field(default=default, metadata={"wire": wire, NOT_IN_BODY: not in_body, "doc": doc})


def body_of(options: Any) -> dict[str, Any]:
    """Return the members of a request body that *options* stand for."""
    kind: Any = options.__class__
    names = _names(kind)
    return {wire: value for name, wire in names if (value := getattr(options, name)) is not None}


@cache
def _names(kind: Any) -> tuple[tuple[str, str], ...]:
    """Return the options that go into a body, with their names there."""
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(kind)
    return tuple(
        (field.name, field.metadata.get("wire") or field.name)
        for field in fields
        if not field.metadata.get(NOT_IN_BODY)
    )
