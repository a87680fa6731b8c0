"""Chat completions, as Azure OpenAI speaks them.

https://learn.microsoft.com/azure/ai-services/openai/reference
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from dragoman import JSON, ChatRequest, CompletionRequest, ProviderError
from dragoman.http import HttpReply, HttpRequest, fields
from dragoman_azure.address import Address
from dragoman_azure.failures import failure
from dragoman_azure.families import is_reasoning
from dragoman_azure.options import RESPONSES_ONLY, AzureOptions, refuse
from dragoman_azure.versions import fitted, knows
from dragoman_openai_compatible import OpenAIChat


class AzureChat(OpenAIChat[AzureOptions]):
    """Speak the dialect to one resource.

    Args:
        address: where its operations are.

    """

    def __init__(self, address: Address) -> None:
        super().__init__(
            options=AzureOptions,
            provider="azure",
            metadata_names=("system_fingerprint", "service_tier", "prompt_filter_results"),
        )
        self.address = address

    def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        """Return the request, without what its version of the API does not have yet.

        Raises:
            UnsupportedError: for a wish that the version does not have.

        """
        if isinstance(request, CompletionRequest):
            return super().encode(request, stream=stream)
        request, notes = fitted(request, self.address.dated(self.options_reader.read(request).api_version))
        wire = super().encode(request, stream=stream)
        return attrs.evolve(wire, adjustments=notes + wire.adjustments)

    def error(self, reply: HttpReply) -> ProviderError:
        """Return the error that a reply reports; what a filter found stands in its ``body``, uncut."""
        return failure(reply)

    def path(self, path: str, request: ChatRequest | CompletionRequest, options: AzureOptions) -> str:
        """Return the path below the base URL, with the deployment and the version."""
        return self.address.path(path, request.model, options.api_version)

    def wants_usage(self, options: AzureOptions) -> bool:
        """Tell whether to ask for the usage of a stream: early versions refuse to be asked."""
        return knows(self.address.dated(options.api_version), "stream_options")

    def finish_body(
        self,
        body: dict[str, Any],
        request: ChatRequest | CompletionRequest,
        options: AzureOptions,
    ) -> None:
        """Name the limit of tokens as the model behind the deployment has it, and add ``extra_body``."""
        refuse(options, RESPONSES_ONLY, model=request.model, api="chat")
        if is_reasoning(options.base_model) and "max_tokens" in body:
            body["max_completion_tokens"] = body.pop("max_tokens")
        body.update(options.extra_body or {})

    def choice_metadata(self, choice: Mapping[str, Any]) -> dict[str, JSON]:
        """Return what the filters found in the answer, and the sources that it rests on."""
        message = choice.get("message") or choice.get("delta")
        context = fields(message).get("context")
        found = {"content_filter_results": choice.get("content_filter_results"), "context": context}
        return {name: value for name, value in found.items() if value}
