"""Conversion between requests, responses, events and errors and the plain data in a cassette.

Headers, the provider's raw reply and the duration of attempts are never recorded.
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
class _RecordedError:
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
    """Return plain data of what distinguishes a request, apart from its model.

    It does not say which settings were given and which are defaults, since that makes no difference to an answer.
    """
    settings = attrs.evolve(request.settings, explicit=())
    data = _plain(to_dict(attrs.evolve(request, headers={}, settings=settings)))
    del data["model"]
    return data


def response_data(response: Response) -> dict[str, JSON]:
    """Return plain data of a response."""
    recorded = attrs.evolve(response, headers={}, raw=None, attempts=_without_durations(response.attempts))
    return _plain(to_dict(recorded))


def read_response(data: Mapping[str, JSON]) -> Response:
    """Return the response that was recorded.

    Raises:
        InvalidRequestError: if the data has missing, unknown or mistyped members.

    """
    return from_dict(Response, data)


def event_data(event: Event) -> dict[str, JSON]:
    """Return plain data of an event."""
    if isinstance(event, Raw):
        event = Raw(None)
    if isinstance(event, StreamStart):
        event = attrs.evolve(event, headers={}, attempts=_without_durations(event.attempts))
    return _plain({"event": type(event).__name__, **to_dict(event)})


def read_event(data: Mapping[str, JSON]) -> Event:
    """Return the event that was recorded.

    Raises:
        InvalidRequestError: if the event is unknown, or the data has missing, unknown or mistyped members.

    """
    fields = dict(data)
    kind = _EVENTS.get(name := str(fields.pop("event", "")))
    if kind is None:
        message = f"there is no event named {name!r}"
        raise InvalidRequestError(message)
    return cast("Event", from_dict(kind, fields))


def error_data(error: DragomanError) -> dict[str, JSON]:
    """Return plain data of an error: the name of its nearest class in ``dragoman``, and its attributes."""
    details = {name: value for name in _DETAILS if (value := getattr(error, name)) is not None}
    if error.attempts:
        details["attempts"] = [to_dict(attempt) for attempt in _without_durations(error.attempts)]
    if error.partial is not None:
        details["partial"] = response_data(error.partial)
    name = next(kind.__name__ for kind in type(error).__mro__ if getattr(dragoman, kind.__name__, None) is kind)
    return _plain({"error": name, "message": error.message, **details})


def read_error(data: Mapping[str, JSON]) -> DragomanError:
    """Return the error that was recorded, without raising it.

    Raises:
        InvalidRequestError: if the error is unknown, or the data has missing, unknown or mistyped members.

    """
    recorded = from_dict(_RecordedError, data)
    kind: object = getattr(dragoman, recorded.error, None)
    if not isinstance(kind, type) or not issubclass(kind, DragomanError):
        message = f"there is no error named {recorded.error!r}"
        raise InvalidRequestError(message)
    return kind(recorded.message, **{name: getattr(recorded, name) for name in (*_DETAILS, "attempts", "partial")})


def _without_durations(attempts: tuple[Attempt, ...]) -> tuple[Attempt, ...]:
    """Return attempts without durations, which would differ from one recording to the next."""
    return tuple(attrs.evolve(attempt, waited=0.0, duration=0.0) for attempt in attempts)


def _plain(data: Mapping[str, Any]) -> dict[str, JSON]:
    """Return *data* as JSON represents it: a ``Secret`` as its mask, any other object as the name of its class."""
    try:
        text = json.dumps(data, default=_as_text)
    except (TypeError, ValueError, RecursionError) as error:
        message = f"a value cannot be recorded as JSON ({type(error).__name__}); give plain data"
        raise InvalidRequestError(message) from None
    return cast("dict[str, JSON]", json.loads(text, parse_constant=lambda _: None))  # JSON has finite numbers only


def _as_text(value: object) -> str:
    return base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else f"<{type(value).__name__}>"
