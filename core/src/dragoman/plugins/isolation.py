"""Whose fault it is: what a plugin's own code raises becomes an error that names the plugin."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn, TypeVar

from dragoman.plugins.metadata import Claim
from dragoman.spec.errors import DragomanError, PluginError, PluginLoadError

_T = TypeVar("_T")


def run_plugin_code(claim: Claim, action: Callable[[], _T]) -> _T:
    """Run a plugin's own code.

    Raises:
        PluginLoadError: whatever that code raised, ``SystemExit`` included; the original is the cause.
        KeyboardInterrupt: as it is, for it is the user's word.

    """
    try:
        return action()
    except (DragomanError, KeyboardInterrupt):
        raise
    except BaseException as error:
        message = f"the plugin {claim.name!r} of {claim.distribution} failed: {describe_error(error)}"
        raise PluginLoadError(message, provider=claim.name) from error


def describe_error(error: BaseException) -> str:
    """Return kind and message of *error*."""
    return f"{type(error).__name__}: {error}"


def is_meant(error: BaseException) -> bool:
    """Tell whether this is no fault: a refusal on purpose, as of a budget, or the user's interrupt."""
    refused = isinstance(error, DragomanError) and not isinstance(error, PluginError)
    return refused or isinstance(error, KeyboardInterrupt)


def raise_for_hook(hook: str, error: BaseException) -> NoReturn:
    """Raise *error* as one of ours that names the hook.

    Raises:
        PluginError: always.

    """
    if isinstance(error, PluginError):
        raise error
    message = f"the hook {hook} failed: {describe_error(error)}"
    raise PluginError(message) from error


def left_out(claim: Claim, hook: str, error: BaseException) -> PluginError:
    """Return the diagnosis of an extension that broke *hook*, and log it."""
    import logging  # noqa: PLC0415  # not paid for by those whose plugins work

    message = f"the plugin {claim.name!r} of {claim.distribution} is left out: {hook}: {describe_error(error)}"
    broken = PluginError(message, provider=claim.name)
    logging.getLogger("dragoman").warning("%s", broken.message)
    broken.__cause__ = error
    return broken
