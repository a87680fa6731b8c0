"""The OpenAI chat dialect in the form that llama.cpp accepts in process."""

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
    Tool,
    UnsupportedError,
)
from dragoman.http import HttpRequest
from dragoman_llamacpp.options import NAME, LlamaCppOptions
from dragoman_openai_compatible import CHAT_SETTINGS, OpenAIChat


class LlamaCppChat(OpenAIChat[LlamaCppOptions]):
    """Encode requests to llama.cpp and decode its answers.

    https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md
    """

    def __init__(self) -> None:
        known = {name: wire for name, wire in CHAT_SETTINGS.items() if name not in {"effort", "service_tier"}}
        super().__init__(
            options=LlamaCppOptions,
            provider=NAME,
            setting_names={**known, "top_k": "top_k"},
            metadata_names=("system_fingerprint", "timings"),
        )

    def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        """Return the request; a tool that is required by its name becomes the only one in it.

        Raises:
            UnsupportedError: for images, audio, documents and a suffix.
            InvalidRequestError: if the tool that is required is not among the tools.

        """
        if isinstance(request, CompletionRequest):
            if request.suffix is not None:
                message = "llama.cpp continues a prompt and has no parameter for a suffix; leave it out"
                raise UnsupportedError(message, provider=NAME, parameter="suffix")
            return super().encode(request, stream=stream)
        _check_media(request)
        chosen, notes = _require_named_tool(request)
        wire = super().encode(chosen, stream=stream)
        return attrs.evolve(wire, adjustments=notes + wire.adjustments)

    def finish_body(
        self,
        body: dict[str, Any],
        request: ChatRequest | CompletionRequest,  # noqa: ARG002  # the signature of the dialect
        options: LlamaCppOptions,  # noqa: ARG002  # the signature of the dialect
    ) -> None:
        """Request progress reports, since a call can be stopped only at a report or a token."""
        if body.get("stream"):
            body["return_progress"] = True


def _check_media(request: ChatRequest) -> None:
    for message in request.messages:
        for part in message.of_type(Media):
            if not isinstance(part.source, InlineText):
                text = f"a model in process reads only text, not {part.media_type}; use llama-server for other media"
                raise UnsupportedError(text, provider=NAME)


def _require_named_tool(request: ChatRequest) -> tuple[ChatRequest, tuple[Adjustment, ...]]:
    """Return a request with only the tool that is required by name, since llama.cpp ignores its name."""
    choice = request.tool_choice
    if choice.kind != "tool":
        return request, ()
    tools = tuple(tool for tool in request.tools if isinstance(tool, Tool) and tool.name == choice.name)
    if not tools:
        message = f"tool_choice requires the tool {choice.name!r}, which is not among the tools"
        raise InvalidRequestError(message, provider=NAME, parameter="tool_choice")
    reason = "llama.cpp can require a tool, but not by its name, so the other tools are left out"
    note = Adjustment(
        kind="emulated", feature="tool_choice", asked=choice.name, sent="required", reason=reason, by=NAME
    )
    return attrs.evolve(request, tools=tools, tool_choice=REQUIRED), (note,)
