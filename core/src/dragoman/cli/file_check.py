"""The check of what a command is about to write to the file of the user."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dragoman.client.foreign_options import owner_of
from dragoman.client.provider_config import made_provider, provider_config
from dragoman.client.shared_options import shared_options
from dragoman.http.endpoint import base_url
from dragoman.plugins.registry import installed
from dragoman.plugins.resolution import explain
from dragoman.spec.config import CORE_OPTIONS, FIELDS, LLMConfig
from dragoman.spec.config_loading import check_settings, configured, of_document
from dragoman.spec.config_origins import KEYWORD, located
from dragoman.spec.errors import UNKNOWN_OPTION, ConfigurationError, DragomanError, InvalidRequestError
from dragoman.spec.nearest_name import after
from dragoman.spec.provider import ProviderConfig
from dragoman.spec.request import SETTINGS
from dragoman.spec.secret import Secret

_KNOWN = frozenset({*FIELDS, *CORE_OPTIONS, *SETTINGS})


def check_values(path: Path, document: str, values: Mapping[str, Any], profile: str | None) -> None:
    """Refuse a document that would not be valid, before it is written.

    Args:
        path: the file that it is for.
        document: its text.
        values: what was changed in it by name, ``None`` for what was removed; an error about one names no line, since
            there is none yet.
        profile: the profile that was changed.

    Raises:
        ConfigurationError: for a value that is not valid, or a name that is misspelled.
        InvalidRequestError: for an option that the provider does not have.

    """
    given = {name for name, value in values.items() if value is not None}
    check_settings(given)
    found = of_document(document, path, profile)
    found.origins |= dict.fromkeys(given, KEYWORD)
    config = configured(LLMConfig, found)
    named = config.model or config.kwargs.get("provider")
    if named is None:
        _check_without_model(config, sorted(given - _KNOWN))
    for each in config.kwargs.get("options", ()) if named is None else (named,):
        _check_provider(config, each, given)


def _check_without_model(config: LLMConfig, options: list[str]) -> None:
    """Refuse what no provider accepts: no model says yet which of them is asked."""
    plugins = installed()
    for name in options:
        if owner_of(name, plugins) is None:
            message = after(f"no installed provider has an option {name!r}", name, _KNOWN)
            raise ConfigurationError(message, parameter=name)
    shared_options(config.kwargs.get("options"), plugins)
    if config.api_base is not None:
        base_url(ProviderConfig(name="", api_base=config.api_base), default=None)


def _check_provider(config: LLMConfig, named: str, given: set[str]) -> None:
    """Refuse what the provider of a configuration refuses of the values that are *given*; no key is needed.

    Args:
        config: the configuration.
        named: the model, or the provider of one that is not known yet.
        given: the names of the values.

    """
    settings: dict[str, Any] = {**config.kwargs, "model": named, "provider": named}
    of_one = config if config.model else LLMConfig(**settings)
    plugins = installed()
    try:
        found = explain(of_one, plugins)
        own = provider_config(of_one, Secret("not-asked-for"), found, plugins)
        made_provider(own, config.on_unsupported, plugins)
    except (ConfigurationError, InvalidRequestError) as error:
        if error.code == UNKNOWN_OPTION or (error.parameter or "").partition(".")[0] in given:
            raise located(error, config.origins) from None
    except DragomanError:
        return  # a plugin that is broken is no reason not to name it
