"""Claude by InvokeModel: the dialect of dragoman-anthropic, with streams in binary messages.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html and
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from typing import ClassVar

import attrs

from dragoman import (
    ChatRequest,
    ConfigurationError,
    Event,
    ProtocolError,
    ProviderConfig,
    ProviderError,
    ProviderInfo,
    Response,
)
from dragoman.http import (
    Frame,
    HttpReply,
    HttpRequest,
    OptionsReader,
    ServerSentEvent,
    StreamDecoder,
    as_object,
    dumps,
    option_field,
    words,
)
from dragoman_anthropic import (
    FEATURE_BETAS,
    ISSUER,
    EncodedRequest,
    HostedMessages,
    MessagesDecoder,
    MessagesOptions,
    MessagesProvider,
    Operation,
    family,
    hosted_capabilities,
)
from dragoman_aws import EVENT_STREAM, event_in
from dragoman_bedrock.dialect import model_path
from dragoman_bedrock.endpoint import endpoint
from dragoman_bedrock.errors import ERRORS
from dragoman_bedrock.options import ApiOptions
from dragoman_bedrock.provider import ListingProvider

HEADERS: Mapping[str, str] = {
    "guardrailIdentifier": "x-amzn-bedrock-guardrailidentifier",
    "guardrailVersion": "x-amzn-bedrock-guardrailversion",
    "trace": "x-amzn-bedrock-trace",
    "latency": "x-amzn-bedrock-performanceconfig-latency",
}
"""The headers that ask Bedrock itself for something, by the member that does so in Converse."""

_OPERATIONS = {"answer": "invoke", "stream": "invoke-with-response-stream", "count": "count-tokens"}
_TIER = "x-amzn-bedrock-service-tier"


@attrs.frozen(kw_only=True)
class InvokeOptions(ApiOptions, MessagesOptions):
    """Set what only InvokeModel offers, beside what the Messages API does.

    Args:
        guardrail: the guardrail, such as ``{"guardrailIdentifier": "...", "guardrailVersion": "1"}``.
            Accepted by ``LLMConfig`` only, as is the next option.
        performance: the configuration of the latency, such as ``{"latency": "optimized"}``.

    """

    guardrail: dict[str, str] | None = option_field(in_body=False, per_call=False)
    performance: dict[str, str] | None = option_field(in_body=False, per_call=False)


INFO = ProviderInfo(
    name="bedrock",
    issuer=ISSUER,
    options=InvokeOptions,
    docs="https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html",
    formats=frozenset({"blocks"}),
)


class InvokeMessages(HostedMessages):
    """Translate requests and responses of the Messages API on Bedrock."""

    feature_betas: Mapping[str, str] = {name: beta for name, beta in FEATURE_BETAS.items() if name != "later system"}
    framing = EVENT_STREAM
    speaks = "invoke"
    count_member = "inputTokens"
    host: ClassVar[str] = "Bedrock"
    first_version: ClassVar[str] = "bedrock-2023-05-31"

    def encode_count(self, request: ChatRequest) -> HttpRequest:
        """Return the HTTP request that counts the tokens of *request*, whose body is that of an answer."""
        return self.wrap(*self.encode_body(request, stream=False), "count")

    def wrap(self, encoded: EncodedRequest, version: str, operation: Operation) -> HttpRequest:
        """Return the HTTP request for a body; what Bedrock itself does is asked for by headers."""
        body = self.versioned_body(encoded, version)
        path = model_path(body.pop("model"), _OPERATIONS[operation])
        body.pop("stream", None)
        headers = {} if (tier := body.pop("service_tier", None)) is None else {_TIER: str(tier)}
        if encoded.betas:
            body["anthropic_beta"] = encoded.betas
        if operation == "count":
            body = {"input": {"invokeModel": {"body": b64encode(dumps(body)).decode()}}}
        return HttpRequest(url=path, body=dumps(body), headers=headers, adjustments=tuple(encoded.adjustments))

    def decode(self, reply: HttpReply) -> Response:
        """Return the response of a complete reply.

        Raises:
            ProviderError: if the reply reports an error.
            ProtocolError: if it does not hold an answer.

        """
        if "__type" in as_object(reply.json(), "the reply"):
            raise self.error(reply)
        return super().decode(reply)

    def decoder(self) -> StreamDecoder:
        """Return a decoder for one stream."""
        return InvokeDecoder(MessagesDecoder(self.error))

    def error(self, reply: HttpReply) -> ProviderError:
        """Return the error that a reply reports."""
        return ERRORS.of(reply)


class InvokeDecoder:
    """Decode one stream, whose messages hold the events of the Messages API.

    Args:
        events: the decoder of these events.

    """

    def __init__(self, events: MessagesDecoder) -> None:
        self.done = False
        self._events = events

    def feed(self, frame: Frame) -> Iterable[Event]:
        """Return the events of one message.

        Raises:
            ProviderError: if it reports an error.
            ProtocolError: if it does not have the form of an event of this API.

        """
        kind, payload = event_in(frame, ERRORS, ("bytes",))
        try:
            data = b64decode(words(payload.get("bytes")), validate=True)
        except ValueError:
            message = f"the event {kind!r} does not hold bytes in base64"
            raise ProtocolError(message, phase="decode") from None
        events = self._events.feed(ServerSentEvent(data))
        self.done = self._events.done
        return events

    def close(self) -> Iterable[Event]:
        """Return what was not reported yet."""
        return self._events.close()


class InvokeProvider(ListingProvider, MessagesProvider):
    """Call Claude by InvokeModel."""


def make_invoke(config: ProviderConfig) -> InvokeProvider:
    """Return the provider for *config*.

    Raises:
        ConfigurationError: if an option, the region or the base URL is not valid, or if the model is not Claude.
        MissingCredentialError: if there are no credentials for the base URL.

    """
    dialect = InvokeMessages(OptionsReader(InvokeOptions, INFO.name))
    options: InvokeOptions = dialect.options_reader.configure(config.options)
    if family(options.base_model or config.model) is None:
        message = (
            f"api='invoke' is for Claude alone; leave it out for {config.model}, or name the model as base_model=..."
        )
        raise ConfigurationError(message, provider=config.name, parameter="api")
    target = endpoint(config, options)
    asked = {**(options.guardrail or {}), **(options.performance or {})}
    if unknown := sorted(asked.keys() - HEADERS.keys()):
        message = f"InvokeModel has no {unknown[0]!r}; it has {', '.join(HEADERS)}"
        raise ConfigurationError(message, provider=config.name, parameter="guardrail")
    stated = {HEADERS[name]: value.upper() if name == "trace" else value for name, value in asked.items()}
    target = attrs.evolve(target, headers={**stated, **target.headers})
    dialect.configure(config, target.headers)
    dialect.base_model = options.base_model
    return InvokeProvider(
        INFO, dialect, target, capabilities=lambda model: hosted_capabilities(options.base_model or model)
    )
