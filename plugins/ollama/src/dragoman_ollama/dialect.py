"""The dialect of Ollama's own API: conversations, and prompts that are continued or filled in.

https://docs.ollama.com/api/chat and https://docs.ollama.com/api/generate
"""

from __future__ import annotations

from dragoman import ChatRequest, CompletionRequest, ProviderError, Response
from dragoman.http import (
    NDJSON,
    HttpReply,
    HttpRequest,
    OptionsReader,
    StreamDecoder,
    as_object,
    dumps,
    merge_members,
    reported_by,
)
from dragoman_ollama.options import ISSUER, OllamaOptions
from dragoman_ollama.request import BodyEncoder
from dragoman_ollama.response import response


class Ollama:
    """Translate requests and responses of Ollama's API."""

    framing = NDJSON
    chat_path = "/api/chat"
    prompt_path = "/api/generate"

    def __init__(self) -> None:
        self.options_reader = OptionsReader(OllamaOptions, ISSUER)

    def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        """Return the HTTP request, with a path below the base URL.

        Raises:
            UnsupportedError: for content, tools or options that the API does not accept.
            InvalidRequestError: if a setting and an option give one member different values.

        """
        options = self.options_reader.read(request)
        encoder = BodyEncoder(options=options)
        if isinstance(request, CompletionRequest):
            path, body = self.prompt_path, encoder.prompt(request)
        else:
            path, body = self.chat_path, encoder.conversation(request)
        body["stream"] = stream  # a stream is the default of the API
        encoder.add_options(body)
        merge_members(body, options.extra_body or {})
        return HttpRequest(url=path, body=dumps(body), adjustments=tuple(encoder.adjustments))

    def decode(self, reply: HttpReply) -> Response:
        """Return the response of a complete reply.

        Raises:
            ProviderError: if the reply reports an error.
            ProtocolError: if it does not hold an answer.

        """
        body = as_object(reply.json(), "the reply")
        if body.get("error"):
            raise self.error(reported_by(reply) or reply)
        if not isinstance(body.get("message"), dict) and not isinstance(body.get("response"), str):
            raise reply.no_answer()
        return response(body)

    def decoder(self) -> StreamDecoder:
        """Return a decoder for one stream."""
        from dragoman_ollama.stream import OllamaDecoder  # noqa: PLC0415  # only streams need it

        return OllamaDecoder(self.error)

    def error(self, reply: HttpReply) -> ProviderError:
        """Return the error that a reply reports."""
        from dragoman_ollama.errors import error_of  # noqa: PLC0415  # only errors need it

        return error_of(reply)
