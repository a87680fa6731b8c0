"""Amazon Bedrock for Dragoman: the Converse API, whole and streamed.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

from __future__ import annotations

from dragoman import Provider, ProviderConfig, hookimpl
from dragoman_bedrock.options import BedrockOptions
from dragoman_bedrock.provider import make_provider

__all__ = ["BedrockOptions", "dragoman_provider"]


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Return the provider for *config*."""
    return make_provider(config)
