"""The provider of any server that speaks the OpenAI chat dialect, which differs from OpenAI as its options say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dragoman import ChatRequest, CompletionRequest, Provider, ProviderConfig, ProviderInfo, Reasoning
from dragoman_openai_compatible.chat import SETTING_NAMES, OpenAIChat
from dragoman_openai_compatible.chat_messages import MessageRules
from dragoman_openai_compatible.endpoint import endpoint_of
from dragoman_openai_compatible.options import OpenAICompatibleOptions
from dragoman_openai_compatible.provider import OpenAIProvider


class OpenAICompatibleChat(OpenAIChat[OpenAICompatibleOptions]):
    """Speak the dialect as the options say."""

    def __init__(self, name: str = "openai_compatible") -> None:
        super().__init__(
            options=OpenAICompatibleOptions,
            provider=name,
            setting_names={**SETTING_NAMES, "top_k": "top_k"},
        )
        self.configured = OpenAICompatibleOptions()

    def configure(self, options: OpenAICompatibleOptions) -> None:
        """Take over how the server differs."""
        self.configured = options
        self.rules = MessageRules(issuer=self.provider, replay_reasoning=self._replay, tool_media=True)

    def wants_usage(self, options: OpenAICompatibleOptions) -> bool:
        """Tell whether to ask for the usage of a stream."""
        return options.include_usage

    def max_tokens_name(self, model: str) -> str:  # noqa: ARG002
        """Return where the limit of tokens stands in the body."""
        return self.configured.max_tokens_name

    def finish_body(
        self,
        body: dict[str, Any],
        request: ChatRequest | CompletionRequest,  # noqa: ARG002  # the signature of the dialect
        options: OpenAICompatibleOptions,
    ) -> None:
        """Add what the caller put into ``extra_body``."""
        body.update(options.extra_body or {})

    def _replay(self, reasoning: Sequence[Reasoning]) -> dict[str, Any]:
        name = self.configured.replay_reasoning
        words = "".join(part.text for part in reasoning if part.seal is None)  # a seal is another vendor's
        return {name: words} if name and words else {}


def make_provider(config: ProviderConfig) -> Provider:
    """Return the provider of the server that *config* names.

    Args:
        config: what the caller gave.

    Raises:
        ConfigurationError: if the address or the key cannot be used.
        InvalidRequestError: for an unknown option.

    """
    dialect = OpenAICompatibleChat(config.name)
    dialect.configure(dialect.options_reader.configure(config.options))
    info = ProviderInfo(name=config.name, issuer=config.name, options=OpenAICompatibleOptions)
    return OpenAIProvider(info, dialect, endpoint_of(config))
