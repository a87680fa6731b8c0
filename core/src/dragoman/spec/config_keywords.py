"""The keywords of a configuration, as type checkers see them: a misspelt one is refused."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict

from dragoman.spec.capabilities import Policy
from dragoman.spec.config import LLMConfig
from dragoman.spec.errors import DragomanError
from dragoman.spec.provider_options import OptionsLike
from dragoman.spec.request import Effort
from dragoman.spec.response import Response
from dragoman.spec.retry_policy import RetryPolicy

if TYPE_CHECKING:
    from ssl import SSLContext

Condition: TypeAlias = Literal["empty", "refused", "truncated"] | type[DragomanError] | Callable[[Response], object]
"""What another model is asked after: an answer of that kind, an error, or an answer of which a function says so."""

EffortLike: TypeAlias = Effort | Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
"""How much a model should reason."""


class SettingsKeywords(TypedDict, total=False):
    """The settings; see :class:`~dragoman.Settings`."""

    max_tokens: int | None
    temperature: float | None
    top_p: float | None
    top_k: int | None
    stop: str | Iterable[str] | None
    seed: int | None
    presence_penalty: float | None
    frequency_penalty: float | None
    effort: EffortLike | None
    parallel_tool_calls: bool | None
    logprobs: bool | None
    top_logprobs: int | None
    service_tier: str | None
    cache: Literal["auto", "5m", "1h"] | None
    n: int | None


class ConfigSettings(SettingsKeywords, total=False):
    """The keywords of :class:`~dragoman.LLMConfig`, without the options of providers."""

    model: str | None
    api_key: str | Callable[[], str | Awaitable[str]] | None
    api_base: str | None
    provider: str | None
    timeout: float | None
    connect_timeout: float | None
    first_byte_timeout: float | None
    idle_timeout: float | None
    first_output_timeout: float | None
    num_retries: int
    retry: RetryPolicy | Mapping[str, Any] | None
    on_retry: Callable[[int, DragomanError, float], object] | None
    on_unsupported: Policy | None
    headers: Mapping[str, str] | None
    allow_insecure: bool
    fallbacks: Sequence[str | Mapping[str, Any] | LLMConfig] | None
    fall_back_on: Condition | Iterable[Condition] | None
    proxy: str | Literal[False] | None
    verify: str | os.PathLike[str] | SSLContext | bool | None
    client_cert: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None
    max_reply_bytes: int
    options: OptionsLike | None


__all__ = ["Condition", "ConfigSettings", "EffortLike", "SettingsKeywords"]
