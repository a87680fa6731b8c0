"""The dialect of the Messages API, with the Text Completions API for the models that only have that.

https://docs.anthropic.com/en/api/messages and https://docs.anthropic.com/en/api/complete
"""

from __future__ import annotations

import attrs

from dragoman import ChatRequest, CompletionRequest, ProtocolError, ProviderError, Response
from dragoman.http import HttpReply, HttpRequest, OptionsReader, StreamDecoder, as_object, dumps
from dragoman_anthropic.models import is_completion_model
from dragoman_anthropic.options import ISSUER, AnthropicOptions
from dragoman_anthropic.request import COUNTED_MEMBERS, BodyEncoder, beta_header
from dragoman_anthropic.response import response
from dragoman_anthropic.versions import FIRST, HEADER, fit_to_version, version_of


class AnthropicMessages:
    """Translate requests and responses of the Messages API.

    Attributes:
        betas: the values of the header ``anthropic-beta`` that every request sends.
        version: the version of the API in the headers of the configuration, ``None`` if there is none.

    """

    speaks = "messages"
    messages_path = "/messages"
    count_path = "/messages/count_tokens"

    def __init__(self) -> None:
        self.options_reader = OptionsReader(AnthropicOptions, ISSUER)
        self.betas: tuple[str, ...] = ()
        self.version: str | None = None
        self._encoder = BodyEncoder()

    def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        """Return the HTTP request, with a path below the base URL.

        Raises:
            UnsupportedError: for content or settings that the API does not accept.
            InvalidRequestError: if no message with content is left to send.

        """
        options = self.options_reader.read(request)
        if isinstance(request, CompletionRequest):
            if is_completion_model(request.model):
                from dragoman_anthropic import completions  # noqa: PLC0415  # only the first models need it

                return completions.encode(request, options, stream=stream)
            request = request.as_chat()
        encoded = self._encoder.encode(request, options, betas=self.betas, stream=stream)
        version = version_of(request.model, options, request.headers, self.version)
        notes = fit_to_version(encoded.body, version, request.model)
        return HttpRequest(
            url=self.messages_path,
            body=dumps(encoded.body),
            headers={**({} if version == (self.version or FIRST) else {HEADER: version}), **beta_header(encoded.betas)},
            adjustments=(*encoded.adjustments, *notes),
        )

    def encode_count(self, request: ChatRequest) -> HttpRequest:
        """Return the HTTP request that counts the tokens of *request*."""
        wire = self.encode(request, stream=False)
        body = as_object(HttpReply(status=200, body=wire.body or b"").json(), "the body")
        counted = {name: value for name, value in body.items() if name in COUNTED_MEMBERS}
        return attrs.evolve(wire, url=self.count_path, body=dumps(counted))

    def decode(self, reply: HttpReply) -> Response:
        """Return the response of a complete reply.

        Raises:
            ProviderError: if the reply reports an error.
            ProtocolError: if it does not hold an answer.

        """
        body = as_object(reply.json(), "the reply")
        if body.get("type") == "error" or body.get("error"):
            raise self.error(reply)
        if body.get("type") == "completion":
            from dragoman_anthropic import completions  # noqa: PLC0415  # only the first models need it

            return completions.decode(body)
        if not isinstance(body.get("content"), list):
            message = f"the reply does not hold an answer: {reply.excerpt!r}"
            raise ProtocolError(message, status=reply.status, body=reply.excerpt, phase="decode")
        return response(body)

    def decoder(self) -> StreamDecoder:
        """Return a decoder for one stream."""
        from dragoman_anthropic.stream import MessagesDecoder  # noqa: PLC0415  # only streams need it

        return MessagesDecoder(self.error)

    def error(self, reply: HttpReply) -> ProviderError:
        """Return the error that a reply reports."""
        from dragoman_anthropic.errors import error_of  # noqa: PLC0415  # only errors need it

        return error_of(reply)
