"""The configurations of models to fall back to, and of clients for other models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dragoman.plugins.resolution import explain
from dragoman.spec.config import LLMConfig
from dragoman.spec.errors import ConfigurationError


def model_of(fallback: str | Mapping[str, Any] | LLMConfig) -> str | None:
    """Return the name of the model of a fallback."""
    if isinstance(fallback, LLMConfig):
        return fallback.model
    return fallback if isinstance(fallback, str) else fallback.get("model")


def fallback_config(config: LLMConfig, other: str | Mapping[str, Any] | LLMConfig) -> LLMConfig:
    """Return the configuration of a fallback; a bare model only inherits the key if its provider is the same."""
    if isinstance(other, LLMConfig):
        return other
    if isinstance(other, Mapping):
        return LLMConfig.from_dict(other)
    if explain(LLMConfig(model=other)).provider == explain(config).provider:
        return config.replace(model=other, fallbacks=())
    return _without_provider(config, {"model": other, "provider": None, "fallbacks": ()})


def check_fallbacks(config: LLMConfig) -> None:
    """Refuse a fallback that no provider serves.

    Raises:
        ConfigurationError: that says so.

    """
    for fallback in config.kwargs.get("fallbacks") or ():
        explain(fallback_config(config, fallback))


def derived_config(config: LLMConfig, changes: Mapping[str, Any]) -> LLMConfig:
    """Return *config* with *changes*; a key goes to another provider only with the base URL that it was given with."""
    try:
        changed = config.replace(**changes)
        keeps_address = changed.api_base is not None and "api_base" not in changes
        if keeps_address or explain(changed).provider == explain(config).provider:
            return changed
        return _without_provider(config, changes)
    finally:
        del changes  # keep credentials out of tracebacks that show locals


def _without_provider(config: LLMConfig, changes: Mapping[str, Any]) -> LLMConfig:
    """Return *config* with *changes*, without what else it has for its own provider alone."""
    own = dict.fromkeys(("api_key", "api_base", "headers"))
    try:
        kept = config.replace(**{**own, **changes})
        for name in config.provider_options().keys() - changes.keys():
            del kept.kwargs[name]
        return kept
    finally:
        del changes  # keep credentials out of tracebacks that show locals


def fallbacks_with_options(config: LLMConfig) -> Iterator[tuple[int, LLMConfig]]:
    """Yield the position and the configuration of each fallback that has options of its provider.

    A model of the provider of *config* has the same options, which need not be looked at again. One that no provider
    serves is left out: it is told of when it is asked.
    """
    provider = explain(config).provider
    fallbacks: Iterable[str | Mapping[str, Any] | LLMConfig] = config.kwargs.get("fallbacks") or ()
    for position, fallback in enumerate(fallbacks, 1):
        try:
            other = fallback_config(config, fallback)
            is_same = isinstance(fallback, str) and explain(other).provider == provider
        except ConfigurationError:
            continue
        if not is_same and (other.kwargs.get("options") or other.provider_options()):
            yield position, other


__all__ = ["check_fallbacks", "derived_config", "fallback_config", "fallbacks_with_options", "model_of"]
