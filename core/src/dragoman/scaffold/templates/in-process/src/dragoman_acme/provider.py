"""The provider: answers, streams and capabilities."""

from __future__ import annotations

from dragoman import (
    NO,
    SETTINGS,
    Assembler,
    CallContext,
    Cap,
    Capabilities,
    ChatRequest,
    CompletionRequest,
    ConfigurationError,
    Origin,
    ProviderConfig,
    ProviderInfo,
    Response,
    StreamEnd,
    StreamStart,
    Support,
    structure_options,
)

from dragoman_acme.answer import Answer
from dragoman_acme.engine import Engine
from dragoman_acme.options import AcmeOptions

NAME = "acme"
UNSUPPORTED = Cap(support=Support.NO, note="Acme has no such setting")


class AcmeProvider:
    """Answer with Acme's model.

    Args:
        config: the configuration of the caller.

    Raises:
        ConfigurationError: if a base URL is given.
        InvalidRequestError: for an unknown option.

    """

    info = ProviderInfo(
        name=NAME,
        issuer=NAME,
        options=AcmeOptions,
        docs="https://docs.acme.example",
    )

    def __init__(self, config: ProviderConfig) -> None:
        if config.api_base is not None:
            message = "acme runs in process and does not support api_base"
            raise ConfigurationError(message, provider=NAME, parameter="api_base")
        self._options = config.options
        self._engine = Engine()
        structure_options(AcmeOptions, config.options, provider=NAME)

    def capabilities(self, model: str) -> Capabilities:  # noqa: ARG002  # equal for all models
        """Return the capabilities of the model: text and max_tokens."""
        return Capabilities(
            settings={name: UNSUPPORTED for name in SETTINGS if name != "max_tokens"},
            input={"image/*": NO, "audio/*": NO, "video/*": NO, "application/pdf": NO},
            completion=NO,
            tools=NO,
            tool_choice=NO,
            json_schema=NO,
            reasoning=NO,
        )

    async def complete(self, request: CompletionRequest, context: CallContext) -> Response:
        """Answer a prompt."""
        return await self.chat(request.as_chat(), context)

    async def chat(self, request: ChatRequest, context: CallContext) -> Response:
        """Answer a conversation by collecting the stream, so that both give the same response."""
        assembler = Assembler(StreamStart(origin=Origin(model=request.model)))
        async with self.stream(request, context) as events:
            async for event in events:
                assembler.feed(event)
        last = assembler.end()[-1]
        assert isinstance(last, StreamEnd)  # noqa: S101  # guaranteed by the assembler
        return last.response

    def stream(self, request: ChatRequest | CompletionRequest, context: CallContext) -> Answer:
        """Stream the answer to a conversation; leaving the context stops the model."""
        configured = request.options.get(NAME, self._options)
        options = structure_options(AcmeOptions, configured, provider=NAME)
        return Answer(self._engine, request.as_chat(), context, pause=options.pause)

    async def aclose(self) -> None:
        """Release resources; this provider has none."""
