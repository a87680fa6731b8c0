"""The keywords of a configuration and of a call, as type checkers see them: a misspelt one is refused.

What only one provider has goes into ``options``. At run time, a bare keyword of the provider of the call works too.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict

from dragoman.client.request_builder import ToolLike
from dragoman.client.run_settings import RunArguments
from dragoman.spec.capabilities import Policy
from dragoman.spec.config import LLMConfig
from dragoman.spec.errors import DragomanError
from dragoman.spec.provider_options import OptionsLike
from dragoman.spec.request import Effort, OutputFormat, ToolChoice
from dragoman.spec.response import Response
from dragoman.spec.retry_policy import RetryPolicy

if TYPE_CHECKING:
    from ssl import SSLContext

    from typing_extensions import TypeForm

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


class CommonSettings(SettingsKeywords, total=False):
    """The keywords of every call.

    Attributes:
        timeout: seconds for the whole call with its retries.
        first_output_timeout: seconds until the first text, reasoning or call of a stream.
        headers: HTTP headers to add.
        options: what is a provider's own: a mapping keyed by provider, or objects of the options classes of plugins.
        on_unsupported: what to do with a setting that the model does not accept.

    """

    timeout: float | None
    first_output_timeout: float | None
    headers: Mapping[str, str] | None
    options: OptionsLike | None
    on_unsupported: Policy | None


class ValueSettings(CommonSettings, total=False):
    """The keywords of a call that continues a conversation, without the format of its answer.

    Attributes:
        tools: the tools that the model may call.
        tool_choice: ``auto``, ``none``, ``required``, or the name of a tool; or a choice as plain data.

    """

    tools: Iterable[ToolLike] | None
    tool_choice: ToolChoice | str | Mapping[str, Any] | None


class RunKeywords(RunArguments, ValueSettings, total=False):
    """The keywords of a run of tools: those of each call of the model, and those of the whole run."""


class CallSettings(ValueSettings, total=False):
    """The keywords of a call that continues a conversation.

    Attributes:
        output: the format of the answer: a type, ``text``, ``json``, a format, or a JSON Schema.

    """

    output: OutputFormat | Literal["text", "json"] | Mapping[str, Any] | TypeForm[Any] | None


class CompletionSettings(CommonSettings, total=False):
    """The keywords of a call that continues a text.

    Attributes:
        suffix: the text that follows the answer.

    """

    suffix: str | None


class EmbeddingSettings(TypedDict, total=False):
    """The keywords of a call that makes embeddings.

    Attributes:
        dimensions: the number of dimensions of each vector, where the model has a choice.
        timeout: seconds for all requests with their retries.
        options: what is a provider's own.

    """

    dimensions: int | None
    timeout: float | None
    options: OptionsLike | None


class UploadSettings(TypedDict, total=False):
    """The keywords of a call that uploads a file.

    Attributes:
        filename: its name; by default, that of the path.
        media_type: its media type; by default, that of the name, or of its first bytes.
        timeout: seconds for the whole call with its retries.
        options: what is a provider's own.

    """

    filename: str | None
    media_type: str | None
    timeout: float | None
    options: OptionsLike | None


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


__all__ = [
    "CallSettings",
    "CommonSettings",
    "CompletionSettings",
    "Condition",
    "ConfigSettings",
    "EffortLike",
    "EmbeddingSettings",
    "RunKeywords",
    "SettingsKeywords",
    "UploadSettings",
    "ValueSettings",
]
