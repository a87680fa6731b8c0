"""The exceptions of aiohttp, translated into errors of Dragoman."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

import aiohttp
from aiohttp.http import HttpProcessingError

from dragoman.http.transport.exchange import ClientClosedError, IdleConnectionLostError, NoFreeConnectionError
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
"""The error code of a call whose client was closed."""
_PROXY_AUTHENTICATION_REQUIRED = 407
_SERVER_ERROR = 500
_MAX_REASON = 2_000
"""How many characters of a message of aiohttp are kept: it may repeat the data that could not be parsed."""


async def translate_errors(result: Awaitable[T], phase: str) -> T:
    """Wait for *result* and translate what aiohttp raises.

    The frames of aiohttp hold headers in plain text, and its exceptions hold the request. Therefore the translated
    error is raised outside of the ``except`` block, and a cancellation is raised again without its traceback.
    """
    try:
        return await result
    except (aiohttp.ClientError, HttpProcessingError, aiohttp.EofStream, OSError, ValueError) as error:
        failure = _translate(error, phase)
        failure.__cause__ = aiohttp.ClientError(printable(bounded(f"{type(error).__name__}: {error}", _MAX_REASON)))
    except asyncio.CancelledError as error:
        error.__traceback__ = error.__context__ = error.__cause__ = None
        raise
    raise failure


def _translate(error: Exception, phase: str) -> DragomanError:
    reason = str(error) or type(error).__name__
    if isinstance(error, TimeoutError):
        return _timeout_error(error, phase)
    if isinstance(error, ClientClosedError | IdleConnectionLostError):
        return _connection_error(error, phase)
    if isinstance(error, aiohttp.ClientProxyConnectionError | aiohttp.ClientHttpProxyError):
        return _proxy_error(error)
    if isinstance(error, aiohttp.ClientSSLError):
        message = f"no trusted TLS connection: {reason}. Check the host name and the trust store (SSL_CERT_FILE)"
        return ConnectionFailedError(message, phase="connect", code="tls", retryable=False)
    if isinstance(error, aiohttp.ClientConnectorError):
        return ConnectionFailedError(f"no connection: {reason}", phase="connect")
    if isinstance(error, aiohttp.ClientResponseError | HttpProcessingError):
        return ProtocolError("the reply is not valid HTTP, or is longer than it declares", phase="decode")
    if phase == "idle":
        lost = f"the connection was lost in the middle of the reply: {reason}"
        return StreamInterruptedError(lost, phase="mid_stream")
    if isinstance(error, ValueError):
        return ConfigurationError(f"the URL is not valid: {reason}", parameter="api_base")
    return ConnectionFailedError(f"the connection was lost before the reply began: {reason}", phase=phase)


def _timeout_error(error: TimeoutError, phase: str) -> RequestTimeoutError:
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return RequestTimeoutError("no connection within the time allowed (connect_timeout)", phase="connect")
    if isinstance(error, aiohttp.ServerTimeoutError):
        limit = "first_byte_timeout" if phase == "first_byte" else "idle_timeout"
        return RequestTimeoutError(f"nothing arrived within the time allowed ({limit})", phase=phase)
    message = "the deadline of the call has passed (timeout)"
    if isinstance(error, NoFreeConnectionError):
        message += f"; all {error} connections of this client were in use: end open streams, or use another LLM"
    return RequestTimeoutError(message, phase="total", retryable=False)


def _connection_error(error: ClientClosedError | IdleConnectionLostError, phase: str) -> TransportError:
    if isinstance(error, IdleConnectionLostError):
        message = f"the server closed a reused connection before it replied: {error}"
        return ConnectionFailedError(message, phase=phase, retry_after=0.0)
    kind = StreamInterruptedError if phase == "idle" else ConnectionFailedError
    return kind("the client was closed during the call", phase=phase, code=CLOSED, retryable=False)


def _proxy_error(error: aiohttp.ClientProxyConnectionError | aiohttp.ClientHttpProxyError) -> ConnectionFailedError:
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return refused_by_proxy(error.status)
    message = f"no connection to the proxy that is set by proxy= or the environment: {error}"
    return ConnectionFailedError(message, phase="connect", code="proxy")


def refused_by_proxy(status: int) -> ConnectionFailedError:
    """Return the error for a proxy that replied with *status* instead of forwarding the request."""
    if status == _PROXY_AUTHENTICATION_REQUIRED:
        problem = "requires a valid user name and password; write them as http://user:password@host:port"
    else:
        problem = f"refused the connection with HTTP status {status}"
    message = f"the proxy that is set by proxy= or the environment {problem}"
    return ConnectionFailedError(message, phase="connect", code="proxy", retryable=status >= _SERVER_ERROR)
