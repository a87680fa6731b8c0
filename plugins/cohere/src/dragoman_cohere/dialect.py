"""The dialect of Cohere's chat API: https://docs.cohere.com/reference/chat."""

from __future__ import annotations

from dragoman import ChatRequest, CompletionRequest, ProviderError, Response
from dragoman.http import SSE, HttpReply, HttpRequest, OptionsReader, StreamDecoder, as_object, dumps, reported_by
from dragoman_cohere.options import ISSUER, CohereOptions
from dragoman_cohere.request import BodyEncoder
from dragoman_cohere.response import response


class Cohere:
    """Translate requests and responses of Cohere's API."""

    framing = SSE
    chat_path = "/v2/chat"

    def __init__(self) -> None:
        self.options_reader = OptionsReader(CohereOptions, ISSUER)

    def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        """Return the HTTP request, with a path below the base URL.

        Raises:
            UnsupportedError: for content, tools or an output format that the API does not accept.

        """
        encoder = BodyEncoder(options=self.options_reader.read(request), stream=stream)
        body = encoder.encode(request.as_chat() if isinstance(request, CompletionRequest) else request)
        return HttpRequest(url=self.chat_path, body=dumps(body), adjustments=tuple(encoder.adjustments))

    def decode(self, reply: HttpReply) -> Response:
        """Return the response of a complete reply.

        Raises:
            ProviderError: if the reply reports an error.
            ProtocolError: if it does not hold an answer.

        """
        body = as_object(reply.json(), "the reply")
        message = body.get("message")
        if isinstance(message, str):
            raise self.error(reported_by(reply) or reply)
        if not isinstance(message, dict):
            raise reply.no_answer()
        return response(body)

    def decoder(self) -> StreamDecoder:
        """Return a decoder for one stream."""
        from dragoman_cohere.stream import CohereDecoder  # noqa: PLC0415  # only streams need it

        return CohereDecoder(self.error)

    def error(self, reply: HttpReply) -> ProviderError:
        """Return the error that a reply reports."""
        from dragoman_cohere.errors import error_of  # noqa: PLC0415  # only errors need it

        return error_of(reply)
