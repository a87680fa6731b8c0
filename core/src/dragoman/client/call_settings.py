"""The keywords of a configuration and of a call, as type checkers see them: a misspelt one is refused.

What only one provider has goes into ``options``. At run time, a bare keyword of the provider of the call works too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from dragoman.client.request_builder import ToolLike
from dragoman.client.run_settings import RunArguments
from dragoman.spec.capabilities import Policy
from dragoman.spec.config_keywords import Condition, ConfigSettings, EffortLike, SettingsKeywords
from dragoman.spec.provider_options import OptionsLike
from dragoman.spec.request import OutputFormat, ToolChoice

if TYPE_CHECKING:
    from typing_extensions import TypeForm


class CommonSettings(SettingsKeywords, total=False):
    """The keywords of every call.

    Attributes:
        timeout: seconds for the whole call with its retries.
        first_output_timeout: seconds until the first text, reasoning or call, for each attempt; an answer that is not
            streamed has it at its end.
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
