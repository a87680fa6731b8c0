"""The dialect of Gemini, on AI Studio and on Vertex AI: https://ai.google.dev/api/generate-content."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import attrs

from dragoman import (
    JSON,
    Assembler,
    ChatRequest,
    CompletionRequest,
    DragomanError,
    Finish,
    FinishReason,
    NoAnswerError,
    ProtocolError,
    ProviderError,
    Response,
    ResponseSnapshot,
    StreamEnd,
    StreamInterruptedError,
    StreamStart,
)
from dragoman.http import HttpReply, HttpRequest, OptionsReader, dumps, fields, objects, path_segment
from dragoman_google.errors import error_of
from dragoman_google.models import short_name
from dragoman_google.options import ISSUER, GoogleOptions
from dragoman_google.request import BodyEncoder
from dragoman_google.response import integer
from dragoman_google.retirement import check_palm
from dragoman_google.stream import GeminiDecoder

_MEMBERS = frozenset({"candidates", "usageMetadata", "modelVersion", "responseId"})
"""The members by which a reply of this API is known."""
_COLLECTIONS = ("tunedModels", "endpoints")


class Gemini:
    """Translate requests and responses of the Gemini API.

    Args:
        vertex: whether the requests go to Vertex AI.

    """

    speaks = "gemini"

    def __init__(self, *, vertex: bool = False) -> None:
        self.vertex = vertex
        self.options_reader = OptionsReader(GoogleOptions, ISSUER)

    def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        """Return the HTTP request, with a path below the base URL.

        Raises:
            ModelRetiredError: for a model of the PaLM API.
            UnsupportedError: for content or settings that Google does not accept.

        """
        check_palm(request.model)
        encoder = self.body_encoder(request.as_chat() if isinstance(request, CompletionRequest) else request)
        body = encoder.encode()
        method = "streamGenerateContent?alt=sse" if stream else "generateContent"
        return HttpRequest(
            url=self.path(request.model, method), body=dumps(body), adjustments=tuple(encoder.adjustments)
        )

    def body_encoder(self, request: ChatRequest) -> BodyEncoder:
        """Return the encoder of the body of *request*."""
        return BodyEncoder(request=request, options=self.options_reader.read(request), vertex=self.vertex)

    def path(self, model: str, method: str) -> str:
        """Return the path of a method of a model, such as ``/models/gemini-2.5-flash:generateContent``."""
        return f"{self.resource(model)}:{method}"

    def resource(self, model: str) -> str:
        """Return the path of a model, whose name is quoted; tuned models and endpoints have their own collections."""
        collection, found, name = model.partition("/")
        if found and collection in _COLLECTIONS:
            return f"/{collection}/{path_segment(name, 'model')}"
        publisher = "/publishers/google" if self.vertex else ""
        return f"{publisher}/models/{path_segment(short_name(model), 'model')}"

    def decode(self, reply: HttpReply) -> Response:
        """Return the response of a complete reply, or of a stream that was sent as one JSON array.

        Raises:
            ProviderError: if the reply reports an error.
            StreamInterruptedError: if the array is incomplete.
            NoAnswerError: if the reply holds no candidate, and says nothing of why; ``partial`` holds the usage.
            ProtocolError: if it is no reply of this API.

        """
        value = self._value(reply)
        if isinstance(value, list):
            return self._assemble(cast("Sequence[Any]", value), value, whole=False)
        body = fields(value)
        has_answer = (
            body.get("candidates") or body.get("error") or fields(body.get("promptFeedback")).get("blockReason")
        )
        if not has_answer:
            raise self._without_candidates(body, reply)
        return self._with_alternatives(body) if len(objects(body.get("candidates"))) > 1 else self._whole(body, body)

    def decoder(self) -> GeminiDecoder:
        """Return a decoder for one stream."""
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
        message = "the stream, sent as one JSON array, ended before its closing bracket"
        raise StreamInterruptedError(message, status=reply.status, body=reply.excerpt, phase="mid_stream")

    def _without_candidates(self, body: dict[str, Any], reply: HttpReply) -> NoAnswerError | ProtocolError:
        """Return the error for a reply that holds no candidate and says nothing of why."""
        if _MEMBERS.isdisjoint(body):
            return reply.no_answer()
        partial = self._whole(body, body)
        message = f"the server answered without a candidate: {reply.excerpt!r}"
        return NoAnswerError(message, partial=partial, status=reply.status, body=reply.excerpt, phase="decode")

    def _with_alternatives(self, body: dict[str, Any]) -> Response:
        """Return the candidate with the lowest index, with the others in the order of their indices."""
        candidates: dict[int, list[JSON]] = {}
        for candidate in objects(body.get("candidates")):
            candidates.setdefault(integer(candidate.get("index")), []).append({**candidate, "index": 0})
        first, *others = (candidates[index] for index in sorted(candidates))
        named: dict[str, Any] = {
            name: body[name] for name in ("responseId", "modelVersion", "createTime") if name in body
        }
        return attrs.evolve(
            self._whole({**body, "candidates": first}, body),
            alternatives=tuple(self._whole({**named, "candidates": other}, None) for other in others),
        )

    def _whole(self, body: dict[str, Any], raw: Any) -> Response:
        """Return the response of a complete reply with one candidate."""
        return self._assemble([body], raw, whole=True)

    def _assemble(self, chunks: Sequence[Any], raw: Any, *, whole: bool) -> Response:
        """Return the response of all chunks.

        Args:
            chunks: the chunks of one answer.
            raw: the reply that holds them.
            whole: whether they are a complete reply, which may end without a finish reason.

        """
        assembler, decoder = Assembler(StreamStart()), self.decoder()
        try:
            for chunk in chunks:
                for event in decoder.feed_chunk(chunk):
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
