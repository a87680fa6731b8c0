"""Exceptions shown as one line and a hint instead of a traceback."""

from __future__ import annotations

from typing import IO, Any

import click

from dragoman.spec.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectionFailedError,
    DragomanError,
    InvalidRequestError,
    MissingCredentialError,
    PluginError,
    QuotaExceededError,
    RateLimitError,
    RequestTimeoutError,
    StreamInterruptedError,
    UnsupportedError,
)

_HINTS: tuple[tuple[type[DragomanError], str], ...] = (
    (MissingCredentialError, "'dragoman why MODEL' shows which provider was chosen, and why"),
    (
        ConfigurationError,
        "'dragoman why MODEL' shows how a model is resolved, 'dragoman plugins' lists the plugins",
    ),
    (PluginError, "'dragoman plugins' lists the installed plugins"),
    (UnsupportedError, "leave the option out, or choose another model"),
    (InvalidRequestError, "'dragoman chat --help' lists the options"),
    (AuthenticationError, "the provider rejected the key; check which key is set"),
    (QuotaExceededError, "the quota or credit of the account is used up; retrying does not help"),
    (RateLimitError, "too many requests; try again later"),
    (ConnectionFailedError, "check the base URL and the network"),
    (RequestTimeoutError, "try again, or set a longer limit with -o timeout=SECONDS"),
    (StreamInterruptedError, "the answer is incomplete; try again"),
)
_USAGE = (ConfigurationError, InvalidRequestError, UnsupportedError)


def one_line(error: BaseException) -> str:
    """Return the message of *error* on one line."""
    return " ".join(str(error).split()) or type(error).__name__


class CallFailure(click.ClickException):
    """Report a failed call, with exit code 1."""

    def __init__(self, error: DragomanError) -> None:
        super().__init__(one_line(error))
        self.error = error

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the message and the hint to standard error."""
        click.echo(f"dragoman: {self.message}", file=file, err=True)
        hint = next((text for kind, text in _HINTS if isinstance(self.error, kind)), None)
        if hint:
            click.echo(f"hint: {hint}", file=file, err=True)


class UsageFailure(CallFailure):
    """Report an invalid call, with exit code 2."""

    exit_code = 2


def to_click_error(error: DragomanError) -> CallFailure:
    """Return the click exception that shows *error*."""
    return UsageFailure(error) if isinstance(error, _USAGE) else CallFailure(error)
