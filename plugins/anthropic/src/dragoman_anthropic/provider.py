"""The Anthropic provider, with the listing of models and the counting of tokens."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from dragoman import CallContext, Capabilities, ChatRequest, ModelInfo, ProviderConfig, ProviderInfo, Usage
from dragoman.http import Endpoint, HttpProvider, HttpRequest, as_object, count, objects
from dragoman_anthropic.dialect import AnthropicMessages
from dragoman_anthropic.endpoint import endpoint
from dragoman_anthropic.models import capabilities
from dragoman_anthropic.options import ISSUER, AnthropicOptions

INFO = ProviderInfo(
    name="anthropic",
    issuer=ISSUER,
    options=AnthropicOptions,
    docs="https://docs.anthropic.com/en/api/messages",
    formats=frozenset({"blocks"}),
)


class MessagesProvider(HttpProvider):
    """Call the Messages API, wherever it is served.

    Args:
        info: the name and other facts of the provider.
        dialect: the translation of requests and responses.
        endpoint: the base URL and the credentials.
        capabilities: a function that returns what a model accepts, by its name.

    """

    def __init__(
        self,
        info: ProviderInfo,
        dialect: AnthropicMessages,
        endpoint: Endpoint,
        *,
        capabilities: Callable[[str], Capabilities] = capabilities,
    ) -> None:
        super().__init__(info, dialect, endpoint, capabilities=capabilities, kept_headers=("anthropic-",))
        self._messages = dialect

    async def count_tokens(self, request: ChatRequest, context: CallContext) -> Usage:
        """Return the input tokens of *request*; see https://docs.anthropic.com/en/api/messages-count-tokens."""
        wire = self._messages.encode_count(request)
        reply = await self.call(wire, context, request.headers)
        with self.reading(reply):
            body = as_object(reply.json(), "the count")
            return Usage(input_tokens=count(body, self._messages.count_member), raw=body)


class AnthropicProvider(MessagesProvider):
    """Call the Anthropic API.

    Args:
        dialect: the translation of requests and responses.
        endpoint: the base URL and the credentials.

    """

    models_path = "/models"
    page_size = 1000
    """The number of models on one page: the maximum of the API."""

    def __init__(self, dialect: AnthropicMessages, endpoint: Endpoint) -> None:
        super().__init__(INFO, dialect, endpoint)

    async def models(self, context: CallContext) -> Sequence[ModelInfo]:
        """Return the models that this key can use; see https://docs.anthropic.com/en/api/models-list."""
        models: list[ModelInfo] = []
        after = ""
        while True:
            url = f"{self.models_path}?limit={self.page_size}{after}"
            reply = await self.call(HttpRequest(method="GET", url=url), context)
            with self.reading(reply):
                page = as_object(reply.json(), "the listing")
                models += [_model(entry) for entry in objects(page.get("data")) if entry.get("id")]
            last = page.get("last_id")
            if not page.get("has_more") or not last:
                return tuple(models)
            after = f"&after_id={quote(str(last), safe='')}"


def make_provider(config: ProviderConfig) -> AnthropicProvider:
    """Return the provider for *config*.

    Raises:
        ConfigurationError: if an option or the base URL is not valid.
        MissingCredentialError: if there is no key for the base URL.

    """
    dialect = AnthropicMessages()
    options = dialect.options_reader.configure(config.options)
    target = endpoint(config, options)
    dialect.configure(config, target.headers)
    return AnthropicProvider(dialect, target)


def _model(entry: Mapping[str, Any]) -> ModelInfo:
    return ModelInfo(
        id=str(entry["id"]),
        created=_timestamp(entry.get("created_at")),
        owner=ISSUER,
        context_tokens=count(entry, "max_input_tokens"),
        output_tokens=count(entry, "max_tokens"),
        metadata=entry,
    )


def _timestamp(text: Any) -> float | None:
    """Return a time in ISO 8601 as seconds since 1970, ``None`` if it is not one."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except (TypeError, ValueError):
        return None
