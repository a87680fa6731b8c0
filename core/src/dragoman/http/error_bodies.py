"""The message of an error, in whichever member, shape or markup a server or a gateway puts it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from http.client import responses
from typing import TYPE_CHECKING, Any, cast

from dragoman.http.json import as_object, fields, items_of, loads, objects, rewritten
from dragoman.http.status import is_good, may_retry, retry_after
from dragoman.http.wire import HttpReply
from dragoman.spec._value import changed
from dragoman.spec.errors import ProtocolError, ProviderError

if TYPE_CHECKING:
    from dragoman.http.dialect import Dialect
    from dragoman.http.framing import AnyFrame

NAMES = (
    "message",
    "error",
    "detail",
    "msg",
    "error_message",
    "errorMessage",
    "error_msg",
    "Message",
    "errors",
    "error_description",
    "description",
    "details",
    "reason",
    "title",
)
"""The members that hold a message, or an object or a list with one; the first that has a text counts."""

ERRORS = ("error", "errors", "detail", "error_message", "errorMessage", "error_msg", "error_description")
"""The members that no answer has: one with a text is an error whatever stands beside it."""
_STATE = "base_resp"
"""The member in which some servers say whether a request failed, whatever the status of the reply."""
_MESSAGES = ("message", "msg", "Message")
"""The members that a note of any kind may have: with one, an object is an error if anything else in it says so."""
_STATUSES = ("code", "status", "status_code", "statusCode", "error_code")
_FAILED = r"(?:^|[._])error$|Error$|Exception$"
_SUCCEEDED = frozenset({"0", "ok", "success", "succeeded", "true", "false"})
_ALONE = frozenset({*_MESSAGES, "request_id", "requestId", "id"})

_LEVELS = 8
_ITEMS = 5
"""How many messages of a list are shown."""
_SHOWN = 300
"""How many characters of a page are shown."""
_PAGE = r"(?is)\s*(?:<!--.*?-->\s*)?<(?:!doctype html|html\b)"
_HIDDEN = r"(?is)<(script|style|title)\b.*?(?:</\1\s*>|$)"
_TITLE = r"(?is)<title[^>]*>(.*?)</title"
_TAG = r"<[^>]*>"


def error_text(reply: HttpReply) -> str:
    """Return the message of a reply that reports an error; if it has none, what its status means."""
    if is_page(reply):
        return _of_page(reply.excerpt) or _of_status(reply.status)
    try:
        found = text_in(reply.json())
    except ProtocolError:
        found = None
    return found or reply.excerpt.strip() or _of_status(reply.status)


def error_from(
    reply: HttpReply,
    kind: type[ProviderError],
    message: str,
    *,
    code: str | None = None,
    parameter: str | None = None,
    status: int | None = None,
) -> ProviderError:
    """Return an error with what its reply says besides: the status, the wait, whether to retry, and the body.

    Args:
        reply: the reply.
        kind: the class of the error.
        message: its message.
        code: the vendor's code of it.
        parameter: the setting that it is about.
        status: the status that it stands for; that of the reply if not given.

    """
    known = reply.status if status is None else status
    return kind(
        message,
        status=known,
        code=code,
        parameter=parameter,
        retry_after=retry_after(reply.headers),
        retryable=may_retry(kind, known, reply.headers),
        body=reply.excerpt,
    )


def retold(
    error: ProviderError,
    kind: type[ProviderError],
    message: str | None = None,
    *,
    model: str | None = None,
    retryable: bool | None = None,
) -> ProviderError:
    """Return *error* as one of another class, with all that is known of it.

    Args:
        error: the error, which is returned itself if it is of that class and nothing is changed.
        kind: the class.
        message: the message, that of *error* if not given.
        model: the model, that of *error* if not given.
        retryable: whether to retry, as is usual for the class if not given.

    """
    if type(error) is kind and (message, model, retryable) == (None, None, None):
        return error
    told = kind(error.message if message is None else message)
    known = {name: value for name, value in vars(error).items() if name not in {"message", "retryable"}}
    vars(told).update(known)
    told.model = model or told.model
    told.retryable = told.retryable if retryable is None else retryable
    return told


def object_in(reply: HttpReply) -> dict[str, Any]:
    """Return the object that a reply holds, an empty one if it holds none."""
    try:
        return fields(reply.json())
    except ProtocolError:
        return {}


def reported_by(reply: HttpReply) -> HttpReply | None:
    """Return the error that the object in a reply, or the first in a list, reports as a reply of its own.

    It has the status that the object states, else 200. Some servers write the error of a stream as a list
    with one object.

    Args:
        reply: the reply.

    Returns:
        ``None`` if it reports none, or holds no JSON.

    """
    try:
        value = reply.json()
    except ProtocolError:
        return None
    failed = reported_in(fields(next(iter(items_of(value)), value)), ())
    return None if failed is None else changed(reply, body=failed.body, status=failed.status)


def told_error(error: Exception, dialect: Dialect, reply: HttpReply) -> Exception:
    """Return the error that a reply reports, or else *error*, with which it was not understood."""
    failed = reported_by(reply) if isinstance(error, ProtocolError) else None
    return error if failed is None else dialect.error(failed)


def object_in_frame(
    event: AnyFrame, error: Callable[[HttpReply], ProviderError], what: str | None = None
) -> dict[str, Any]:
    """Return the object that a frame holds.

    Args:
        event: the frame.
        error: returns the exception for the error that a reply reports.
        what: names the frame in an error; its own name if not given.

    Raises:
        ProviderError: if it reports an error in another form.
        ProtocolError: if it holds neither.

    """
    try:
        value: dict[str, Any] = loads(event.data)
        if type(value) is not dict:  # which as_object() says, with the type that was found
            as_object(value, what or f"the event {getattr(event, 'event', '')!r}")
    except ProtocolError:
        if (told := frame_error(event, error)) is None:
            raise
        raise told from None
    return value


def frame_error(event: AnyFrame, error: Callable[[HttpReply], ProviderError]) -> ProviderError | None:
    """Return the error that a frame reports that holds no object, ``None`` if it reports none.

    Args:
        event: the frame, which holds a list of errors, or words under the name ``error``.
        error: returns the exception for the error that a reply reports.

    """
    reply = HttpReply(status=200, body=event.data)
    failed = reported_by(reply) or (reply if getattr(event, "event", "") == "error" else None)
    return None if failed is None else error(failed)


def reported_in(members: Mapping[str, Any], own: Collection[str], event: str = "") -> HttpReply | None:
    """Return the error that one frame of a stream reports as a reply of its own, ``None`` if it reports none.

    The reply has the status that the frame states, else 200, so that the rules for bodies of errors hold for frames.

    Args:
        members: the object in the frame.
        own: the members by which the frames of the API are known; an object with one of them that is not ``None``
            reports an error only in a member ``error``.
        event: the name of the frame, if it has one.

    """
    members = _with_state(members)
    if not _reports_error(members, own, event):
        return None
    return HttpReply(status=_status_in(members) or 200, body=rewritten(dict(members)).encode())


def _with_state(members: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an object with the error that its state names, which some servers send with every answer."""
    state = fields(members.get(_STATE))
    code, text = state.get("status_code"), state.get("status_msg")
    if not code or not text or members.get("error"):
        return members
    return {**members, "error": {"message": text, "code": code}}


def _reports_error(members: Mapping[str, Any], own: Collection[str], event: str) -> bool:
    if members.get("error") or any(re.search(_FAILED, word) for word in (event, *_kinds(members))):
        return True
    if any(members.get(name) is not None for name in own):
        return False
    if any(text_in(members.get(name)) for name in ERRORS):
        return True
    if not any(isinstance(text := members.get(name), str) and text for name in _MESSAGES):
        return False
    return _status_in(members) is not None or _has_code(members) or members.keys() <= _ALONE


def _kinds(members: Mapping[str, Any]) -> list[str]:
    return [kind for name in ("type", "object") if isinstance(kind := members.get(name), str)]


def _has_code(members: Mapping[str, Any]) -> bool:
    code = members.get("code")
    text = str(code).strip().lower() if isinstance(code, str | int) else ""
    return bool(text) and text not in _SUCCEEDED and not is_good(_digits(text))


def _status_in(members: Mapping[str, Any], levels: int = 3) -> int | None:
    """Return the status of an error that an object states, itself or in its error."""
    for name in _STATUSES:
        status = members.get(name)
        number = _digits(str(status)) if isinstance(status, str | int) else 0
        if 400 <= number < 600:  # noqa: PLR2004  # the statuses of errors
            return number
    if not levels:
        return None
    values = [members.get(name) for name in ("error", "errors")]
    inner = [each for value in values for each in objects(value)[:_ITEMS] or [fields(value)]]
    return next((found for each in inner if (found := _status_in(each, levels - 1))), None)


def _digits(text: str) -> int:
    return int(text) if len(text) == 3 and text.isascii() and text.isdigit() else 0  # noqa: PLR2004  # of a status


def is_page(reply: HttpReply) -> bool:
    """Return whether the body is a web page, which no API answers with."""
    return re.match(_PAGE, reply.excerpt) is not None


def text_in(value: Any, levels: int = _LEVELS) -> str | None:
    """Return the message in a JSON value of an error, ``None`` if it has none.

    Args:
        value: a text, an object, or a list of either; a text may be such a value as JSON.
        levels: how deep it is searched.

    """
    if not levels:
        return None
    if isinstance(value, str):
        return _of_text(value.strip(), levels) or None
    if isinstance(value, list):
        texts = (text_in(each, levels - 1) for each in value[:_ITEMS])  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        return "; ".join(text for text in texts if text) or None
    return _of_object(cast("dict[str, Any]", value), levels) if isinstance(value, dict) else None


def _of_text(text: str, levels: int) -> str:
    """Return *text*, or the message in it if it is JSON, as that of a server behind a gateway."""
    if not text.startswith("{"):
        return text
    try:
        return text_in(HttpReply(status=0, body=text.encode("utf-8", "replace")).json(), levels - 1) or text
    except ProtocolError:
        return text


def _of_object(members: Mapping[str, Any], levels: int) -> str | None:
    found = next((text for name in NAMES if (text := text_in(members.get(name), levels - 1))), None)
    where = members.get("loc")
    if found is None or not isinstance(where, list):
        return found
    return f"{'.'.join(map(str, where))}: {found}"  # pyright: ignore[reportUnknownArgumentType]  # a path


def _of_page(page: str) -> str:
    """Return the title and the beginning of the text of a web page."""
    found = re.search(_TITLE, page)
    title = _plain(found[1]) if found else ""
    text = _plain(re.sub(_HIDDEN, " ", page))
    if text.startswith(title) or title.lower() in {"", "error"}:
        return text[:_SHOWN]
    return f"{title}: {text}"[:_SHOWN].removesuffix(": ")


def _plain(markup: str) -> str:
    from html import unescape  # noqa: PLC0415  # few errors are pages

    return " ".join(unescape(re.sub(_TAG, " ", markup)).split())


def _of_status(status: int) -> str:
    return f"{responses.get(status) or f'HTTP status {status}'} without a message"
