"""Chat completions of Azure OpenAI, and the choice between them and the Responses API.

https://learn.microsoft.com/azure/ai-services/openai/reference
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from dragoman import JSON, ChatRequest, CompletionRequest, ProviderError
from dragoman.http import Dialect, HttpReply, HttpRequest, fields
from dragoman_azure.endpoint_address import Address
from dragoman_azure.errors import azure_error
from dragoman_azure.models import is_reasoning, speaks_only_responses
from dragoman_azure.options import RESPONSES_ONLY, AzureOptions
from dragoman_azure.request import fit_to_version
from dragoman_azure.responses import AzureResponses
from dragoman_azure.versions import has_feature
from dragoman_openai_compatible import OPENAI_FILE_TYPES, MessageRules, OpenAIChat, refuse_options


class AzureChat(OpenAIChat[AzureOptions]):
    """Speak chat completions to one resource, and hand requests for the Responses API to its dialect.

    Args:
        address: the address of the resource.

    """

    def __init__(self, address: Address) -> None:
        super().__init__(
            options=AzureOptions,
            provider="azure",
            rules=MessageRules(issuer="azure", file_types=OPENAI_FILE_TYPES, refusals=True),
            metadata_names=("system_fingerprint", "service_tier", "prompt_filter_results"),
        )
        self.address = address
        self._responses: dict[str | None, AzureResponses] = {}

    def for_request(self, request: ChatRequest | CompletionRequest) -> Dialect:
        """Return the dialect of *request*."""
        options = self.options_reader.read(request)
        if self.api(options) == "chat":
            return self
        if options.base_model not in self._responses:
            self._responses[options.base_model] = AzureResponses(self.address, options.base_model)
        return self._responses[options.base_model]

    def api(self, options: AzureOptions) -> str:
        """Return ``chat`` or ``responses``: the API of *options*, otherwise that of the address or of the model."""
        implied = self.address.responses or speaks_only_responses(options.base_model)
        return options.api or ("responses" if implied else "chat")

    def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        """Return the HTTP request, without settings that its version of the API does not have yet.

        Raises:
            UnsupportedError: for a feature that the version does not have yet.

        """
        if isinstance(request, CompletionRequest):
            return super().encode(request, stream=stream)
        request, notes = fit_to_version(
            request, self.address.dated_version(self.options_reader.read(request).api_version)
        )
        wire = super().encode(request, stream=stream)
        return attrs.evolve(wire, adjustments=notes + wire.adjustments)

    def error(self, reply: HttpReply) -> ProviderError:
        """Return the error that a reply reports."""
        return azure_error(reply)

    def path(self, path: str, request: ChatRequest | CompletionRequest, options: AzureOptions) -> str:
        """Return the path with the deployment and the version, relative to the base URL."""
        return self.address.path(path, request.model, options.api_version)

    def wants_usage(self, options: AzureOptions) -> bool:
        """Return whether to ask for the usage of a stream, which early versions refuse."""
        return has_feature(self.address.dated_version(options.api_version), "stream_options")

    def finish_body(
        self,
        body: dict[str, Any],
        request: ChatRequest | CompletionRequest,
        options: AzureOptions,
    ) -> None:
        """Name ``max_tokens`` as the model behind the deployment requires."""
        refuse_options(options, RESPONSES_ONLY, model=request.model, api="chat")
        if is_reasoning(options.base_model) and "max_tokens" in body:
            body["max_completion_tokens"] = body.pop("max_tokens")

    def choice_metadata(self, choice: Mapping[str, Any]) -> dict[str, JSON]:
        """Return the results of the content filters, and the sources that the answer is based on."""
        message = choice.get("message") or choice.get("delta")
        context = fields(message).get("context")
        found = {"content_filter_results": choice.get("content_filter_results"), "context": context}
        return {name: value for name, value in found.items() if value}
