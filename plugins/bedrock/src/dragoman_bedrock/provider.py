"""The Bedrock provider."""

from __future__ import annotations

from functools import partial

from dragoman import CallContext, ChatRequest, ProviderConfig, ProviderInfo, Usage
from dragoman.http import Endpoint, HttpProvider, as_object, count
from dragoman_bedrock.dialect import Converse
from dragoman_bedrock.endpoint import endpoint
from dragoman_bedrock.listing import ListingProvider
from dragoman_bedrock.models import capabilities
from dragoman_bedrock.options import ISSUER, BedrockOptions

INFO = ProviderInfo(
    name="bedrock",
    issuer=ISSUER,
    options=BedrockOptions,
    docs="https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html",
)


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
        reply = await self.call(self._converse.encode_count(request), context, request.headers)
        with self.reading(reply):
            body = as_object(reply.json(), "the count")
            return Usage(input_tokens=count(body, "inputTokens"), raw=body)


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
