"""An error as one clear line and a hint, never a traceback."""

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
    (ConfigurationError, "'dragoman why MODEL' shows how a model is resolved, 'dragoman plugins' what is installed"),
    (PluginError, "'dragoman plugins' shows what is installed"),
    (UnsupportedError, "leave the option out, or choose another model"),
    (InvalidRequestError, "'dragoman chat --help' lists the options"),
    (AuthenticationError, "the provider did not accept the key; check which one is set"),
    (QuotaExceededError, "the account has no budget left; waiting does not help"),
    (RateLimitError, "too many requests; try again later"),
    (ConnectionFailedError, "check the address and the network"),
    (RequestTimeoutError, "try again, or raise -o timeout=SECONDS"),
    (StreamInterruptedError, "what arrived is shown above; try again"),
)
_USAGE = (ConfigurationError, InvalidRequestError, UnsupportedError)


def one_line(error: BaseException) -> str:
    """Return the message of *error* on one line."""
    return " ".join(str(error).split()) or type(error).__name__


class Trouble(click.ClickException):
    """Show that a call failed, with exit code 1."""

    def __init__(self, error: DragomanError) -> None:
        super().__init__(one_line(error))
        self.error = error

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the line and the hint to standard error."""
        click.echo(f"dragoman: {self.message}", file=file, err=True)
        hint = next((text for kind, text in _HINTS if isinstance(self.error, kind)), None)
        if hint:
            click.echo(f"hint: {hint}", file=file, err=True)


class Misuse(Trouble):
    """Show that the call itself was wrong, with exit code 2."""

    exit_code = 2


def trouble(error: DragomanError) -> Trouble:
    """Return what to show for *error*."""
    return Misuse(error) if isinstance(error, _USAGE) else Trouble(error)
