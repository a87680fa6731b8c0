"""What every test stands on: no key of the developer, no network but the loopback, interrupts, the same properties."""

from __future__ import annotations

import ipaddress
import os
import signal
import sys

import hypothesis

VENDORS = ("ANTHROPIC", "AZURE", "GEMINI", "GOOGLE", "GROQ", "LITELLM", "OPENAI", "OPENROUTER")
SETTINGS_OF_THE_DEVELOPER = (
    *(f"{vendor}_" for vendor in VENDORS),
    "DRAGOMAN_",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
)
INPUTS = {"DRAGOMAN_API_REFERENCE", "DRAGOMAN_OPENAPI", "DRAGOMAN_RECORDINGS"}  # where tests find what is not shipped

# A slow machine is no counterexample, and a failure must be the same one everywhere.
hypothesis.settings.register_profile("dragoman", deadline=None, derandomize=True, max_examples=100)
hypothesis.settings.register_profile("search", deadline=None, max_examples=2000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dragoman"))


def refuse_other_machines(event: str, arguments: tuple[object, ...]) -> None:
    """Refuse a connection that would leave this machine; CPython announces each before it is made."""
    if event != "socket.connect":
        return
    address = arguments[1]
    if isinstance(address, tuple) and not ipaddress.ip_address(address[0].partition("%")[0]).is_loopback:
        message = f"a test connects to {address[0]}: tests stay on the loopback"
        raise AssertionError(message)


def pytest_configure() -> None:
    for name in tuple(os.environ):
        if name.upper().startswith(SETTINGS_OF_THE_DEVELOPER) and name not in INPUTS:
            del os.environ[name]
    sys.addaudithook(refuse_other_machines)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # by a shell that runs the tests in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)
