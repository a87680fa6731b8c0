"""What providers have told about their models, for all clients of this process."""

from __future__ import annotations

from typing import TypeAlias

from dragoman.spec.capabilities import Capabilities

Key: TypeAlias = tuple[str, str, str]
"""The provider, the base URL, and the model."""

_MOST = 1024
"""How many models are remembered; the oldest ones are forgotten."""

_learned: dict[Key, Capabilities] = {}


def key_of(provider: str | None, endpoint: str | None, model: str) -> Key:
    """Return under what is remembered what a model accepts."""
    return provider or "", endpoint or "", model


def learned(key: Key) -> Capabilities | None:
    """Return what was learned about a model, ``None`` if nothing was."""
    return _learned.get(key)


def has_learned() -> bool:
    """Return whether anything was learned at all, which most programs never do."""
    return bool(_learned)


def remember(key: Key, capabilities: Capabilities) -> None:
    """Remember what a provider told about a model."""
    _learned.pop(key, None)
    _learned[key] = capabilities
    while len(_learned) > _MOST:
        _learned.pop(next(iter(_learned)), None)


def forget() -> None:
    """Forget everything that was learned."""
    _learned.clear()
