"""Any server that speaks the OpenAI dialect at an ``api_base``: llama.cpp, vLLM, Ollama, LM Studio, a gateway.

https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import frozen

from dragoman import ChatRequest, CompletionRequest, Provider, ProviderConfig, ProviderInfo, Reasoning, hookimpl
from dragoman.http import (
    Endpoint,
    MessageRules,
    OpenAIChat,
    OpenAIProvider,
    base_url,
    checked_headers,
    credential,
    option_field,
)
from dragoman.http.openai_chat import SETTING_NAMES

BASE_ENV = ("OPENAI_COMPATIBLE_API_BASE",)
KEY_ENV = ("OPENAI_COMPATIBLE_API_KEY",)
LOCAL = {
    "ollama": "http://localhost:11434/v1",
    "vllm": "http://localhost:8000/v1",
    "lmstudio": "http://localhost:1234/v1",
    "llama_server": "http://localhost:8080/v1",
    "llamafile": "http://localhost:8080/v1",
}
"""Where a server listens that is run on one's own machine, by the name of its provider."""


@frozen(kw_only=True)
class OpenAICompatibleOptions:
    """Say how the server differs from OpenAI, and what it offers beside the common settings.

    Args:
        include_usage: whether to ask for the usage of a stream; some servers refuse to be asked.
        max_tokens_name: where the limit of tokens stands in the body.
        replay_reasoning: the member of a message in which the server takes earlier reasoning back.
        n: how many answers to make; the first is the answer, the others are in ``Response.metadata``.
        min_p: sample from the words at least this likely, relative to the likeliest.
        repetition_penalty: above 1 against repetition.
        logit_bias: a bias for each token's number.
        user: who asks.
        stream_options: settings of a stream, in place of asking for its usage.
        chat_template_kwargs: arguments of the server's chat template, such as ``{"enable_thinking": False}``.
        extra_body: further members of the body.

    """

    include_usage: bool = option_field(default=True, in_body=False)
    max_tokens_name: str = option_field(default="max_tokens", in_body=False, per_call=False)
    replay_reasoning: str | None = option_field(in_body=False, per_call=False)
    n: int | None = option_field()
    min_p: float | None = option_field()
    repetition_penalty: float | None = option_field()
    logit_bias: dict[str, float] | None = option_field()
    user: str | None = option_field()
    stream_options: dict[str, Any] | None = option_field()
    chat_template_kwargs: dict[str, Any] | None = option_field()
    extra_body: dict[str, Any] | None = option_field(in_body=False)


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


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Make the provider; a server on one's own machine usually wants no key."""
    dialect = OpenAICompatibleChat(config.name)
    dialect.configure(dialect.options_reader.configure(config.options))
    local = LOCAL.get(config.name)
    base = base_url(config, default=local, env=() if local else BASE_ENV)
    key = credential(config, base, env=() if local else KEY_ENV, required=False)
    headers = {} if key is None else {"authorization": key.with_prefix("Bearer ")}
    info = ProviderInfo(name=config.name, issuer=config.name, options=OpenAICompatibleOptions)
    return OpenAIProvider(info, dialect, Endpoint(base=base, headers={**headers, **checked_headers(config.headers)}))
