"""The test class that ``pytest --dragoman-provider NAME`` runs: it is what the options of the command line say."""

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

__all__ = ["Asked", "class_of", "install"]

_SERVER_DIALECTS = {"chat": CHAT, "responses": RESPONSES, "messages": MESSAGES, "gemini": GEMINI}


@frozen(kw_only=True)
class Asked:
    """Hold the options of the command line.

    Args:
        provider: the name of an installed provider.
        model: one of its models.
        server_dialect: the dialect of its server: a name, ``none``, ``package.module:NAME``, or nothing to find it out.
        base: the path of its base URL.
        options: further keyword arguments of the configuration, as JSON.

    """

    provider: str
    model: str = ""
    server_dialect: str = ""
    base: str = "/v1"
    options: str = "{}"


def class_of(asked: Asked) -> type[ProviderConformance]:
    """Return the test class for an installed provider.

    Raises:
        pytest.UsageError: if the options do not say enough, or make no sense.

    """
    try:
        options: object = json.loads(asked.options)
    except ValueError as error:
        message = f"--dragoman-options is no JSON: {error}"
        raise pytest.UsageError(message) from None
    if not isinstance(options, dict):
        message = f"--dragoman-options is a JSON object, not {asked.options}"
        raise pytest.UsageError(message)
    known = cast("dict[str, Any]", options)
    model = asked.model or "any"
    members: dict[str, Any] = {"provider": asked.provider, "model": model, "base": asked.base, "options": known}
    members["server_dialect"] = _server_dialect(asked, model, known)
    return type("TestInstalled", (ProviderConformance,), members)


def install(asked: Asked) -> None:
    """Put the test class into this module, where pytest finds it."""
    globals()["TestInstalled"] = class_of(asked)


def _server_dialect(asked: Asked, model: str, options: dict[str, Any]) -> ServerDialect | None:
    if asked.server_dialect in {*_SERVER_DIALECTS, "none"}:
        return _SERVER_DIALECTS.get(asked.server_dialect)
    if asked.server_dialect:
        return _named(asked.server_dialect)
    config: dict[str, Any] = {"api_key": "sk-of-the-suite", "api_base": f"http://127.0.0.1:9{asked.base}"} | options
    try:
        made = bind(LLMConfig(model=model, provider=asked.provider, **config)).provider
    except DragomanError as error:
        message = f"the provider {asked.provider!r} cannot be made: {error}"
        raise pytest.UsageError(message) from error
    if not isinstance(made, HttpProvider):
        return None
    if server_dialect := _SERVER_DIALECTS.get(getattr(made.dialect, "speaks", "")):
        return server_dialect
    message = (
        f"which dialect the server of {asked.provider!r} speaks cannot be told; give --dragoman-server-dialect "
        f"{'|'.join(_SERVER_DIALECTS)}|none|package.module:NAME"
    )
    raise pytest.UsageError(message)


def _named(address: str) -> ServerDialect:
    module, _, name = address.partition(":")
    try:
        found: object = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        message = f"--dragoman-server-dialect {address!r} names nothing: {error}"
        raise pytest.UsageError(message) from None
    if not isinstance(found, ServerDialect):
        message = f"--dragoman-server-dialect {address!r} is a {type(found).__name__}, not a ServerDialect"
        raise pytest.UsageError(message)
    return found
