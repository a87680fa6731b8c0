"""The test class that ``pytest --dragoman-provider NAME`` runs, created from the command-line options."""

from __future__ import annotations

import importlib
import json
from typing import Any, cast

import pytest
from attrs import frozen

from dragoman.client.binding import bind
from dragoman.http import HttpProvider
from dragoman.spec.config import LLMConfig
from dragoman.spec.errors import DragomanError
from dragoman.testing.conformance.suite import ProviderConformance
from dragoman.testing.faults import CHAT, GEMINI, MESSAGES, RESPONSES, ServerDialect

__all__ = ["CommandLineOptions", "class_of", "install"]

_SERVER_DIALECTS = {"chat": CHAT, "responses": RESPONSES, "messages": MESSAGES, "gemini": GEMINI}


@frozen(kw_only=True)
class CommandLineOptions:
    """Hold the command-line options.

    Args:
        provider: the name of an installed provider.
        model: one of its models.
        server_dialect: the dialect of its server: a name, ``none``, ``package.module:NAME``, or empty to detect it.
        base: the path of its base URL.
        options: further keyword arguments of :class:`~dragoman.LLMConfig`, as a JSON object.

    """

    provider: str
    model: str = ""
    server_dialect: str = ""
    base: str = "/v1"
    options: str = "{}"


def class_of(command_line: CommandLineOptions) -> type[ProviderConformance]:
    """Return the test class for an installed provider.

    Raises:
        pytest.UsageError: if the options are invalid, or if the server dialect cannot be detected.

    """
    try:
        options: object = json.loads(command_line.options)
    except ValueError as error:
        message = f"--dragoman-options is not valid JSON: {error}"
        raise pytest.UsageError(message) from None
    if not isinstance(options, dict):
        message = f"--dragoman-options must be a JSON object, not {command_line.options}"
        raise pytest.UsageError(message)
    arguments = cast("dict[str, Any]", options)
    model = command_line.model or "any"
    members: dict[str, Any] = {
        "provider": command_line.provider,
        "model": model,
        "base": command_line.base,
        "options": arguments,
    }
    members["server_dialect"] = _server_dialect(command_line, model, arguments)
    return type("TestInstalled", (ProviderConformance,), members)


def install(command_line: CommandLineOptions) -> None:
    """Add the test class to this module, where pytest collects it."""
    globals()["TestInstalled"] = class_of(command_line)


def _server_dialect(command_line: CommandLineOptions, model: str, options: dict[str, Any]) -> ServerDialect | None:
    if command_line.server_dialect in {*_SERVER_DIALECTS, "none"}:
        return _SERVER_DIALECTS.get(command_line.server_dialect)
    if command_line.server_dialect:
        return _load(command_line.server_dialect)
    config: dict[str, Any] = {
        "api_key": "sk-of-the-suite",
        "api_base": f"http://127.0.0.1:9{command_line.base}",
    } | options
    try:
        provider = bind(LLMConfig(model=model, provider=command_line.provider, **config)).provider
    except DragomanError as error:
        message = f"the provider {command_line.provider!r} cannot be created: {error}"
        raise pytest.UsageError(message) from error
    if not isinstance(provider, HttpProvider):
        return None
    if server_dialect := _SERVER_DIALECTS.get(getattr(provider.dialect, "speaks", "")):
        return server_dialect
    message = (
        f"cannot detect the dialect of the server of {command_line.provider!r}; add --dragoman-server-dialect "
        f"{'|'.join(_SERVER_DIALECTS)}|none|package.module:NAME"
    )
    raise pytest.UsageError(message)


def _load(address: str) -> ServerDialect:
    module, _, name = address.partition(":")
    try:
        found: object = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        message = f"--dragoman-server-dialect {address!r} cannot be imported: {error}"
        raise pytest.UsageError(message) from None
    if not isinstance(found, ServerDialect):
        message = f"--dragoman-server-dialect {address!r} is a {type(found).__name__}, not a ServerDialect"
        raise pytest.UsageError(message)
    return found
