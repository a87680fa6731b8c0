"""Both dialects of Azure OpenAI as one: each request goes to the API that it asks for or that its model speaks."""

from __future__ import annotations

from dragoman import ChatRequest, CompletionRequest
from dragoman.http import Dialect
from dragoman_azure.address import Address
from dragoman_azure.chat import AzureChat
from dragoman_azure.families import speaks_only_responses
from dragoman_azure.options import AzureOptions
from dragoman_azure.responses import AzureResponses


class AzureDialect(AzureChat):
    """Speak chat completions, and the Responses API where the option, the address or ``base_model`` asks for it.

    Args:
        address: where the operations of the resource are.

    """

    def __init__(self, address: Address) -> None:
        super().__init__(address)
        self._responses: dict[str | None, AzureResponses] = {}

    def for_request(self, request: ChatRequest | CompletionRequest) -> Dialect:
        """Return the dialect that *request* is sent in."""
        options = self.options_reader.read(request)
        if self.api(options) == "chat":
            return self
        if options.base_model not in self._responses:
            self._responses[options.base_model] = AzureResponses(self.address, options.base_model)
        return self._responses[options.base_model]

    def api(self, options: AzureOptions) -> str:
        """Return ``chat`` or ``responses``: what *options* ask for, else what the address or the model stands for."""
        implied = self.address.responses or speaks_only_responses(options.base_model)
        return options.api or ("responses" if implied else "chat")
