"""Chat completions, as Acme speaks them.

https://docs.acme.example/api/chat
"""

from __future__ import annotations

from typing import Any

from dragoman import ChatRequest, CompletionRequest
from dragoman_openai_compatible import SETTING_NAMES, OpenAIChat

from dragoman_acme.options import AcmeOptions


class AcmeChat(OpenAIChat[AcmeOptions]):
    """Speak the dialect to Acme.

    What differs more than the arguments below can say is a method to override: see "What a host may override" in
    `dragoman_openai_compatible.OpenAIChat`.
    """

    def __init__(self) -> None:
        super().__init__(
            options=AcmeOptions,
            provider="acme",
            setting_names={**SETTING_NAMES, "top_k": "top_k"},  # a setting that is missing here is not sent
            reasoning_names=("reasoning_content",),  # members of a message that may hold reasoning
            metadata_names=("system_fingerprint",),  # members of a reply that are worth keeping
        )

    def finish_body(
        self,
        body: dict[str, Any],
        request: ChatRequest | CompletionRequest,  # noqa: ARG002  # the signature of the dialect
        options: AcmeOptions,
    ) -> None:
        """Add what the caller put into `extra_body`."""
        body.update(options.extra_body or {})
