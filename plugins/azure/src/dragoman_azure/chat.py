"""Chat completions, as Azure OpenAI speaks them.

https://learn.microsoft.com/azure/ai-services/openai/reference
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from dragoman import (
    JSON,
    ChatRequest,
    CompletionRequest,
    ContentFilterError,
    NotFoundError,
    ProtocolError,
    ProviderError,
)
from dragoman.http import HttpReply, HttpRequest, OpenAIChat
from dragoman.http import openai_parts as read
from dragoman.http.openai_errors import CODES, error_of
from dragoman_azure.address import Address
from dragoman_azure.families import is_reasoning
from dragoman_azure.options import AzureOptions
from dragoman_azure.versions import fitted, knows

_CODES: Mapping[str, type[ProviderError]] = {
    **CODES,
    "DeploymentNotFound": NotFoundError,
    "ResponsibleAIPolicyViolation": ContentFilterError,
}
_LOST = "check the deployment's name (the model), api_base and api_version"


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
        error = error_of(reply, _CODES)
        inner = _CODES.get(_inner_code(reply) or "")
        if inner is not None and not isinstance(error, inner):
            error = inner(error.message, status=error.status, code=error.code, parameter=error.parameter)
        if isinstance(error, ContentFilterError):
            error.body = reply.body.decode("utf-8", "replace")
        if isinstance(error, NotFoundError):
            error.message = f"{error.message} ({_LOST})"
        return error

    def path(self, path: str, request: ChatRequest | CompletionRequest, options: AzureOptions) -> str:
        """Return the path below the base URL, with the deployment and the version."""
        return self.address.path(path, request.model, options.api_version)

    def wants_usage(self, options: AzureOptions) -> bool:
        """Tell whether to ask for the usage of a stream: early versions refuse to be asked."""
        return knows(self.address.dated(options.api_version), "stream_options")

    def finish_body(
        self,
        body: dict[str, Any],
        request: ChatRequest | CompletionRequest,  # noqa: ARG002
        options: AzureOptions,
    ) -> None:
        """Name the limit of tokens as the model behind the deployment has it, and add ``extra_body``."""
        if is_reasoning(options.base_model) and "max_tokens" in body:
            body["max_completion_tokens"] = body.pop("max_tokens")
        body.update(options.extra_body or {})

    def choice_metadata(self, choice: Mapping[str, Any]) -> dict[str, JSON]:
        """Return what the filters found in the answer, and the sources that it rests on."""
        message = choice.get("message") or choice.get("delta")
        context = read.fields(message).get("context")
        found = {"content_filter_results": choice.get("content_filter_results"), "context": context}
        return {name: value for name, value in found.items() if value}


def _inner_code(reply: HttpReply) -> str | None:
    try:
        report = read.fields(reply.json())
    except ProtocolError:
        return None
    return read.word(read.fields(read.fields(report.get("error")).get("innererror")).get("code"))
