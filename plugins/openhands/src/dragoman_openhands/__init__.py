"""Keep Dragoman's modules under the name ``openhands`` from standing in for the real ones.

This is not OpenHands, nor a part of it: see https://github.com/All-Hands-AI/OpenHands for that.
"""

from __future__ import annotations

from importlib import metadata

REAL = "openhands-ai"
"""The distribution that the name ``openhands`` belongs to."""


def refuse_to_shadow(module: str) -> None:
    """Refuse to be *module* where the real one is installed.

    Args:
        module: the module being imported.

    Raises:
        ImportError: if ``openhands-ai`` is installed.

    """
    try:
        version = metadata.version(REAL)
    except metadata.PackageNotFoundError:
        return
    message = (
        f"{module} of dragoman-openhands is not OpenHands and does not stand in for {REAL} {version}, which is "
        f"installed too; run: pip uninstall dragoman-openhands, then pip install --force-reinstall --no-deps {REAL}"
    )
    raise ImportError(message, name=module)
