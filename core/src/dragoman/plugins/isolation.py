"""Isolate the code of plugins: what it raises becomes an error that names the plugin."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn, TypeVar

from dragoman.plugins.metadata import Claim
from dragoman.spec.errors import DragomanError, PluginError, PluginLoadError
from dragoman.spec.plain_text import describe_error

_T = TypeVar("_T")


def run_plugin_code(claim: Claim, action: Callable[[], _T], *, means: type[DragomanError] = DragomanError) -> _T:
    """Run the code of a plugin.

    Args:
        claim: the claim of the plugin.
        action: calls the plugin's code.
        means: the errors that the code may raise on purpose, which are passed on unchanged.

    Raises:
        PluginLoadError: if the code raised any other exception, including ``SystemExit``; the original is the cause.
        KeyboardInterrupt: passed on unchanged, since it comes from the user.

    """
    try:
        return action()
    except (means, KeyboardInterrupt):
        raise
    except BaseException as error:
        message = f"the plugin {claim.name!r} of {claim.distribution} failed: {describe_error(error)}"
        raise PluginLoadError(message, provider=claim.name) from error


def is_meant(error: BaseException) -> bool:
    """Tell whether *error* was raised on purpose: by a plugin that refuses a call, such as a budget, or by the user."""
    refused = isinstance(error, DragomanError) and not isinstance(error, PluginError)
    return refused or isinstance(error, KeyboardInterrupt)


def raise_for_hook(hook: str, error: BaseException) -> NoReturn:
    """Raise a :class:`PluginError` for *error* that names the hook.

    Raises:
        PluginError: always.

    """
    if isinstance(error, PluginError):
        raise error
    message = f"the hook {hook} failed: {describe_error(error)}"
    raise PluginError(message) from error


def left_out(claim: Claim, hook: str, error: BaseException) -> PluginError:
    """Log that an extension is left out because *hook* failed in it, and return the error that says so."""
    import logging  # noqa: PLC0415  # only needed if a plugin fails

    message = f"the plugin {claim.name!r} of {claim.distribution} is left out: {hook}: {describe_error(error)}"
    broken = PluginError(message, provider=claim.name)
    logging.getLogger("dragoman").warning("%s", broken.message)
    broken.__cause__ = error
    return broken
