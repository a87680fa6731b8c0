"""Between what passes a call and what a cassette holds.

Headers are never kept, nor the provider's raw reply, nor how long a try took.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, cast, get_args

import attrs
from attrs import frozen

import dragoman
from dragoman import (
    JSON,
    Attempt,
    ChatRequest,
    CompletionRequest,
    DragomanError,
    Event,
    InvalidRequestError,
    Raw,
    Response,
    StreamStart,
    from_dict,
    to_dict,
)

_EVENTS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Event)}
_DETAILS = (
    *("provider", "model", "status", "code", "parameter", "request_id", "retry_after", "retryable", "phase", "body"),
)


@frozen(kw_only=True)
class _KeptError:
    error: str
    message: str = ""
    provider: str | None = None
    model: str | None = None
    status: int | None = None
    code: str | None = None
    parameter: str | None = None
    request_id: str | None = None
    retry_after: float | None = None
    retryable: bool | None = None
    phase: str | None = None
    body: str | None = None
    attempts: tuple[Attempt, ...] = ()
    partial: Response | None = None


def request_data(request: ChatRequest | CompletionRequest) -> dict[str, JSON]:
    """Return what distinguishes a request, apart from its model.

    Which settings were given and which are defaults makes no difference to an answer, so it is left out.
    """
    settings = attrs.evolve(request.settings, explicit=())
    data = _plain(to_dict(attrs.evolve(request, headers={}, settings=settings)))
    del data["model"]
    return data


def response_data(response: Response) -> dict[str, JSON]:
    """Return what is kept of an answer."""
    kept = attrs.evolve(response, headers={}, raw=None, attempts=_timeless(response.attempts))
    return _plain(to_dict(kept))


def read_response(data: Mapping[str, JSON]) -> Response:
    """Return the answer that was kept.

    Raises:
        InvalidRequestError: if it has other members.

    """
    return from_dict(Response, data)


def event_data(event: Event) -> dict[str, JSON]:
    """Return what is kept of an event."""
    if isinstance(event, Raw):
        event = Raw(None)
    if isinstance(event, StreamStart):
        event = attrs.evolve(event, headers={}, attempts=_timeless(event.attempts))
    return _plain({"event": type(event).__name__, **to_dict(event)})


def read_event(data: Mapping[str, JSON]) -> Event:
    """Return the event that was kept.

    Raises:
        InvalidRequestError: if there is no such event, or it has other members.

    """
    fields = dict(data)
    kind = _EVENTS.get(name := str(fields.pop("event", "")))
    if kind is None:
        message = f"there is no event {name!r}"
        raise InvalidRequestError(message)
    return cast("Event", from_dict(kind, fields))


def error_data(error: DragomanError) -> dict[str, JSON]:
    """Return what is kept of an error: the name of the nearest public class, and what it knows."""
    known = {name: value for name in _DETAILS if (value := getattr(error, name)) is not None}
    if error.attempts:
        known["attempts"] = [to_dict(attempt) for attempt in _timeless(error.attempts)]
    if error.partial is not None:
        known["partial"] = response_data(error.partial)
    name = next(kind.__name__ for kind in type(error).__mro__ if getattr(dragoman, kind.__name__, None) is kind)
    return _plain({"error": name, "message": error.message, **known})


def read_error(data: Mapping[str, JSON]) -> DragomanError:
    """Return the error that was kept, not raised yet.

    Raises:
        InvalidRequestError: if there is no such error, or it has other members.

    """
    kept = from_dict(_KeptError, data)
    kind: object = getattr(dragoman, kept.error, None)
    if not isinstance(kind, type) or not issubclass(kind, DragomanError):
        message = f"there is no error {kept.error!r}"
        raise InvalidRequestError(message)
    return kind(kept.message, **{name: getattr(kept, name) for name in (*_DETAILS, "attempts", "partial")})


def _timeless(attempts: tuple[Attempt, ...]) -> tuple[Attempt, ...]:
    """Leave out durations: they would differ with each recording."""
    return tuple(attrs.evolve(attempt, waited=0.0, duration=0.0) for attempt in attempts)


def _plain(data: Mapping[str, Any]) -> dict[str, JSON]:
    """Return what JSON makes of *data*: a ``Secret`` is its mask there, and what is no data is named by its class."""
    try:
        text = json.dumps(data, default=_as_text)
    except (TypeError, ValueError, RecursionError) as error:
        message = f"this cannot be written into a cassette as JSON: {type(error).__name__}; give plain data"
        raise InvalidRequestError(message) from None
    return cast("dict[str, JSON]", json.loads(text, parse_constant=lambda _: None))  # JSON knows finite numbers alone


def _as_text(value: object) -> str:
    return base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else f"<{type(value).__name__}>"
