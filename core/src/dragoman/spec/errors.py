"""The exceptions of Dragoman, all under one root.

::

    DragomanError
      ConfigurationError (ValueError)
        MissingCredentialError
        UnknownProviderError (LookupError)
        UnknownModelError (LookupError)
          AmbiguousModelError
        ModelRetiredError (NotFoundError)
      PluginError
        PluginLoadError (ImportError)
        PluginConflictError
        SpecVersionError
      InvalidRequestError (ValueError)
      UnsupportedError (ValueError)
      ProviderError
        AuthenticationError (PermissionError)
        PermissionDeniedError (PermissionError)
        NotFoundError (LookupError)
        BadRequestError (ValueError)
          ContextWindowExceededError
          ContentFilterError
        QuotaExceededError
        RateLimitError
        OverloadedError
        ServerError
      TransportError (OSError)
        ConnectionFailedError (ConnectionError)
        RequestTimeoutError (TimeoutError)
        StreamInterruptedError (ConnectionError)
        RedirectError
      ProtocolError
        ResponseTooLargeError
      OutputError (ValueError)
        RefusalError
        TruncatedOutputError
        NoAnswerError
        OutputValidationError
        TurnLimitError
      ToolError

Where a built-in exception fits, a class is derived from it too, so that callers can catch that.
``asyncio.CancelledError`` is never wrapped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypedDict, Unpack

from dragoman.spec.plain_text import bounded, on_one_line, printable

if TYPE_CHECKING:
    from dragoman.spec.parts import ToolCall
    from dragoman.spec.response import Attempt, Response
    from dragoman.spec.run import Run

_LONGEST = {
    "message": 2_000,
    "body": 262_144,
    "provider": 2_000,
    "model": 2_000,
    "code": 200,
    "parameter": 200,
    "request_id": 200,
}
"""The greatest length of each text, in characters."""
_LONGEST_HEADER = 1_000
_LONGEST_NAME = 120
"""The greatest length of the name of a provider or a model in the text of an error, in characters."""
_FIRST_STATUS_OF_FAILURE = 300
_PLACEHOLDER = "\ufffd"
"""Replaces a text that consists only of characters that may not be shown."""
_MULTILINE = frozenset({"message", "body"})


UNKNOWN_OPTION = "unknown_option"
"""The ``code`` of the error for an option that a provider does not have."""


class ErrorDetails(TypedDict, total=False):
    """Describe an error in addition to its message.

    ``retry_after`` is in seconds; ``phase`` is one of ``resolve``, ``connect``, ``send``, ``first_byte``,
    ``first_output``, ``idle``, ``total``, ``decode`` and ``mid_stream``; ``parameter`` is the setting that caused the
    error.
    """

    provider: str | None
    model: str | None
    status: int | None
    code: str | None
    parameter: str | None
    request_id: str | None
    retry_after: float | None
    retryable: bool | None
    phase: str | None
    attempts: tuple[Attempt, ...]
    partial: Response | None
    body: str | None
    headers: dict[str, str]


class Covers(Protocol):
    """Mask credentials."""

    def over(self, value: Response) -> Response:
        """Return *value* with every credential in it masked."""
        ...


class DragomanError(Exception):
    """Report a failure, with all details that are known about it.

    The texts may come from a server or a plugin. Each is therefore made safe for terminals and logs when it is set: its
    length is limited, and control characters are removed.

    Args:
        message: what went wrong and what to do next, without any secret; at most 2,000 characters.
        details: see :class:`ErrorDetails`; unknown details are ``None``.

    """

    default_retryable: ClassVar[bool] = False
    run: Run[Any] | None = None
    """What a run had done before it failed, if it was one; :meth:`dragoman.LLM.run` goes on from there."""
    veil: Covers | None = None
    """Masks the credentials of the call in what is added to the error later."""

    def __init__(self, message: str, **details: Unpack[ErrorDetails]) -> None:
        self.message = message
        super().__init__(self.message)
        self.provider = details.get("provider")
        self.model = details.get("model")
        self.status = details.get("status")
        self.code = details.get("code")
        self.parameter = details.get("parameter")
        self.request_id = details.get("request_id")
        self.retry_after = details.get("retry_after")
        stated = details.get("retryable")
        self.retryable: bool = self.default_retryable if stated is None else stated
        self.phase = details.get("phase")
        self.attempts: tuple[Attempt, ...] = details.get("attempts", ())
        self.partial = details.get("partial")
        self.body = details.get("body")
        self.headers: dict[str, str] = details.get("headers", {})

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute; texts are made safe to show."""
        if name in _LONGEST and isinstance(value, str):
            short = bounded(value, _LONGEST[name])
            plain = printable(short) if name in _MULTILINE else on_one_line(short)
            value = plain or (value and _PLACEHOLDER)
        elif name == "headers" and value:
            value = _plain_headers(value)
        super().__setattr__(name, value)

    def add_note(self, note: str, /) -> None:
        """Add a note that tracebacks show; its text is made safe to show."""
        super().add_note(printable(bounded(note, _LONGEST["message"])))

    def __str__(self) -> str:
        return self.message


def _plain_headers(headers: dict[str, str]) -> dict[str, str]:
    # A plugin may pass the headers of any HTTP client, whose names and values may be of any class.
    return {
        on_one_line(str(name)): on_one_line(bounded(str(value), _LONGEST_HEADER)) for name, value in headers.items()
    }


def _told(error: DragomanError, outcome: str) -> str:
    """Return the message of *error* with what is known of its call; *outcome* is the verb."""
    names = [bounded(name, _LONGEST_NAME) for name in (error.provider, error.model) if name]
    who = f"{names[0]} ({names[1]})" if names[1:] else (names or ["the provider"])[0]
    tries = f" after {len(error.attempts)} attempts" if error.attempts[1:] else ""
    known = error.request_id if error.request_id and error.request_id not in error.message else None
    before, after = f"{who} {outcome}{tries}{error.message and ': '}", f" [{known}]" if known else ""
    return before + bounded(error.message, _LONGEST["message"] - len(before) - len(after)) + after


class ConfigurationError(DragomanError, ValueError):
    """Report an invalid configuration, before anything is sent."""


class MissingCredentialError(ConfigurationError):
    """Report that there is no key that may be sent to the endpoint."""


class UnknownProviderError(ConfigurationError, LookupError):
    """Report a provider name that no installed distribution offers."""


class UnknownModelError(ConfigurationError, LookupError):
    """Report a model name that no installed provider claims."""


class AmbiguousModelError(UnknownModelError):
    """Report a model name that several providers claim equally."""


class PluginError(DragomanError):
    """Report a plugin that does not fulfil its contract."""


class PluginLoadError(PluginError, ImportError):
    """Report a plugin that could not be imported."""


class PluginConflictError(PluginError):
    """Report two distributions that claim one name."""


class SpecVersionError(PluginError):
    """Report a plugin that was written for a version of the specification that this core does not support."""


class InvalidRequestError(DragomanError, ValueError):
    """Report an invalid request, before anything is sent."""


class UnsupportedError(DragomanError, ValueError):
    """Report a setting or feature that the provider or model does not support."""


class ProviderError(DragomanError):
    """Report an error that the provider answered with.

    The text begins with what is known of the call: ``acme (m1) answered 500 after 3 attempts: boom [req_123]``.
    """

    def __str__(self) -> str:
        status = self.status if (self.status or 0) >= _FIRST_STATUS_OF_FAILURE else None
        if status is None and self.provider is None:
            return self.message
        return _told(self, f"answered {status}" if status else "reported an error")


class AuthenticationError(ProviderError, PermissionError):
    """Report a key that was not accepted (HTTP 401)."""


class PermissionDeniedError(ProviderError, PermissionError):
    """Report a key that is not allowed to do this (HTTP 403)."""


class NotFoundError(ProviderError, LookupError):
    """Report an unknown model, deployment or path (HTTP 404)."""


class ModelRetiredError(ConfigurationError, NotFoundError):
    """Report a model that its vendor has switched off, as the vendor says or as is known; the message says what to do.

    Like any model that is not found, it may be answered, and another one may be asked.
    """

    def __str__(self) -> str:
        return super().__str__() if self.status else self.message


class BadRequestError(ProviderError, ValueError):
    """Report a request that the provider refused (HTTP 400, 409, 413, 422)."""


class ContextWindowExceededError(BadRequestError):
    """Report a conversation that is longer than the context window of the model."""


class ContentFilterError(BadRequestError):
    """Report a prompt that the provider's filter refused."""


class QuotaExceededError(ProviderError):
    """Report an exhausted quota or budget: a retry does not help, the account has to be topped up."""


class RateLimitError(ProviderError):
    """Report too many requests (HTTP 429); ``retry_after`` is the wait in seconds if the provider named one."""

    default_retryable = True


class OverloadedError(ProviderError):
    """Report a provider with no capacity left (HTTP 503, 529)."""

    default_retryable = True


class ServerError(ProviderError):
    """Report a failure inside the provider (HTTP 5xx)."""

    default_retryable = True


class TransportError(DragomanError, OSError):
    """Report a failure of the connection to the provider; the text begins with the provider, once it is known."""

    def __str__(self) -> str:
        return self.message if self.provider is None else _told(self, "failed")


class ConnectionFailedError(TransportError, ConnectionError):
    """Report a connection that could not be made or was lost before the answer began."""

    default_retryable = True


class RequestTimeoutError(TransportError, TimeoutError):
    """Report a time limit that was exceeded; ``phase`` says which."""

    default_retryable = True


class StreamInterruptedError(TransportError, ConnectionError):
    """Report a stream that ended without its terminal signal; ``partial`` holds what arrived."""


class RedirectError(TransportError):
    """Report a redirect; it is never followed, so that no key is sent to a host that was not configured."""


class ProtocolError(DragomanError):
    """Report a reply that violates the provider's protocol, or events that violate the grammar of streams.

    The text begins with the provider, once it is known.
    """

    def __str__(self) -> str:
        return self.message if self.provider is None else _told(self, "failed")


class ResponseTooLargeError(ProtocolError):
    """Report a reply that exceeds the size limit."""


class OutputError(DragomanError, ValueError):
    """Report an answer that cannot be used as requested; the text begins with the provider, once it is known."""

    def __str__(self) -> str:
        return self.message if self.provider is None else _told(self, "answered")


class RefusalError(OutputError):
    """Report an answer in which the model declined."""


class TruncatedOutputError(OutputError):
    """Report an answer that was cut before it was complete."""


class NoAnswerError(OutputError):
    """Report a valid reply that contains no answer."""


class OutputValidationError(OutputError):
    """Report an answer that does not fit the requested type; the message names the path of each misfit."""


class TurnLimitError(OutputError):
    """Report a run whose turns were used up before the model gave an answer; ``run`` is the run so far."""


class ToolError(DragomanError):
    """Report a tool that failed in a run with ``on_tool_error="raise"``; ``__cause__`` is what the tool raised.

    ``run`` is the run so far, and ``call`` the call that failed.
    """

    call: ToolCall | None = None
