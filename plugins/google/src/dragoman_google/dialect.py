"""The dialect of Gemini, on AI Studio and on Vertex AI: https://ai.google.dev/api/generate-content."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast
from urllib.parse import quote

import attrs

from dragoman import (
    Assembler,
    ChatRequest,
    CompletionRequest,
    DragomanError,
    Finish,
    FinishReason,
    ProtocolError,
    ProviderError,
    Response,
    ResponseSnapshot,
    StreamEnd,
    StreamInterruptedError,
    StreamStart,
)
from dragoman.http import HttpReply, HttpRequest, OptionsReader, dumps
from dragoman_google.errors import error_of
from dragoman_google.models import plain_name
from dragoman_google.options import GoogleOptions
from dragoman_google.request import BodyEncoder
from dragoman_google.response import member
from dragoman_google.retirement import refuse_palm
from dragoman_google.stream import GeminiDecoder

_COLLECTIONS = ("tunedModels", "endpoints")


class Gemini:
    """Speak the dialect.

    Args:
        vertex: whether to Vertex AI.

    """

    speaks = "gemini"

    def __init__(self, *, vertex: bool = False) -> None:
        self.vertex = vertex
        self.options_reader = OptionsReader(GoogleOptions, "google")

    def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        """Return the request with its path below the base URL.

        Raises:
            ModelRetiredError: for a model of the PaLM API.
            UnsupportedError: for what Google cannot be told.

        """
        refuse_palm(request.model)
        encoder = self.body_of(request.as_chat() if isinstance(request, CompletionRequest) else request)
        body = encoder.encode()
        operation = "streamGenerateContent?alt=sse" if stream else "generateContent"
        return HttpRequest(
            url=self.path(request.model, operation), body=dumps(body), adjustments=tuple(encoder.adjustments)
        )

    def body_of(self, request: ChatRequest) -> BodyEncoder:
        """Return what makes the body of a request."""
        return BodyEncoder(request=request, options=self.options_reader.read(request), vertex=self.vertex)

    def path(self, model: str, operation: str) -> str:
        """Return the path of an operation on a model, whose name cannot change where it leads."""
        return f"{self.collection(model)}:{operation}"

    def collection(self, model: str) -> str:
        """Return the path of a model: tuned ones and one's own endpoints stand apart from Google's."""
        collection, found, name = model.partition("/")
        if found and collection in _COLLECTIONS:
            return f"/{collection}/{quote(name, safe='')}"
        publisher = "/publishers/google" if self.vertex else ""
        return f"{publisher}/models/{quote(plain_name(model), safe='')}"

    def decode(self, reply: HttpReply) -> Response:
        """Return the answer of a whole reply, or of a stream that came as one array.

        Raises:
            ProviderError: if it reports a failure.
            StreamInterruptedError: if it is an array that was cut.
            ProtocolError: if it holds no answer.

        """
        value = self._value(reply)
        if isinstance(value, list):
            return self._assembled(cast("Sequence[Any]", value), value, whole=False)
        body = cast("dict[str, Any]", value if isinstance(value, dict) else {})
        if (
            not body.get("candidates")
            and not body.get("error")
            and not member(body, "promptFeedback").get("blockReason")
        ):
            message = f"the reply holds no answer: {reply.excerpt!r}"
            raise ProtocolError(message, status=reply.status, body=reply.excerpt, phase="decode")
        return self._assembled([body], body, whole=True)

    def decoder(self) -> GeminiDecoder:
        """Return the decoder of one stream."""
        return GeminiDecoder(self.error)

    def error(self, reply: HttpReply) -> ProviderError:
        """Return the error that a reply reports."""
        return error_of(reply)

    def _value(self, reply: HttpReply) -> Any:
        try:
            return reply.json()
        except ProtocolError:
            if reply.body.lstrip()[:1] != b"[" or reply.body.lstrip()[1:].lstrip()[:1] not in {b"", b"{"}:
                raise
        message = "the stream, sent as one array, ends before its last bracket"
        raise StreamInterruptedError(message, status=reply.status, body=reply.excerpt, phase="mid_stream")

    def _assembled(self, chunks: Sequence[Any], raw: Any, *, whole: bool) -> Response:
        """Return the answer of all chunks; a whole reply that gives no reason for its end has ended all the same."""
        assembler, decoder = Assembler(StreamStart()), self.decoder()
        try:
            for chunk in chunks:
                for event in decoder.take(chunk):
                    assembler.feed(event)
            for event in decoder.close():
                assembler.feed(event)
        except DragomanError as error:
            if not whole:
                assembler.annotate(error)
            raise
        if whole and not assembler.finished:
            assembler.feed(ResponseSnapshot(finish=Finish(reason=FinishReason.OTHER)))
        end = assembler.end()[-1]
        assert isinstance(end, StreamEnd)  # noqa: S101  # the last event of every assembler
        return attrs.evolve(end.response, raw=raw)
