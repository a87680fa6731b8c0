"""The Anthropic provider, with the listing of models and the counting of tokens."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from dragoman import (
    CallContext,
    Capabilities,
    ChatRequest,
    FileInfo,
    FileRef,
    FileUpload,
    ModelInfo,
    ProviderConfig,
    ProviderInfo,
    Usage,
)
from dragoman.http import Endpoint, HttpProvider, count, objects
from dragoman_anthropic.dialect import AnthropicMessages
from dragoman_anthropic.endpoint import endpoint
from dragoman_anthropic.models import capabilities
from dragoman_anthropic.options import ISSUER, AnthropicFileOptions, AnthropicOptions

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
        from dragoman.http import read_count  # noqa: PLC0415  # few programs count

        wire = self._messages.encode_count(request)
        return await read_count(self, wire, context, request.headers, member=self._messages.count_member)


class AnthropicProvider(MessagesProvider):
    """Call the Anthropic API.

    Args:
        dialect: the translation of requests and responses.
        endpoint: the base URL and the credentials.

    """

    models_path = "/models"
    file_options = AnthropicFileOptions
    page_size = 1000
    """The number of models on one page: the maximum of the API."""

    def __init__(self, dialect: AnthropicMessages, endpoint: Endpoint) -> None:
        super().__init__(INFO, dialect, endpoint)

    async def models(self, context: CallContext) -> Sequence[ModelInfo]:
        """Return the models that this key can use; see https://docs.anthropic.com/en/api/models-list."""
        url = f"{self.models_path}?limit={self.page_size}"
        return tuple(map(_model, await read_entries(self, url, context)))

    async def upload(self, file: FileUpload, context: CallContext) -> FileRef:
        """Store a file; see https://docs.anthropic.com/en/api/files-create."""
        from dragoman_anthropic import files  # noqa: PLC0415  # few programs need it

        return await files.upload(self, file, context)

    async def files(self, context: CallContext) -> Sequence[FileInfo]:
        """Return the files of the workspace; see https://docs.anthropic.com/en/api/files-list."""
        from dragoman_anthropic import files  # noqa: PLC0415  # few programs need it

        return await files.files(self, context)

    async def delete_file(self, ref: FileRef, context: CallContext) -> None:
        """Delete a file; see https://docs.anthropic.com/en/api/files-delete."""
        from dragoman_anthropic import files  # noqa: PLC0415  # few programs need it

        await files.delete_file(self, ref, context)


async def read_entries(
    provider: HttpProvider, url: str, context: CallContext, headers: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """Return the entries of a listing: https://docs.anthropic.com/en/api/models-list.

    Args:
        provider: the provider that is asked.
        url: the path of the listing, with the size of a page.
        context: the context of the call.
        headers: headers of each request.

    """
    from dragoman.http import read_pages  # noqa: PLC0415  # few programs list anything

    pages = await read_pages(provider, url, context, next_page=_last, parameter="after_id", headers=headers)
    return [entry for page in pages for entry in objects(page.get("data")) if entry.get("id")]


def _last(page: Mapping[str, Any]) -> object:
    return page.get("has_more") and page.get("last_id")


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
        created=timestamp(entry.get("created_at")),
        owner=ISSUER,
        context_tokens=count(entry, "max_input_tokens"),
        output_tokens=count(entry, "max_tokens"),
        metadata=entry,
    )


def timestamp(text: Any) -> float | None:
    """Return a time in ISO 8601 as seconds since 1970, ``None`` if it is not one."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except (TypeError, ValueError):
        return None
