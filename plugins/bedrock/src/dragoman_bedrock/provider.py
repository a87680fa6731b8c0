"""The Bedrock provider, with the listing of models and the counting of tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from dragoman import CallContext, ChatRequest, ModelInfo, ProviderConfig, ProviderInfo, Usage
from dragoman.http import Endpoint, HttpProvider, objects, word
from dragoman_bedrock.dialect import Converse
from dragoman_bedrock.endpoint import endpoint
from dragoman_bedrock.models import capabilities
from dragoman_bedrock.options import ISSUER, BedrockOptions

INFO = ProviderInfo(
    name="bedrock",
    issuer=ISSUER,
    options=BedrockOptions,
    docs="https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html",
    formats=frozenset(),
)


RUNTIME = "bedrock-runtime"
LISTINGS = ("/foundation-models", "/inference-profiles?maxResults=1000")
NAMES: Mapping[str, str] = {"modelSummaries": "modelId", "inferenceProfileSummaries": "inferenceProfileId"}
"""The members of listings that hold models, and the members of models that name them."""


class ListingProvider(HttpProvider):
    """List models, at the host beside the one that answers."""

    async def models(self, context: CallContext) -> Sequence[ModelInfo]:
        """Return the foundation models of the region and the inference profiles, whose ids are names of models too.

        https://docs.aws.amazon.com/bedrock/latest/APIReference/API_ListFoundationModels.html and
        https://docs.aws.amazon.com/bedrock/latest/APIReference/API_ListInferenceProfiles.html
        """
        from dragoman.http import read_pages  # noqa: PLC0415  # few programs list models

        read = partial(
            read_pages, self, context=context, next_page=lambda page: page.get("nextToken"), parameter="nextToken"
        )
        base = self.endpoint.base
        root = f"https://{base.host.replace(RUNTIME, 'bedrock', 1)}" if base.host.startswith(RUNTIME) else ""
        pages: list[dict[str, Any]] = []
        for path in LISTINGS:
            pages += await read(root + path)
        return tuple([info for page in pages for info in _infos(page)])


class BedrockProvider(ListingProvider):
    """Call models by Converse.

    Args:
        dialect: the translation of requests and responses.
        endpoint: the base URL and the credentials.

    """

    def __init__(self, dialect: Converse, endpoint: Endpoint) -> None:
        super().__init__(INFO, dialect, endpoint, capabilities=partial(capabilities, base_model=dialect.base_model))
        self._converse = dialect

    async def count_tokens(self, request: ChatRequest, context: CallContext) -> Usage:
        """Return the input tokens of *request*.

        https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html
        """
        from dragoman.http import read_count  # noqa: PLC0415  # few programs count

        wire = self._converse.encode_count(request)
        return await read_count(self, wire, context, request.headers, member="inputTokens")


def make_provider(config: ProviderConfig) -> HttpProvider:
    """Return the provider for *config*: that of Converse, or of InvokeModel if it is asked for.

    Raises:
        ConfigurationError: if an option, the region or the base URL is not valid.
        MissingCredentialError: if there are no credentials for the base URL.

    """
    if config.options.get("api") == "invoke":
        from dragoman_bedrock.invoke import make_invoke  # noqa: PLC0415  # few programs ask for it

        return make_invoke(config)
    dialect = Converse()
    options = dialect.options_reader.configure(config.options)
    dialect.base_model = options.base_model
    return BedrockProvider(dialect, endpoint(config, options))


def _infos(page: Mapping[str, Any]) -> list[ModelInfo]:
    return [
        ModelInfo(id=str(each[name]), owner=word(each.get("providerName")), metadata=each)
        for member, name in NAMES.items()
        for each in objects(page.get(member))
        if each.get(name)
    ]
