"""What the members of a manifest may be: validators whose errors name the member, for errors of the author of a host.

Whoever calls the host cannot mend its manifest, so what is wrong is found when it is read, not when it is used.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypeAlias, cast

import attrs
from attrs import field, frozen

from dragoman import NO, SETTINGS, YES, Cap, structure_options
from dragoman.http import TAKEN_NAMES, address_problem

Validator: TypeAlias = Callable[[Any, "attrs.Attribute[Any]", Any], None]
HEADER = re.compile(r"[a-z0-9][a-z0-9-]*")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
MEDIA = re.compile(r"[a-z]+/[a-z0-9.+*-]+")
MEMBER = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*")
PREFIX = re.compile(r"[\x20-\x7e]*")
PATH = re.compile(r"(?:/[\w.~-]+)*")
HOST = re.compile(r"[.-]?[a-z0-9*-]+(?:\.[a-z0-9*-]+)*")
NAME = re.compile(r"[a-z][a-z0-9_]*")
MODELS = re.compile(r"\S+")
PLACE = re.compile(r"\{(\w+)\}")
"""A place in a base URL that is filled with the value of an option or of an environment variable."""

WRITTEN = frozenset(
    {"model", "messages", "prompt", "suffix", "stream", "tools", "tool_choice", "response_format", "input"}
)
"""The members of a body that the dialect writes itself."""
COMMON = frozenset({"logit_bias", "user", "stream_options", "extra_body"})
"""The options that all hosts have."""
MESSAGE = frozenset({"role", "content", "tool_calls", "refusal"})
"""The members of a message that do not hold reasoning."""

_ELSEWHERE: Mapping[str, str] = {
    "max_tokens": "max_tokens_name names it",
    "parallel_tool_calls": "it has one name at all hosts",
    "cache": "it is no member of a body",
}
"""Settings whose names in the body are not among the others."""
_LIMITS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(SETTINGS, frozenset({"minimum", "maximum"})),
    **dict.fromkeys(("effort", "service_tier", "cache"), frozenset({"values"})),
    **dict.fromkeys(("parallel_tool_calls", "logprobs"), frozenset[str]()),
    "stop": frozenset({"most", "longest", "blank"}),
}
"""The limits that the values of each setting can have; those of media have none."""


def each_matches(pattern: re.Pattern[str], expected: str) -> Validator:
    """Return a validator that matches each text of a field, or each key of a table, against *pattern*."""

    def check(_: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        for text in () if value is None else (value,) if isinstance(value, str) else value:
            if not pattern.fullmatch(text):
                message = f"{attribute.name} holds {text!r}, which is not a {expected}"
                raise ValueError(message)

    return check


def none_of(names: frozenset[str], reason: str) -> Validator:
    """Return a validator that refuses *names* in a field, or as keys of a table."""

    def check(_: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        for text in (value,) if isinstance(value, str) else value or ():
            if text in names:
                message = f"{attribute.name} holds {text!r}, {reason}"
                raise ValueError(message)

    return check


option_names: tuple[Validator, ...] = (
    each_matches(MEMBER, "name for an option"),
    none_of(TAKEN_NAMES, "which is an argument at all providers, so no option of the host gets it"),
    none_of(WRITTEN, "which the dialect writes itself"),
    none_of(COMMON, "which all hosts have"),
)
"""The validators of names of options."""


def known_settings(_: Any, attribute: attrs.Attribute[Any], value: Mapping[str, Any]) -> None:
    """Refuse keys that are not settings."""
    for name in value:
        if name not in SETTINGS:
            message = f"{attribute.name} names {name!r}, which is not a setting; the settings are {', '.join(SETTINGS)}"
            raise ValueError(message)


def renamed(_: Any, attribute: attrs.Attribute[Any], value: Mapping[str, Any]) -> None:
    """Refuse settings whose name in the body cannot be said where those of the others are, and names that are none."""
    for name, wire in value.items():
        if name in _ELSEWHERE:
            message = f"{attribute.name} names {name!r}, which has no place there: {_ELSEWHERE[name]}"
            raise ValueError(message)
        if not isinstance(wire, str) or not MEMBER.fullmatch(wire):
            message = f"{attribute.name} holds {wire!r} for {name}, which is not a name of a member of the body"
            raise ValueError(message)
        if wire in WRITTEN:
            message = f"{attribute.name} holds {wire!r} for {name}, which the dialect writes itself"
            raise ValueError(message)


def positive(_: Any, attribute: attrs.Attribute[Any], value: int | None) -> None:
    """Refuse numbers below 1."""
    if value is not None and value < 1:
        message = f"{attribute.name} must be a whole number, at least 1, not {value}"
        raise ValueError(message)


def address(_: Any, attribute: attrs.Attribute[Any], value: str) -> None:
    """Refuse what callers could not give as a base URL either."""
    if value and (problem := address_problem(PLACE.sub("x", value))):
        message = f"{attribute.name} must be an address such as https://api.acme.example/v1; {value!r} {problem}"
        raise ValueError(message)


def day(_: Any, attribute: attrs.Attribute[Any], value: str) -> None:
    """Refuse what is not a date."""
    try:
        date.fromisoformat(value)
    except ValueError:
        message = f"{attribute.name} holds {value!r}, which is not a date such as 2026-11-29"
        raise ValueError(message) from None


def finite(_: Any, attribute: attrs.Attribute[Any], value: float | None) -> None:
    """Refuse numbers that no value can be compared with."""
    if value is not None and not math.isfinite(value):
        message = f"{attribute.name} must be a finite number, not {value}"
        raise ValueError(message)


@frozen(kw_only=True)
class Limits:
    """Limit the values of a setting.

    Args:
        accepted: whether any value is accepted.
        minimum: the least value accepted.
        maximum: the greatest value accepted.
        values: the only values accepted.
        most: the greatest number of items, such as stop sequences.
        longest: the greatest length of each item, in bytes of UTF-8.
        blank: whether an item may be white space alone.
        note: the reason, which the caller sees.

    """

    accepted: bool = True
    minimum: float | None = field(default=None, validator=finite)
    maximum: float | None = field(default=None, validator=finite)
    values: tuple[str, ...] | None = None
    most: int | None = field(default=None, validator=positive)
    longest: int | None = field(default=None, validator=positive)
    blank: bool = True
    note: str = ""

    def __attrs_post_init__(self) -> None:
        """Refuse limits that no value is within."""
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            message = f"minimum {self.minimum} is greater than maximum {self.maximum}"
            raise ValueError(message)
        if self.values == ():
            message = "values is empty; if no value is accepted, say accepted = false"
            raise ValueError(message)


def caps(value: Mapping[str, Any]) -> dict[str, Cap]:
    """Return the capability that a table gives each name: supported, not supported, or within limits."""
    return {name: cap(name, given) for name, given in value.items()}


def cap(name: str, given: Any) -> Cap:
    """Return the capability of one name, by a flag or by a table of limits.

    Raises:
        TypeError: if it is neither.
        ValueError: for a limit that values of that name cannot have.

    """
    if isinstance(given, bool):
        return YES if given else NO
    if not isinstance(given, dict):
        message = f"{name} must be true, false or a table of limits, not {given!r}"
        raise TypeError(message)
    table = cast("dict[str, Any]", given)
    limits = structure_options(Limits, table, provider=f"the table {name!r}", also=None)
    meant = _LIMITS.get(name, frozenset[str]())
    if other := sorted(table.keys() - meant - {"accepted", "note"}):
        message = f"{name} has the limit {other[0]!r}, but can only have {', '.join(sorted(meant)) or 'none'}"
        raise ValueError(message)
    values = None if limits.values is None else frozenset(limits.values)
    support = YES.support if limits.accepted else NO.support
    rest = attrs.asdict(limits, filter=attrs.filters.exclude("accepted", "values"))
    return Cap(support=support, values=values, **rest)
