"""What the HTTP client raises, as our errors."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

import aiohttp
from aiohttp.http import HttpProcessingError

from dragoman.http.transport.exchange import ClientClosedError, IdleConnectionLostError
from dragoman.spec.errors import (
    ConfigurationError,
    ConnectionFailedError,
    DragomanError,
    ProtocolError,
    RequestTimeoutError,
    StreamInterruptedError,
    TransportError,
)
from dragoman.spec.plain_text import bounded, printable

T = TypeVar("T")

CLOSED = "closed"
"""The code of the error that tells that the client was closed."""
_WHO_ASKS = 407
_SERVER = 500
_LONGEST = 2_000
"""Characters of what the client says, who repeats what it could not read."""


async def translate_errors(result: Awaitable[T], phase: str) -> T:
    """Wait for *result* and turn what aiohttp raises into our errors.

    The frames of aiohttp hold headers in plain text, and its errors the request. So ours are raised where nothing of
    both is reachable any more, and a cancellation goes on without them.
    """
    try:
        return await result
    except (aiohttp.ClientError, HttpProcessingError, aiohttp.EofStream, OSError, ValueError) as error:
        failure = _translated(error, phase)
        failure.__cause__ = aiohttp.ClientError(printable(bounded(f"{type(error).__name__}: {error}", _LONGEST)))
    except asyncio.CancelledError as error:
        error.__traceback__ = error.__context__ = error.__cause__ = None
        raise
    raise failure


def _translated(error: Exception, phase: str) -> DragomanError:
    reason = str(error) or type(error).__name__
    if isinstance(error, TimeoutError):
        return _timed_out(error, phase)
    if isinstance(error, ClientClosedError | IdleConnectionLostError):
        return _lost_here(error, phase)
    if isinstance(error, aiohttp.ClientProxyConnectionError | aiohttp.ClientHttpProxyError):
        return _failed_at_proxy(error)
    if isinstance(error, aiohttp.ClientSSLError):
        message = f"no trusted TLS connection: {reason}. Check the host's name and the trust store (SSL_CERT_FILE)"
        return ConnectionFailedError(message, phase="connect", code="tls", retryable=False)
    if isinstance(error, aiohttp.ClientConnectorError):
        return ConnectionFailedError(f"no connection: {reason}", phase="connect")
    if isinstance(error, aiohttp.ClientResponseError | HttpProcessingError):
        return ProtocolError("the reply is no HTTP, or longer than it declares", phase="decode")
    if phase == "idle":
        lost = f"the connection was lost in the middle of the reply: {reason}"
        return StreamInterruptedError(lost, phase="mid_stream")
    if isinstance(error, ValueError):
        return ConfigurationError(f"this is no address: {reason}", parameter="api_base")
    return ConnectionFailedError(f"the connection was lost before the reply began: {reason}", phase=phase)


def _timed_out(error: TimeoutError, phase: str) -> RequestTimeoutError:
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return RequestTimeoutError("no connection within the time allowed for one (connect_timeout)", phase="connect")
    if isinstance(error, aiohttp.ServerTimeoutError):
        which = "first_byte_timeout" if phase == "first_byte" else "idle_timeout"
        return RequestTimeoutError(f"nothing arrived within the time allowed ({which})", phase=phase)
    return RequestTimeoutError("the deadline of the call has passed (timeout)", phase="total", retryable=False)


def _lost_here(error: ClientClosedError | IdleConnectionLostError, phase: str) -> TransportError:
    if isinstance(error, IdleConnectionLostError):
        message = f"the server closed a kept connection before it replied: {error}"
        return ConnectionFailedError(message, phase=phase, retry_after=0.0)
    kind = StreamInterruptedError if phase == "idle" else ConnectionFailedError
    return kind("the client was closed while the call went on", phase=phase, code=CLOSED, retryable=False)


def _failed_at_proxy(
    error: aiohttp.ClientProxyConnectionError | aiohttp.ClientHttpProxyError,
) -> ConnectionFailedError:
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return refused_by_proxy(error.status)
    message = f"no connection to the proxy that proxy= or the environment names: {error}"
    return ConnectionFailedError(message, phase="connect", code="proxy")


def refused_by_proxy(status: int) -> ConnectionFailedError:
    """Return what a proxy means that answers itself, with *status*, in place of the server."""
    if status == _WHO_ASKS:
        what = "wants a user name and password that it knows; write them as http://user:password@host:port"
    else:
        what = f"does not let the connection through: HTTP status {status}"
    message = f"the proxy that proxy= or the environment names {what}"
    return ConnectionFailedError(message, phase="connect", code="proxy", retryable=status >= _SERVER)
