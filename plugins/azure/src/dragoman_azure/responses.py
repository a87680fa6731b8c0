"""The Responses API of Azure OpenAI.

https://learn.microsoft.com/azure/ai-services/openai/how-to/responses
"""

from __future__ import annotations

from typing import Any

from dragoman import ChatRequest, ProviderError
from dragoman.http import HttpReply
from dragoman_azure.endpoint_address import Address
from dragoman_azure.errors import azure_error
from dragoman_azure.models import is_reasoning
from dragoman_azure.options import CHAT_ONLY, AzureOptions
from dragoman_openai_compatible import OpenAIResponses, refuse_options


class AzureResponses(OpenAIResponses[AzureOptions]):
    """Speak the Responses API to one resource.

    Args:
        address: the address of the resource.
        base_model: the model behind the deployment, if it is known.

    """

    def __init__(self, address: Address, base_model: str | None = None) -> None:
        super().__init__(
            options=AzureOptions,
            provider="azure",
            metadata_names=("service_tier", "conversation", "previous_response_id", "content_filters"),
        )
        self.address = address
        self.base_model = base_model

    def error(self, reply: HttpReply) -> ProviderError:
        """Return the error that a reply or an event reports."""
        return azure_error(reply)

    def path(self, path: str, request: ChatRequest, options: AzureOptions) -> str:  # noqa: ARG002
        """Return the path with the version, relative to the base URL."""
        return self.address.responses_path(options.api_version)

    def encrypts_reasoning(self, model: str) -> bool:  # noqa: ARG002  # the name of the deployment does not identify it
        """Return whether the model behind the deployment is known to reason."""
        return is_reasoning(self.base_model)

    def finish_body(self, body: dict[str, Any], request: ChatRequest, options: AzureOptions) -> None:
        """Set the deployment, and refuse the options that only chat completions have."""
        refuse_options(options, CHAT_ONLY, model=request.model, api="responses")
        body["model"] = self.address.deployed(request.model)
