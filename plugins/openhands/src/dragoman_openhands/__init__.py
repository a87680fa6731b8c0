"""Keep Dragoman's ``openhands`` modules from shadowing those of OpenHands.

This is not OpenHands or a part of it; see https://github.com/All-Hands-AI/OpenHands.
"""

from __future__ import annotations

from importlib import metadata

OPENHANDS = "openhands-ai"
"""The distribution to which the module name ``openhands`` belongs."""


def refuse_to_shadow(module: str) -> None:
    """Refuse the import of a module if OpenHands is installed.

    Args:
        module: the name of the module that is imported.

    Raises:
        ImportError: if ``openhands-ai`` is installed.

    """
    try:
        version = metadata.version(OPENHANDS)
    except metadata.PackageNotFoundError:
        return
    message = (
        f"{module} of dragoman-openhands is not OpenHands and must not shadow {OPENHANDS} {version}, which is also "
        f"installed; run: pip uninstall dragoman-openhands, then pip install --force-reinstall --no-deps {OPENHANDS}"
    )
    raise ImportError(message, name=module)
