"""The OpenAI chat dialect, as llama.cpp speaks it in process."""

from __future__ import annotations

from typing import Any

import attrs

from dragoman import (
    REQUIRED,
    Adjustment,
    ChatRequest,
    CompletionRequest,
    InlineText,
    InvalidRequestError,
    Media,
    ProviderError,
    Tool,
    UnsupportedError,
)
from dragoman.http import HttpReply, HttpRequest, dumps
from dragoman_llamacpp.options import LlamaCppOptions
from dragoman_openai_compatible import OpenAIChat
from dragoman_openai_compatible.chat import SETTING_NAMES

NAME = "llamacpp"


class LlamaCppChat(OpenAIChat[LlamaCppOptions]):
    """Speak the dialect to llama.cpp.

    https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md
    """

    def __init__(self) -> None:
        known = {name: wire for name, wire in SETTING_NAMES.items() if name not in {"effort", "service_tier"}}
        super().__init__(
            options=LlamaCppOptions,
            provider=NAME,
            setting_names={**known, "top_k": "top_k"},
            metadata_names=("system_fingerprint", "timings"),
        )

    def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        """Return the request; a tool asked for by its name becomes the only one on offer.

        Raises:
            UnsupportedError: for images, sound and documents, and for a text to end with.

        """
        if isinstance(request, CompletionRequest):
            if request.suffix is not None:
                message = "llama.cpp goes on from a prompt and knows no suffix"
                raise UnsupportedError(message, provider=NAME, parameter="suffix")
            return super().encode(request, stream=stream)
        _check_media(request)
        chosen, notes = _chosen(request)
        wire = super().encode(chosen, stream=stream)
        return attrs.evolve(wire, adjustments=notes + wire.adjustments)

    def finish_body(
        self,
        body: dict[str, Any],
        request: ChatRequest | CompletionRequest,  # noqa: ARG002  # the signature of the dialect
        options: LlamaCppOptions,
    ) -> None:
        """Ask for reports while a prompt is read, for only at one can a call be stopped; add ``extra_body``."""
        if body.get("stream"):
            body["return_progress"] = True
        body.update(options.extra_body or {})

    def refusal(self, message: str) -> ProviderError:
        """Return the error for a request that llama.cpp refused by an exception, which over HTTP is a status 400."""
        problem = {"error": {"code": 400, "message": message, "type": "invalid_request_error"}}
        return self.error(HttpReply(status=400, body=dumps(problem)))


def _check_media(request: ChatRequest) -> None:
    for message in request.messages:
        for part in message.of_type(Media):
            if not isinstance(part.source, InlineText):
                text = f"a model in process reads text alone, no {part.media_type}; serve it with llama-server for that"
                raise UnsupportedError(text, provider=NAME)


def _chosen(request: ChatRequest) -> tuple[ChatRequest, tuple[Adjustment, ...]]:
    """Offer one tool alone and require it, where llama.cpp would take its name for no wish at all."""
    choice = request.tool_choice
    if choice.kind != "tool":
        return request, ()
    tools = tuple(tool for tool in request.tools if isinstance(tool, Tool) and tool.name == choice.name)
    if not tools:
        message = f"the tool {choice.name!r} is to be called, but is not among the tools"
        raise InvalidRequestError(message, provider=NAME, parameter="tool_choice")
    reason = "llama.cpp can require any tool, not one by its name: the others are not offered"
    note = Adjustment(
        kind="emulated", feature="tool_choice", asked=choice.name, sent="required", reason=reason, by=NAME
    )
    return attrs.evolve(request, tools=tools, tool_choice=REQUIRED), (note,)
