"""The provider of any server with the OpenAI chat dialect; its options define how the server differs from OpenAI."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from dragoman import UNKNOWN, YES, Capabilities, Part, Provider, ProviderConfig, ProviderInfo, Reasoning
from dragoman_openai_compatible.chat import CHAT_SETTINGS, OpenAIChat
from dragoman_openai_compatible.chat_messages import MessageRules, replayed
from dragoman_openai_compatible.endpoint import endpoint_of
from dragoman_openai_compatible.models import facts_of_model
from dragoman_openai_compatible.options import OpenAICompatibleOptions
from dragoman_openai_compatible.provider import OpenAIProvider

if TYPE_CHECKING:
    from dragoman.http import StreamDecoder


class OpenAICompatibleChat(OpenAIChat[OpenAICompatibleOptions]):
    """Speak the dialect with the differences that the options define."""

    def __init__(self, name: str = "openai_compatible") -> None:
        super().__init__(
            options=OpenAICompatibleOptions,
            provider=name,
            setting_names={**CHAT_SETTINGS, "top_k": "top_k"},
        )
        self.configured = OpenAICompatibleOptions()

    def configure(self, options: OpenAICompatibleOptions) -> None:
        """Set how the server differs from OpenAI."""
        self.configured = options
        self.rules = MessageRules(issuer=self.provider, replay_reasoning=self._replay, tool_media=True)

    def wants_usage(self, options: OpenAICompatibleOptions) -> bool:
        """Return whether to ask for the usage of a stream."""
        return options.include_usage

    def max_tokens_name(self, model: str) -> str:  # noqa: ARG002
        """Return the name of ``max_tokens`` in the body."""
        return self.configured.max_tokens_name

    def decoder(self) -> StreamDecoder:
        """Return the decoder of one stream, which keeps the details of the reasoning."""
        from dragoman_openai_compatible.reasoning_details import DetailsDecoder  # noqa: PLC0415  # only streams need it

        return DetailsDecoder(self)

    def message_parts(self, message: Mapping[str, Any]) -> list[Part]:
        """Return the parts of a whole message, with the details of the reasoning as its seal."""
        parts = super().message_parts(message)
        if not message.get("reasoning_details"):
            return parts
        from dragoman_openai_compatible.reasoning_details import with_details  # noqa: PLC0415  # few servers have them

        return with_details(parts, message, self.reasoning_names, self.rules.issuer)

    def _replay(self, reasoning: Sequence[Reasoning]) -> dict[str, Any]:
        return replayed(reasoning, self.configured.replay_reasoning, self.provider)


def make_provider(config: ProviderConfig) -> Provider:
    """Return the provider of the server that *config* names.

    Args:
        config: the configuration.

    Raises:
        ConfigurationError: if the address or the key cannot be used.
        InvalidRequestError: for an unknown option.

    """
    dialect = OpenAICompatibleChat(config.name)
    dialect.configure(dialect.options_reader.configure(config.options))
    info = ProviderInfo(
        name=config.name, issuer=config.name, options=OpenAICompatibleOptions, formats=frozenset({"chat"})
    )
    known = partial(capabilities, completions=dialect.configured.completions)
    return OpenAIProvider(info, dialect, endpoint_of(config), capabilities=known)


def capabilities(model: str, *, completions: bool = False) -> Capabilities:
    """Return what is known of *model* at any server, from its name, and whether prompts have an endpoint."""
    prompts = YES if completions else UNKNOWN
    return Capabilities(completion=prompts, completion_stream=prompts, **facts_of_model(model))
