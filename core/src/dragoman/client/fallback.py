"""Which model is asked where the first one cannot answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import attrs

from dragoman.plugins.resolution import explain
from dragoman.spec.config import LLMConfig
from dragoman.spec.errors import (
    BadRequestError,
    DragomanError,
    ModelRetiredError,
    NotFoundError,
    ProviderError,
    TransportError,
)
from dragoman.spec.response import Adjustment, Response

T = TypeVar("T")

FALL_BACK = (ProviderError, TransportError, ModelRetiredError)
"""What another model may do better at."""


def may_fall_back(error: DragomanError) -> bool:
    """Tell whether another model may do better: not where the request itself is at fault."""
    return not isinstance(error, BadRequestError) or isinstance(error, NotFoundError)


def model_of(fallback: str | Mapping[str, Any] | LLMConfig) -> str | None:
    """Return what to call a fallback: its model, never a key that it may hold."""
    if isinstance(fallback, LLMConfig):
        return fallback.model
    return fallback if isinstance(fallback, str) else fallback.get("model")


def fallback_config(config: LLMConfig, other: str | Mapping[str, Any] | LLMConfig) -> LLMConfig:
    """Return the configuration to fall back to; a bare model takes the key along only to the same provider."""
    if isinstance(other, LLMConfig):
        return other
    if isinstance(other, Mapping):
        return LLMConfig.from_dict(other)
    if explain(LLMConfig(model=other)).provider == explain(config).provider:
        return config.replace(model=other, fallbacks=())
    kept = config.replace(model=other, api_key=None, api_base=None, provider=None, headers=None, fallbacks=())
    for name in config.provider_options():
        del kept.kwargs[name]
    return kept


def record_fallback(answer: T, asked: str | None, sent: str | None, error: DragomanError) -> T:
    """Write down on a whole answer that another model gave it; a stream tells by its origin."""
    if not isinstance(answer, Response):
        return answer
    reason = f"{type(error).__name__}: {error}"
    adjustment = Adjustment(kind="coerced", feature="model", asked=asked, sent=sent, reason=reason)
    return attrs.evolve(answer, adjustments=(*answer.adjustments, adjustment))
