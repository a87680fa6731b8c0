"""An HTTP request and an HTTP reply, as values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from attrs import field

from dragoman.http.json import EXCERPT, loads
from dragoman.http.redaction import redact_error
from dragoman.http.status import is_good
from dragoman.spec._value import value
from dragoman.spec.errors import InvalidRequestError, ProtocolError
from dragoman.spec.plain_text import printable
from dragoman.spec.response import Adjustment

_OTHER_PATHS = frozenset({"", ".", ".."})


def _no_headers() -> Mapping[str, str]:
    return {}


def path_segment(name: str, parameter: str) -> str:
    """Return a name as one segment of a path, percent-encoded.

    Args:
        name: the name, such as that of a model.
        parameter: the argument that gives it, for the error.

    Raises:
        InvalidRequestError: for a name that servers and gateways take for another path: none, ``.`` or ``..``.

    """
    if name in _OTHER_PATHS:
        message = f"{parameter} cannot be {name!r}, which would lead to another path; give the name itself"
        raise InvalidRequestError(message, parameter=parameter)
    return quote(name, safe="")


@value(kw_only=True)
class HttpRequest:
    """Hold one HTTP request.

    Args:
        url: from a dialect, the path below the base URL, or a whole address at a host of the endpoint; for a transport,
            the full URL.
        body: the encoded body.
        method: the HTTP method.
        headers: the headers, with names in lower case and credentials as :class:`~dragoman.Secret`.
        adjustments: the changes that a dialect had to make to the request.

    """

    url: str
    body: bytes | None = field(default=None, repr=lambda body: f"<{len(body)} bytes>")
    method: str = "POST"
    headers: Mapping[str, str] = field(factory=_no_headers)
    adjustments: tuple[Adjustment, ...] = ()


@value(kw_only=True)
class HttpReply:
    """Hold one HTTP reply.

    Args:
        status: the HTTP status.
        headers: the headers, with names in lower case.
        body: the whole body, decompressed.
        sent: the headers of the request, whose credentials are redacted in errors about this reply.
        asked: the method and the URL of the request, for errors about a path that the server does not know.

    """

    status: int
    headers: Mapping[str, str] = field(factory=_no_headers, repr=False)
    body: bytes = field(default=b"", repr=lambda body: f"<{len(body)} bytes>")
    sent: Mapping[str, str] | None = field(default=None, repr=False, eq=False)
    asked: str | None = field(default=None, repr=False, eq=False)

    @property
    def ok(self) -> bool:
        """Return whether the status reports success, which all from 200 to 299 do."""
        return is_good(self.status)

    @property
    def media_type(self) -> str:
        """Return the media type in lower case, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def excerpt(self) -> str:
        """Return the beginning of the body as text that is safe to show and log."""
        return printable(self.body[: EXCERPT * 4].decode("utf-8", "replace")[:EXCERPT])

    def json(self) -> Any:
        """Return the decoded body.

        Raises:
            ProtocolError: if the body is not JSON.

        """
        try:
            return loads(self.body)
        except ProtocolError as error:
            redact_error(error, self.sent or {})
            raise

    def no_answer(self) -> ProtocolError:
        """Return the error for a reply that holds neither an answer nor an error."""
        message = f"the reply does not hold an answer: {self.excerpt!r}"
        return ProtocolError(message, status=self.status, body=self.excerpt, phase="decode")
