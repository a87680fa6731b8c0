"""The provider of OpenAI.

https://platform.openai.com/docs/api-reference
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from dragoman import CallContext, ProviderConfig, ProviderInfo
from dragoman_openai.chat import OpenAIChatCompletions
from dragoman_openai.endpoint import endpoint
from dragoman_openai.models import capabilities
from dragoman_openai.options import OpenAIOptions
from dragoman_openai_compatible import OpenAIProvider

if TYPE_CHECKING:
    from dragoman import EmbeddingRules, FileInfo, FileRef, FileUpload

INFO = ProviderInfo(
    name="openai",
    issuer="openai",
    options=OpenAIOptions,
    docs="https://platform.openai.com/docs/api-reference",
    formats=frozenset({"chat", "responses"}),
)


class OpenAIWithFiles(OpenAIProvider):
    """Add files to a provider with the OpenAI API: https://platform.openai.com/docs/api-reference/files."""

    @property
    def embedding_rules(self) -> EmbeddingRules:
        """What OpenAI takes for embeddings."""
        from dragoman_openai.embeddings import EMBEDDING_RULES  # noqa: PLC0415  # few programs need it

        return EMBEDDING_RULES

    @property
    def file_options(self) -> type[Any]:
        """The options of files."""
        from dragoman_openai.files import OpenAIFileOptions  # noqa: PLC0415  # few programs need it

        return OpenAIFileOptions

    async def upload(self, file: FileUpload, context: CallContext) -> FileRef:
        """Store a file."""
        from dragoman_openai import files  # noqa: PLC0415  # few programs need it

        return await files.upload(self, file, context)

    async def files(self, context: CallContext) -> Sequence[FileInfo]:
        """Return the files of the project."""
        from dragoman_openai import files  # noqa: PLC0415  # few programs need it

        return await files.files(self, context)

    async def delete_file(self, ref: FileRef, context: CallContext) -> None:
        """Delete a file."""
        from dragoman_openai import files  # noqa: PLC0415  # few programs need it

        await files.delete_file(self, ref, context)


def make_provider(config: ProviderConfig) -> OpenAIProvider:
    """Return the provider for *config*.

    Raises:
        ConfigurationError: if an option or the base URL is not valid.
        MissingCredentialError: if there is no key for the base URL.

    """
    dialect = OpenAIChatCompletions()
    options = dialect.options_reader.configure(config.options)
    return OpenAIWithFiles(
        INFO,
        dialect,
        endpoint(config, options),
        capabilities=partial(capabilities, api=options.api),
        kept_headers=("openai-",),
    )
