"""The dialect: pure functions that convert requests and replies, without I/O.

https://docs.acme.example/api/talk
"""

from __future__ import annotations

from dragoman import ChatRequest, CompletionRequest, Origin, ProtocolError, ProviderError, Response, build_response
from dragoman.http import (
    HttpReply,
    HttpRequest,
    OptionsReader,
    StreamDecoder,
    add_options,
    as_object,
    dumps,
    objects,
    word,
)

from dragoman_acme.errors import error_of
from dragoman_acme.options import AcmeOptions
from dragoman_acme.request import RequestWriter
from dragoman_acme.response import ISSUER, finish_of, part_of, usage_of
from dragoman_acme.stream import AcmeDecoder


class AcmeDialect:
    """Convert requests and replies of Acme."""

    path = "/talk"

    def __init__(self) -> None:
        self.options_reader = OptionsReader(AcmeOptions, ISSUER)

    def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        """Return the HTTP request; its path is relative to the base URL.

        Raises:
            UnsupportedError: for content that the API does not support.

        """
        options = self.options_reader.read(request)
        writer = RequestWriter()
        body = writer.body(request.as_chat() if isinstance(request, CompletionRequest) else request)
        if stream:
            body["live"] = True
        add_options(body, options)
        body.update(options.extra_body or {})
        return HttpRequest(url=self.path, body=dumps(body), adjustments=tuple(writer.adjustments))

    def decode(self, reply: HttpReply) -> Response:
        """Return the response of a reply with a successful status.

        Raises:
            ProviderError: if the reply reports an error.
            ProtocolError: if it contains no answer.

        """
        body = as_object(reply.json(), "the reply")
        if body.get("failed"):
            raise self.error(reply)
        if not isinstance(body.get("pieces"), list):
            message = f"the reply contains no answer: {reply.excerpt!r}"
            raise ProtocolError(message, status=reply.status, body=reply.excerpt, phase="decode")
        return build_response(
            [part_of(piece, index) for index, piece in enumerate(objects(body["pieces"]))],
            finish_of(body.get("end")),
            usage=usage_of(body.get("tokens")),
            origin=Origin(response_id=word(body.get("id")), served_model=word(body.get("model"))),
            raw=body,
        )

    def decoder(self) -> StreamDecoder:
        """Return a decoder for one stream."""
        return AcmeDecoder(self.error)

    def error(self, reply: HttpReply) -> ProviderError:
        """Return the error that a reply or an event of a stream reports."""
        return error_of(reply)
