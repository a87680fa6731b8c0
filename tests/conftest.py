"""What every test stands on: no key of the developer, no network but the loopback, interrupts, the same properties."""

from __future__ import annotations

import gc
import ipaddress
import os
import signal
import socket
import tempfile
from collections.abc import Callable
from typing import Any

import hypothesis
import pytest

from traced import Tracing

VENDORS = ("ANTHROPIC", "AWS", "AZURE", "GEMINI", "GOOGLE", "GROQ", "LITELLM", "OPENAI", "OPENROUTER")
SETTINGS_OF_THE_DEVELOPER = (
    *(f"{vendor}_" for vendor in VENDORS),
    "DRAGOMAN_",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
)
INPUTS = {"DRAGOMAN_API_REFERENCE", "DRAGOMAN_OPENAPI", "DRAGOMAN_RECORDINGS"}  # where tests find what is not shipped

# A slow machine is not a counterexample, and a failure must be the same one everywhere.
hypothesis.settings.register_profile("dragoman", deadline=None, derandomize=True, max_examples=100)
hypothesis.settings.register_profile("search", deadline=None, max_examples=2000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dragoman"))
NO_FILES = tempfile.TemporaryDirectory()
"""In place of the developer's own files; removed when the process ends."""


def staying_here(connect: Callable[[socket.socket, Any], Any]) -> Callable[[socket.socket, Any], Any]:
    """Return *connect*, but refuse a connection that would leave this machine.

    An audit hook would be asked for much else too: also while CPython 3.11 installs the trace function of a thread that
    begins. If another thread begins meanwhile, that one fails.
    """

    def connected(self: socket.socket, address: Any) -> Any:
        if isinstance(address, tuple) and not ipaddress.ip_address(address[0].partition("%")[0]).is_loopback:
            message = f"a test connects to {address[0]}: tests stay on the loopback"
            raise AssertionError(message)
        return connect(self, address)

    return connected


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Tracing())
    for name in tuple(os.environ):
        if name.upper().startswith(SETTINGS_OF_THE_DEVELOPER) and name not in INPUTS:
            del os.environ[name]
    os.environ["XDG_CONFIG_HOME"] = NO_FILES.name
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        os.environ[name] = f"{NO_FILES.name}/{name}"
    os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"  # never that of the developer
    for name in ("connect", "connect_ex"):
        setattr(socket.socket, name, staying_here(getattr(socket.socket, name)))
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # by a shell that runs the tests in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection() -> None:
    """Leave unmeasured what a test starts, as its work is counted; the processes that share the tests run by now."""
    os.environ.pop("COVERAGE_PROCESS_CONFIG", None)


def pytest_collection_finish() -> None:
    """Let no collection of garbage look at ten thousand tests and their recordings again, which all stay to the end."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    NO_FILES.cleanup()
