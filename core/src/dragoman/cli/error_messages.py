"""Exceptions shown as one line and a hint instead of a traceback."""

from __future__ import annotations

from typing import IO, Any

import click

from dragoman.cli.terminal import complain
from dragoman.cli.terminal_words import in_terminal_words
from dragoman.spec.errors import (
    AmbiguousModelError,
    AuthenticationError,
    ConfigurationError,
    ConnectionFailedError,
    DragomanError,
    InvalidRequestError,
    MissingCredentialError,
    NotFoundError,
    PluginError,
    QuotaExceededError,
    RateLimitError,
    RequestTimeoutError,
    StreamInterruptedError,
    UnknownModelError,
    UnknownProviderError,
    UnsupportedError,
)

_RESOLVED = "-p names the provider; 'dragoman why MODEL' shows how a model is resolved"
_KEY = "'dragoman why MODEL' shows why this provider was chosen; 'dragoman keys set PROVIDER' keeps its key"
_OPTIONS = "'dragoman chat --help' lists the options"
_NAMED_THERE = "/model PROVIDER/NAME names the provider too"
CONVERSATION = "conversation"
"""What stands for the command where an error is shown in a conversation."""
_TAKES_NO_MODEL = frozenset({"why", "models", "keys"})
"""The commands without what a hint about models names, or that say more themselves."""
_HINTS: tuple[tuple[type[DragomanError], str], ...] = (
    (
        MissingCredentialError,
        "'dragoman why MODEL' shows why this provider was chosen; 'dragoman keys set PROVIDER' keeps its key",
    ),
    (UnknownModelError, _RESOLVED),
    (UnknownProviderError, _RESOLVED),
    (AmbiguousModelError, _RESOLVED),
    (ConfigurationError, _OPTIONS),
    (PluginError, "'dragoman doctor --load' says which plugins fail, and how to disable one"),
    (UnsupportedError, "leave the option out, or choose another model"),
    (InvalidRequestError, _OPTIONS),
    (AuthenticationError, "the provider rejected the key; check which key is set"),
    (NotFoundError, "check the model and the base URL; 'dragoman models -p PROVIDER' lists its models"),
    (QuotaExceededError, "the quota or credit of the account is used up; retrying does not help"),
    (RateLimitError, "too many requests; try again later"),
    (ConnectionFailedError, "check the base URL and the network"),
    (RequestTimeoutError, "try again, or set a longer limit with -o timeout=SECONDS"),
    (StreamInterruptedError, "the answer is incomplete; try again"),
)
_USAGE = (ConfigurationError, InvalidRequestError, UnsupportedError)


def one_line(error: BaseException) -> str:
    """Return the message of *error* on one line, one of Dragoman in the words of the command line.

    What a vendor says stays as it is.
    """
    message = " ".join(str(error).split()) or type(error).__name__
    return in_terminal_words(message, error) if isinstance(error, DragomanError) else message


class CallFailure(click.ClickException):
    """Report a failed call, with exit code 1."""

    def __init__(self, error: DragomanError, command: str | None = None) -> None:
        super().__init__(one_line(error))
        self.error = error
        self.command = command

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the message and the hint to standard error."""
        complain(f"dragoman: {self.message}", file)
        for note in getattr(self.error, "__notes__", ()):
            complain(f"note: {' '.join(note.split())}", file)
        if hint := self._hint():
            complain(f"hint: {hint}", file)

    def _hint(self) -> str | None:
        """Return what helps where the command was given."""
        hint = next((text for kind, text in _HINTS if isinstance(self.error, kind)), None)
        if hint == _RESOLVED:
            there = _NAMED_THERE if self.command == CONVERSATION else hint
            return None if self.command in _TAKES_NO_MODEL else there
        if hint == _OPTIONS:
            is_of_file = isinstance(self.error, ConfigurationError) and self.error.parameter is None
            return None if is_of_file or self.command not in {"chat", None} else hint
        return hint


class UsageFailure(CallFailure):
    """Report an invalid call, with exit code 2."""

    exit_code = 2


def to_click_error(error: DragomanError, command: str | None = None) -> CallFailure:
    """Return the click exception that shows *error*.

    Args:
        error: what a command raised.
        command: the name of the command, whose own hints are not given.

    """
    return UsageFailure(error, command) if isinstance(error, _USAGE) else CallFailure(error, command)


class WrongUse(click.UsageError):
    """Report a wrong use of a command on one line, and where its arguments are told."""

    path = "dragoman"
    """The command as it was called, where click does not say which it is."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the message and the hint to standard error."""
        complain(f"dragoman: {' '.join(self.format_message().split())}", file)
        path = self.path if self.ctx is None else self.ctx.command_path
        complain(f"hint: '{path} --help' lists the arguments", file)


class Failure(click.ClickException):
    """Report on one line that a command failed."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the message to standard error."""
        complain(f"dragoman: {one_line(self)}", file)


def _said(error: click.UsageError) -> str:
    if isinstance(error, click.NoSuchOption) and error.ctx is not None and error.ctx.info_name == "chat":
        from dragoman.cli.names_elsewhere import OPTIONS, meant_by  # noqa: PLC0415  # only errors need it

        if meant := meant_by(error.option_name, OPTIONS):
            return error.message + meant
    return error.format_message()


def on_one_line(error: click.ClickException, path: str = WrongUse.path) -> click.ClickException:
    """Return *error* so that it is shown on one line, unless its class shows it in a way of its own.

    Args:
        error: what click or a command raised.
        path: the command as it was called, for an error that does not know it.

    """
    if isinstance(error, click.UsageError) and type(error).show is click.UsageError.show:
        wrong = WrongUse(_said(error), error.ctx)
        wrong.path = path
        return wrong
    if type(error).show is click.ClickException.show:
        return Failure(error.format_message())
    return error
