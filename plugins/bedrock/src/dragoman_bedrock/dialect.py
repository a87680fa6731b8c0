"""The dialect of Converse and ConverseStream.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html and
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
"""

from __future__ import annotations

from dragoman import ChatRequest, CompletionRequest, ProviderError, Response
from dragoman.http import (
    HttpReply,
    HttpRequest,
    OptionsReader,
    StreamDecoder,
    as_object,
    dumps,
    fields,
    objects,
    path_segment,
    reported_by,
)
from dragoman_aws import EVENT_STREAM
from dragoman_bedrock.options import ISSUER, BedrockOptions
from dragoman_bedrock.request import encode_body
from dragoman_bedrock.response import response

COUNTED_MEMBERS = ("messages", "system", "toolConfig", "additionalModelRequestFields")
"""https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseTokensRequest.html"""


def model_path(model: str, operation: str) -> str:
    """Return the path of an operation, in which the id of the model is one segment."""
    return f"/model/{path_segment(model, 'model')}/{operation}"


class Converse:
    """Translate requests and responses of the Converse API.

    Attributes:
        base_model: the model behind an ARN that does not name it.

    """

    framing = EVENT_STREAM
    speaks = "converse"

    def __init__(self) -> None:
        self.options_reader = OptionsReader(BedrockOptions, ISSUER)
        self.base_model: str | None = None

    def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        """Return the HTTP request, whose path has the id of the model as one segment.

        Raises:
            UnsupportedError: for content or settings that Converse does not accept.
            InvalidRequestError: if no message with content is left to send.

        """
        options = self.options_reader.read(request)
        chat = request.as_chat() if isinstance(request, CompletionRequest) else request
        body, adjustments = encode_body(chat, options, self.base_model)
        operation = "converse-stream" if stream else "converse"
        return HttpRequest(url=model_path(request.model, operation), body=dumps(body), adjustments=adjustments)

    def encode_count(self, request: ChatRequest) -> HttpRequest:
        """Return the HTTP request that counts the tokens of *request*.

        https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html
        """
        body, _ = encode_body(request, self.options_reader.read(request), self.base_model)
        counted = {name: body[name] for name in COUNTED_MEMBERS if name in body}
        return HttpRequest(url=model_path(request.model, "count-tokens"), body=dumps({"input": {"converse": counted}}))

    def decode(self, reply: HttpReply) -> Response:
        """Return the response of a complete reply.

        Raises:
            ProviderError: if the reply reports an error.
            ProtocolError: if it does not hold an answer.

        """
        body = as_object(reply.json(), "the reply")
        content = fields(fields(body.get("output")).get("message")).get("content")
        if isinstance(content, list):
            return response(body, objects(content))
        if "__type" in body or "Output" in body or "message" in body:
            raise self.error(reported_by(reply) or reply)
        raise reply.no_answer()

    def decoder(self) -> StreamDecoder:
        """Return a decoder for one stream."""
        from dragoman_bedrock.stream import ConverseDecoder  # noqa: PLC0415  # only streams need it

        return ConverseDecoder()

    def error(self, reply: HttpReply) -> ProviderError:
        """Return the error that a reply reports."""
        from dragoman_bedrock.errors import ERRORS  # noqa: PLC0415  # only errors need it

        return ERRORS.of(reply)
