"""The dialect of the Messages API, with the Text Completions API for the models that only have that.

https://docs.anthropic.com/en/api/messages and https://docs.anthropic.com/en/api/complete
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import attrs

from dragoman import ChatRequest, CompletionRequest, ProviderConfig, ProviderError, Response
from dragoman.http import HttpReply, HttpRequest, OptionsReader, StreamDecoder, as_object, dumps, reported_by
from dragoman_anthropic.models import is_completion_model
from dragoman_anthropic.options import ISSUER, AnthropicOptions
from dragoman_anthropic.request import (
    COUNTED_MEMBERS,
    FEATURE_BETAS,
    BodyEncoder,
    EncodedRequest,
    beta_header,
    betas_in,
)
from dragoman_anthropic.response import response
from dragoman_anthropic.versions import FIRST, HEADER, fit_to_version, version_in, version_of

Operation: TypeAlias = Literal["answer", "stream", "count"]


class AnthropicMessages:
    """Translate requests and responses of the Messages API.

    Args:
        options_reader: reads the options of each request; that of Anthropic's own API by default.

    Attributes:
        betas: the values of the header ``anthropic-beta`` that every request sends.
        version: the version of the API in the headers of the configuration, ``None`` if there is none.
        base_model: the model behind a name that does not tell it, such as that of a deployment.

    """

    speaks = "messages"
    has_prompts = True
    """Whether the first models are asked by the Text Completions API."""
    messages_path = "/messages"
    feature_betas: Mapping[str, str] = FEATURE_BETAS
    """The beta that a feature needs, where it needs one."""
    count_path = "/messages/count_tokens"
    count_member = "input_tokens"
    """The member of the reply that counts the tokens of a request."""

    def __init__(self, options_reader: OptionsReader[Any] | None = None) -> None:
        self.options_reader = options_reader or OptionsReader(AnthropicOptions, ISSUER)
        self.betas: tuple[str, ...] = ()
        self.version: str | None = None
        self.base_model: str | None = None
        self._encoder = BodyEncoder(self.feature_betas)

    def configure(self, config: ProviderConfig, headers: Mapping[str, str]) -> None:
        """Send what the configuration names with every request.

        Args:
            config: the configuration, whose headers may name the version.
            headers: the headers of every request, in lower case, which may name betas.

        """
        self.betas, self.version = betas_in(headers), version_in(config.headers)

    def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        """Return the HTTP request, with a path below the base URL.

        Raises:
            UnsupportedError: for content or settings that the API does not accept.
            InvalidRequestError: if no message with content is left to send.

        """
        if isinstance(request, CompletionRequest):
            if self.has_prompts and is_completion_model(request.model):
                return self.encode_prompt(request, stream=stream)
            request = request.as_chat()
        encoded, version = self.encode_body(request, stream=stream)
        return self.wrap(encoded, version, "stream" if stream else "answer")

    def encode_prompt(self, request: CompletionRequest, *, stream: bool) -> HttpRequest:
        """Return the HTTP request of a prompt to one of the first models, which have no conversations."""
        from dragoman_anthropic import completions  # noqa: PLC0415  # only the first models need it

        return completions.encode(request, self.options_reader.read(request), stream=stream)

    def encode_count(self, request: ChatRequest) -> HttpRequest:
        """Return the HTTP request that counts the tokens of *request*."""
        encoded, version = self.encode_body(request, stream=False)
        counted = {name: value for name, value in encoded.body.items() if name in COUNTED_MEMBERS}
        return self.wrap(attrs.evolve(encoded, body=counted), version, "count")

    def encode_body(self, request: ChatRequest, *, stream: bool) -> tuple[EncodedRequest, str]:
        """Return an encoded request and the version of the API that it is for."""
        options = self.options_reader.read(request)
        known = request if self.base_model is None else attrs.evolve(request, model=self.base_model)
        encoded = self._encoder.encode(known, options, betas=self.betas, stream=stream)
        version = version_of(known.model, options, request.headers, self.version)
        encoded.adjustments.extend(fit_to_version(encoded.body, version, known.model))
        encoded.body["model"] = request.model
        return encoded, version

    def wrap(self, encoded: EncodedRequest, version: str, operation: Operation) -> HttpRequest:
        """Return the HTTP request for a body: its path, and where the version and the betas are named.

        Args:
            encoded: the body, the betas and the adjustments.
            version: the version of the API.
            operation: what is asked for.

        """
        stated = {} if version == (self.version or FIRST) else {HEADER: version}
        return HttpRequest(
            url=self.count_path if operation == "count" else self.messages_path,
            body=dumps(encoded.body),
            headers={**stated, **beta_header(encoded.betas)},
            adjustments=tuple(encoded.adjustments),
        )

    def decode(self, reply: HttpReply) -> Response:
        """Return the response of a complete reply.

        Raises:
            ProviderError: if the reply reports an error.
            ProtocolError: if it does not hold an answer.

        """
        body = as_object(reply.json(), "the reply")
        if body.get("type") == "error" or body.get("error"):
            raise self.error(reported_by(reply) or reply)
        if isinstance(body.get("completion"), str):
            from dragoman_anthropic import completions  # noqa: PLC0415  # only the first models need it

            return completions.decode(body)
        if not isinstance(body.get("content"), list):
            raise reply.no_answer()
        return response(body)

    def decoder(self) -> StreamDecoder:
        """Return a decoder for one stream."""
        from dragoman_anthropic.stream import MessagesDecoder  # noqa: PLC0415  # only streams need it

        return MessagesDecoder(self.error)

    def error(self, reply: HttpReply) -> ProviderError:
        """Return the error that a reply reports."""
        from dragoman_anthropic.errors import error_of  # noqa: PLC0415  # only errors need it

        return error_of(reply)
