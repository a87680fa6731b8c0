"""The import of LiteLLM: at the first call, without a network, leaving the process as it was."""

from __future__ import annotations

import asyncio
import importlib
import os
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from dragoman import PluginLoadError

QUIET: Mapping[str, str] = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    "LITELLM_OFFLINE_MODE": "true",
    "LITELLM_MODE": "PRODUCTION",
}
"""What the environment says while LiteLLM is imported: use the tables that came with it, and read no ``.env`` file."""

_lock = threading.Lock()


async def litellm() -> Any:
    """Return the module ``litellm``, imported in a thread of its own: it takes seconds.

    Raises:
        PluginLoadError: if it cannot be imported.

    """
    return await asyncio.to_thread(load)


def load() -> Any:
    """Return the module ``litellm``.

    Raises:
        PluginLoadError: if it cannot be imported.

    """
    with _lock, _quiet():
        try:
            module: Any = importlib.import_module("litellm")
            _load_header_table()
        except ImportError as error:
            message = f"LiteLLM cannot be imported: {error}; run: pip install dragoman-litellm"
            raise PluginLoadError(message, provider="litellm") from error
        module.suppress_debug_info = True  # else it prints advice to stdout with every error
    return module


def _load_header_table() -> None:
    """Read a table that LiteLLM would fetch at the first call that needs it."""
    manager = importlib.import_module("litellm.anthropic_beta_headers_manager")
    read = getattr(manager, "reload_beta_headers_config", None)
    if read is not None and getattr(manager, "_BETA_HEADERS_CONFIG", None) is None:
        read()


@contextmanager
def _quiet() -> Generator[None]:
    """Set what is not set, and put the environment back as it was, whatever the import did to it."""
    before = dict(os.environ)
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    try:
        yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        for name, value in before.items():
            if os.environ.get(name) != value:
                os.environ[name] = value
