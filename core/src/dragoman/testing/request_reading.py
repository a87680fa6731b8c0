"""What the readers of requests share: a body is taken apart, and what a server would not understand is an error."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias, TypeVar, cast

from dragoman.spec.media import Bytes, Media, MediaSource, Url
from dragoman.spec.parts import Part
from dragoman.spec.request import ChatRequest, Settings
from dragoman.testing.reply import Received

__all__ = [
    "Pairing",
    "PartReader",
    "RequestReader",
    "base64_media",
    "chosen",
    "json_object",
    "linked_media",
    "listed",
    "member",
    "of_kind",
    "settings_of",
    "string",
]

_T = TypeVar("_T")

PartReader: TypeAlias = Callable[[dict[str, Any]], Part]
"""The type of a function that reads one part of a message."""

RequestReader: TypeAlias = Callable[[Received], ChatRequest]
"""The type of a function that reads a request of its dialect back: the inverse of what a provider does.

It is written from the documentation of the vendor, never with the code under test. It raises an exception, of any
class, for a body that the vendor would refuse.
"""


def json_object(value: Any, what: str) -> dict[str, Any]:
    """Return a JSON object.

    Raises:
        ValueError: if it is something else.

    """
    if not isinstance(value, dict):
        message = f"{what} must be an object, not {value!r}"
        raise ValueError(message)  # noqa: TRY004  # a fault of the request, not of this program
    return cast("dict[str, Any]", value)


def listed(value: Any, what: str) -> list[dict[str, Any]]:
    """Return a list of JSON objects; an empty list for a member that is missing.

    Raises:
        ValueError: if it is something else.

    """
    if value is None:
        return []
    if not isinstance(value, list):
        message = f"{what} must be a list, not {value!r}"
        raise ValueError(message)  # noqa: TRY004  # a fault of the request, not of this program
    return [json_object(each, f"{what}[{index}]") for index, each in enumerate(value)]  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def string(value: Any, what: str) -> str:
    """Return a string.

    Raises:
        ValueError: if it is something else.

    """
    if not isinstance(value, str):
        message = f"{what} must be a string, not {value!r}"
        raise ValueError(message)  # noqa: TRY004  # a fault of the request, not of this program
    return value


def member(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a member that is an object; an empty object if it is missing.

    Raises:
        ValueError: if it is something else.

    """
    return json_object(value.get(name) or {}, name)


def chosen(readers: Mapping[str, Callable[[dict[str, Any]], _T]], kind: str, value: dict[str, Any]) -> _T:
    """Return what the reader for this kind makes of *value*.

    Raises:
        ValueError: if there is none, so that a server would refuse the request.

    """
    if kind not in readers:
        message = f"unknown kind {kind!r} of {json.dumps(value)}; this server knows {', '.join(readers)}"
        raise ValueError(message)
    return readers[kind](value)


def of_kind(value: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return an object whose member ``type`` must be this kind.

    Raises:
        ValueError: if it is another one.

    """
    if value.get("type") != kind:
        message = f"the type must be {kind!r}, not {value.get('type')!r}: {json.dumps(value)[:200]}"
        raise ValueError(message)
    return value


def settings_of(*sources: tuple[Mapping[str, Any], Mapping[str, str]], **known: Any) -> Settings:
    """Return the settings in a body.

    Args:
        sources: objects of the body, each with the names of our settings by the names that the vendor gives them.
        known: settings that were read otherwise; ``None`` for those that are not in the body.

    Raises:
        ValueError: if a value is not of the type that the vendor takes, or if ``stop`` is not a list of strings.

    """
    found = {name: value for name, value in known.items() if value is not None}
    for members, names in sources:
        found |= {names[theirs]: members[theirs] for theirs in names if members.get(theirs) is not None}
    stop = found.get("stop")
    if stop is not None and not isinstance(stop, list):
        message = f"the stop sequences must be a list of strings, not {stop!r}"
        raise ValueError(message)
    return Settings(**found)


def base64_media(data: Any, media_type: str, *, filename: str | None = None) -> Media:
    """Return media that was sent in base64.

    Raises:
        ValueError: if it is not base64.

    """
    source = Bytes(data=base64.b64decode(string(data, "data in base64"), validate=True))
    return Media(source=source, media_type=media_type, filename=filename)


def linked_media(url: Any, media_type: str, *, filename: str | None = None) -> Media:
    """Return media that was sent as an address, or as a ``data:`` URL, whose own media type is used.

    Raises:
        ValueError: if it is neither.

    """
    address = string(url, "the address")
    if address.startswith("data:"):
        kind, _, data = address.removeprefix("data:").partition(";base64,")
        return base64_media(data, kind, filename=filename)
    if "://" not in address:
        message = f"{address[:40]!r} is neither an address nor a data: URL"
        raise ValueError(message)
    source: MediaSource = Url(url=address)
    return Media(source=source, media_type=media_type, filename=filename)


class Pairing:
    """Give ids to the calls and results of a dialect that pairs them by name and order.

    A call keeps the id that it has. A result without an id gets that of the first call of its name without a result.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[str, str]] = []
        self._count = 0

    def call(self, name: str, call_id: str | None = None) -> str:
        """Return the id of the next call."""
        self._count += 1
        given = call_id or f"call {self._count}"
        self._waiting.append((name, given))
        return given

    def result(self, name: str, call_id: str | None = None) -> str:
        """Return the id of the call that a result belongs to, or an empty text if there is no such call."""
        fits: Iterable[tuple[str, str]] = (
            each for each in self._waiting if each[0] == name and call_id in {None, each[1]}
        )
        found = next(iter(fits), None)
        if found is None:
            return call_id or ""
        self._waiting.remove(found)
        return found[1]
