"""The Bedrock provider."""

from __future__ import annotations

from functools import partial

from dragoman import ProviderConfig, ProviderInfo
from dragoman.http import HttpProvider
from dragoman_bedrock.dialect import Converse
from dragoman_bedrock.endpoint import endpoint
from dragoman_bedrock.models import capabilities
from dragoman_bedrock.options import ISSUER, BedrockOptions

INFO = ProviderInfo(
    name="bedrock",
    issuer=ISSUER,
    options=BedrockOptions,
    docs="https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html",
)


def make_provider(config: ProviderConfig) -> HttpProvider:
    """Return the provider for *config*.

    Raises:
        ConfigurationError: if an option, the region or the base URL is not valid.
        MissingCredentialError: if there are no credentials for the base URL.

    """
    dialect = Converse()
    options = dialect.options_reader.configure(config.options)
    dialect.base_model = options.base_model
    known = partial(capabilities, base_model=options.base_model)
    return HttpProvider(INFO, dialect, endpoint(config, options), capabilities=known)
