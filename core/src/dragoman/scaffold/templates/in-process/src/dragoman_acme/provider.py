"""Acme as a provider: it answers, streams, and says what it accepts."""

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
NOWHERE = Cap(support=Support.NO, note="Acme has no such setting")


class AcmeProvider:
    """Answer with Acme's model.

    Args:
        config: what the caller gave.

    Raises:
        ConfigurationError: for an address, which a provider in process does not have.
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
            message = "acme answers in process and takes no api_base"
            raise ConfigurationError(message, provider=NAME, parameter="api_base")
        self._options = config.options
        self._engine = Engine()
        structure_options(AcmeOptions, config.options, provider=NAME)

    def capabilities(self, model: str) -> Capabilities:  # noqa: ARG002  # the same for every model
        """Return what the model accepts: text, and a limit of tokens."""
        return Capabilities(
            settings={name: NOWHERE for name in SETTINGS if name != "max_tokens"},
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
        """Answer a conversation: collect the stream, so that both give the same."""
        assembler = Assembler(StreamStart(origin=Origin(model=request.model)))
        async with self.stream(request, context) as events:
            async for event in events:
                assembler.feed(event)
        last = assembler.end()[-1]
        assert isinstance(last, StreamEnd)  # noqa: S101  # the assembler's promise
        return last.response

    def stream(self, request: ChatRequest, context: CallContext) -> Answer:
        """Stream the answer to a conversation; leaving the block stops the model."""
        given = request.options.get(NAME, self._options)
        options = structure_options(AcmeOptions, given, provider=NAME)
        return Answer(self._engine, request, context, pause=options.pause)

    async def aclose(self) -> None:
        """Give back what is held open: nothing here."""
