"""The import of LiteLLM at the first call, without network access and without a change of the environment."""

from __future__ import annotations

import asyncio
import importlib
import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from dragoman import ForkSafeLock, PluginLoadError

IMPORT_ENVIRONMENT: Mapping[str, str] = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    "LITELLM_OFFLINE_MODE": "true",
    "LITELLM_MODE": "PRODUCTION",
}
"""Environment variables for the import: LiteLLM uses the tables in its distribution and reads no ``.env`` file."""

_lock = ForkSafeLock()


async def import_litellm() -> Any:
    """Return the module ``litellm``; it is imported in a thread, because this takes seconds.

    Raises:
        PluginLoadError: if it cannot be imported.

    """
    return await asyncio.to_thread(_import)


def _import() -> Any:
    with _lock, _import_environment():
        try:
            module: Any = importlib.import_module("litellm")
            _load_header_table()
        except ImportError as error:
            message = f"LiteLLM cannot be imported: {error}; run: pip install dragoman-litellm"
            raise PluginLoadError(message, provider="litellm") from error
        module.suppress_debug_info = True  # otherwise it prints advice to stdout with every error
    return module


def _load_header_table() -> None:
    """Read a table that LiteLLM would otherwise download at the first call that needs it."""
    manager = importlib.import_module("litellm.anthropic_beta_headers_manager")
    read = getattr(manager, "reload_beta_headers_config", None)
    if read is not None and getattr(manager, "_BETA_HEADERS_CONFIG", None) is None:
        read()


@contextmanager
def _import_environment() -> Generator[None]:
    """Set the variables that are not set, and restore the whole environment afterwards."""
    before = dict(os.environ)
    for name, value in IMPORT_ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    try:
        yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        for name, value in before.items():
            if os.environ.get(name) != value:
                os.environ[name] = value
