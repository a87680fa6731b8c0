"""The dialect: pure functions between our types and HTTP messages. No socket, no clock, no environment.

https://docs.acme.example/api/talk
"""

from __future__ import annotations

from dragoman import ChatRequest, CompletionRequest, Origin, ProtocolError, ProviderError, Response, build_response
from dragoman.http import HttpReply, HttpRequest, OptionsReader, StreamDecoder, body_of, dumps

from dragoman_acme import reading as read
from dragoman_acme.errors import error_of
from dragoman_acme.options import AcmeOptions
from dragoman_acme.reading import ISSUER
from dragoman_acme.stream import AcmeDecoder
from dragoman_acme.writing import Writer


class AcmeDialect:
    """Speak to Acme."""

    path = "/talk"

    def __init__(self) -> None:
        self.options_reader = OptionsReader(AcmeOptions, ISSUER)

    def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        """Return the request with its path below the base URL.

        Raises:
            UnsupportedError: for what the dialect cannot say.

        """
        options = self.options_reader.read(request)
        writer = Writer()
        body = writer.body(request.as_chat() if isinstance(request, CompletionRequest) else request)
        if stream:
            body["live"] = True
        body.update(body_of(options))
        body.update(options.extra_body or {})
        return HttpRequest(url=self.path, body=dumps(body), adjustments=tuple(writer.adjustments))

    def decode(self, reply: HttpReply) -> Response:
        """Return the answer of a whole reply with a good status.

        Raises:
            ProviderError: if the reply reports a failure all the same.
            ProtocolError: if it holds no answer.

        """
        body = read.as_object(reply.json(), "the reply")
        if body.get("failed"):
            raise self.error(reply)
        if not isinstance(body.get("pieces"), list):
            message = f"the reply holds no answer: {reply.excerpt!r}"
            raise ProtocolError(message, status=reply.status, body=reply.excerpt, phase="decode")
        return build_response(
            [read.part(piece, index) for index, piece in enumerate(read.objects(body["pieces"]))],
            read.finish(body.get("end")),
            usage=read.usage(body.get("tokens")),
            origin=Origin(response_id=read.word(body.get("id")), served_model=read.word(body.get("model"))),
            raw=body,
        )

    def decoder(self) -> StreamDecoder:
        """Return the decoder of one stream."""
        return AcmeDecoder(self.error)

    def error(self, reply: HttpReply) -> ProviderError:
        """Return the error that a reply, or an event of a stream, reports."""
        return error_of(reply)
