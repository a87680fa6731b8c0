"""Chat completions of Acme.

https://docs.acme.example/api/chat
"""

from __future__ import annotations

from typing import Any

from dragoman import ChatRequest, CompletionRequest
from dragoman_openai_compatible import SETTING_NAMES, OpenAIChat

from dragoman_acme.options import AcmeOptions


class AcmeChat(OpenAIChat[AcmeOptions]):
    """Convert requests and replies of Acme.

    For differences that the arguments below cannot express, override a method: see "What a host may override" in
    `dragoman_openai_compatible.OpenAIChat`.
    """

    def __init__(self) -> None:
        super().__init__(
            options=AcmeOptions,
            provider="acme",
            setting_names={**SETTING_NAMES, "top_k": "top_k"},  # settings that are missing here are not sent
            reasoning_names=("reasoning_content",),  # members of a message with reasoning
            metadata_names=("system_fingerprint",),  # members of a reply to keep as metadata
        )

    def finish_body(
        self,
        body: dict[str, Any],
        request: ChatRequest | CompletionRequest,  # noqa: ARG002  # signature of the dialect
        options: AcmeOptions,
    ) -> None:
        """Add the members of `extra_body`."""
        body.update(options.extra_body or {})
