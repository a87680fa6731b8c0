"""The provider of Mistral: https://docs.mistral.ai/api."""

from __future__ import annotations

from dragoman import CallContext, Capabilities, ProviderConfig, ProviderInfo
from dragoman.http import HttpRequest, path_segment
from dragoman_mistral.chat import MistralChat
from dragoman_mistral.endpoint import endpoint
from dragoman_mistral.models import capabilities, learned
from dragoman_mistral.options import EMBEDDING_RULES, ISSUER, MistralOptions
from dragoman_openai_compatible import OpenAIProvider

INFO = ProviderInfo(
    name="mistral",
    issuer=ISSUER,
    options=MistralOptions,
    docs="https://docs.mistral.ai/api",
    formats=frozenset({"chat"}),
)

KEPT_HEADERS = ("x-ratelimitbysize-", "ratelimitbysize-")
"""Headers in which some of its hosts report limits by the size of a request."""


class MistralProvider(OpenAIProvider):
    """Add what the API tells of a model to the provider of a host with the dialect of OpenAI."""

    embedding_rules = EMBEDDING_RULES

    async def learn_capabilities(self, model: str, context: CallContext) -> Capabilities:
        """Return what is known about *model* after asking the API.

        Raises:
            ProviderError: if the request fails.

        """
        reply = await self.call(
            HttpRequest(method="GET", url=f"{self.models_path}/{path_segment(model, 'model')}"), context
        )
        with self.reading(reply):
            return learned(model, self.read_object(reply, "the description of the model"))


def make_provider(config: ProviderConfig) -> MistralProvider:
    """Return the provider for *config*.

    Raises:
        ConfigurationError: if an option or the base URL is not valid.
        MissingCredentialError: if there is no key for the base URL.

    """
    dialect = MistralChat()
    dialect.options_reader.structure(config.options)
    return MistralProvider(INFO, dialect, endpoint(config), capabilities=capabilities, kept_headers=KEPT_HEADERS)
