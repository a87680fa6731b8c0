"""Chat completions, as Acme speaks them.

https://docs.acme.example/api/chat
"""

from __future__ import annotations

from dragoman_openai_compatible import CHAT_SETTINGS, OpenAIChat

from dragoman_acme.options import AcmeOptions


class AcmeChat(OpenAIChat[AcmeOptions]):
    """Speak the dialect to Acme.

    For differences that the arguments below cannot express, override a method: the documentation of
    `dragoman_openai_compatible.OpenAIChat` lists those that a host may override.
    """

    def __init__(self) -> None:
        super().__init__(
            options=AcmeOptions,
            provider="acme",
            setting_names={**CHAT_SETTINGS, "top_k": "top_k"},  # a setting without a name here is not sent
            reasoning_names=("reasoning_content",),  # members of a message that may hold reasoning
            metadata_names=("system_fingerprint",),  # members of a reply that are kept as metadata
        )
