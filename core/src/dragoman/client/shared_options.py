"""The options of providers that a call or a configuration gives, keyed by provider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dragoman.plugins.registry import Plugins, installed
from dragoman.spec.errors import InvalidRequestError
from dragoman.spec.provider_options import read_options


def shared_options(options: Any, plugins: Plugins | None = None) -> Mapping[str, Mapping[str, Any]]:
    """Return the options that a call or a configuration gives, keyed by provider.

    Args:
        options: the argument ``options``.
        plugins: the plugins, by default those of this process.

    Raises:
        InvalidRequestError: if they are not options, or the name of a provider is misspelled. A name that is like no
            other is accepted, since programs have options for providers that are not installed everywhere.

    """
    if options is None:
        return {}
    found = read_options(options)
    plugins = plugins or installed()
    for name in found:
        if plugins.named(name) is None:
            from dragoman.spec.directory import published  # noqa: PLC0415  # few programs have options of others
            from dragoman.spec.nearest_name import closest  # noqa: PLC0415  # the same

            known = {*plugins.provider_names(), *(each for each, _ in published("names"))}
            meant = None if name in known else closest(name, known, 0.8)
            if meant is not None:
                message = f"options are keyed by provider, and there is no provider {name!r}; did you mean {meant!r}?"
                raise InvalidRequestError(message, parameter=f"options.{name}")
    return found


__all__ = ["shared_options"]
