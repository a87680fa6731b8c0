"""Conversations as plain data in the form of the OpenAI chat dialect, for programs that call it by other means."""

from __future__ import annotations

from typing import Any

from dragoman import Conversation, HistoryRules, Policy, enforce, fit_messages, read_conversation
from dragoman_openai_compatible.chat_messages import MessageEncoder, MessageRules

_RULES = MessageRules(issuer="openai", tool_media=True, refusals=True)
_HISTORY = HistoryRules(document_names=False, call_forms=("function_call", "custom"), outcomes=False)


def to_openai(messages: Conversation, *, on_unsupported: Policy = "warn") -> list[dict[str, Any]]:
    """Return a conversation as the ``messages`` of a chat request.

    Calls keep their ids and tools their names; every provider reads the result as the same conversation.

    Args:
        messages: a prompt, a message, or messages; plain data may be in any form that a call accepts.
        on_unsupported: what to do about parts that the form has no place for, such as the reasoning of earlier turns:
            ``adjust`` leaves them out, ``warn`` also issues a ``UserWarning``, ``raise`` raises an error.

    Raises:
        InvalidRequestError: if *messages* cannot be read.
        UnsupportedError: for media that the form cannot express; under ``raise``, for whatever is left out.

    See https://platform.openai.com/docs/api-reference/chat/create.

    """
    read = read_conversation(messages, _RULES.issuer, frozenset({"chat"}))
    fitted, adjustments = fit_messages(read, _HISTORY, issuer=_RULES.issuer)
    encoded = MessageEncoder(rules=_RULES, adjustments=adjustments).encode(fitted)
    enforce(adjustments, on_unsupported)
    return encoded
