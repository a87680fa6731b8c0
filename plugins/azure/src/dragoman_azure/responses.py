"""The Responses API, as Azure OpenAI speaks it.

https://learn.microsoft.com/azure/ai-services/openai/how-to/responses
"""

from __future__ import annotations

from typing import Any

from dragoman import ChatRequest, ProviderError
from dragoman.http import HttpReply
from dragoman_azure.address import Address
from dragoman_azure.failures import failure
from dragoman_azure.families import is_reasoning
from dragoman_azure.options import CHAT_ONLY, AzureOptions, refuse
from dragoman_openai_compatible import OpenAIResponses


class AzureResponses(OpenAIResponses[AzureOptions]):
    """Speak the dialect to one resource.

    Args:
        address: where its operations are.
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
        """Return the error that a reply or an event reports; what a filter found stands in its ``body``, uncut."""
        return failure(reply)

    def path(self, path: str, request: ChatRequest, options: AzureOptions) -> str:  # noqa: ARG002
        """Return the path below the base URL, with the version."""
        return self.address.responses_path(options.api_version)

    def encrypts_reasoning(self, model: str) -> bool:  # noqa: ARG002  # the deployment's name says nothing
        """Tell whether the model behind the deployment is known to reason."""
        return is_reasoning(self.base_model)

    def finish_body(self, body: dict[str, Any], request: ChatRequest, options: AzureOptions) -> None:
        """Name the deployment, add what the tools and the caller ask for; refuse what only chat completions know."""
        refuse(options, CHAT_ONLY, model=request.model, api="responses")
        body["model"] = self.address.deployed(request.model)
        body.update(options.extra_body or {})
