"""Options that only other providers have: programs that switch models send them to all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TypeVar

import attrs

from dragoman.plugins.registry import PROVIDERS, Plugins
from dragoman.spec.capabilities import Policy
from dragoman.spec.errors import UNKNOWN_OPTION, InvalidRequestError, PluginError
from dragoman.spec.provider import Provider, ProviderConfig, ProviderInfo
from dragoman.spec.request import ChatRequest, CompletionRequest
from dragoman.spec.request_fitting import enforce
from dragoman.spec.response import Adjustment

R = TypeVar("R", ChatRequest, CompletionRequest)


def without_foreign(
    request: R, info: ProviderInfo, policy: Policy, plugins: Plugins
) -> tuple[R, tuple[Adjustment, ...]]:
    """Return *request* without the options that only other installed providers declare, and what was left out.

    An option that nobody declares stays, for the provider to refuse.
    """
    given = request.options.get(info.name, {})
    own = {field.name for field in attrs.fields(info.options)} if info.options is not None else given.keys()
    found = [
        _dropped(name, given[name], info, owner)
        for name in given
        if name not in own and (owner := owner_of(name, plugins))
    ]
    if not found:
        return request, ()
    enforce(found, policy)
    names = {each.feature for each in found}
    kept = {name: value for name, value in given.items() if name not in names}
    return attrs.evolve(request, options={**request.options, info.name: kept}), tuple(found)


def made_without_foreign(
    make: Callable[[ProviderConfig], Provider], config: ProviderConfig, plugins: Plugins
) -> Provider:
    """Return the provider that *make* makes, which is not told of options that only other installed providers declare.

    Raises:
        InvalidRequestError: for an option that nobody declares.

    """
    while True:
        try:
            return make(config)
        except InvalidRequestError as error:
            name = error.parameter or ""
            if error.code != UNKNOWN_OPTION or name not in config.options or owner_of(name, plugins) is None:
                raise
            kept: Mapping[str, Any] = {each: value for each, value in config.options.items() if each != name}
            config = attrs.evolve(config, options=kept)


def _dropped(name: str, value: Any, info: ProviderInfo, owner: str) -> Adjustment:
    reason = f"it is an option of {owner}, and {info.name} has none of that name"
    return Adjustment(kind="dropped", feature=name, asked=value, reason=reason)


def owner_of(name: str, plugins: Plugins) -> str | None:
    """Return a provider whose options class has *name*; its plugin exports the class. ``None`` if there is none."""
    for claim in plugins.select(PROVIDERS):
        with suppress(PluginError):  # a plugin that is broken declares nothing
            module: Any = plugins.load(claim)
            for each in getattr(module, "__all__", ()):
                kind: Any = getattr(module, each)
                if hasattr(kind, "__provider__") and name in attrs.fields_dict(kind):
                    return str(kind.__provider__)
    return None


__all__ = ["made_without_foreign", "owner_of", "without_foreign"]
