"""Conversations as plain data in the form of the Messages API, for programs that call it by other means."""

from __future__ import annotations

from typing import Any

import attrs

from dragoman import Conversation, Policy, enforce, fit_messages, read_conversation
from dragoman_anthropic.models import HISTORY
from dragoman_anthropic.options import ISSUER
from dragoman_anthropic.request_messages import MessagesEncoder

_HISTORY = attrs.evolve(HISTORY, tool_name_letters=None, tool_name_length=None, open_end=True)
"""The names of tools and the end of an answer that is to be continued stay as the program has them."""


def to_anthropic(messages: Conversation, *, on_unsupported: Policy = "warn") -> list[dict[str, Any]]:
    """Return a conversation as messages of content blocks, with the system prompt as the first one.

    Calls keep their ids and tools their names; every provider reads the result as the same conversation. Where the API
    takes the system prompt beside the messages only, take it from the first message.

    Args:
        messages: a prompt, a message, or messages; plain data may be in any form that a call accepts.
        on_unsupported: what to do about parts that the form has no place for, such as the reasoning of other models:
            ``adjust`` leaves them out, ``warn`` also issues a ``UserWarning``, ``raise`` raises an error.

    Raises:
        InvalidRequestError: if *messages* cannot be read.
        UnsupportedError: for a part that the form cannot express; under ``raise``, for whatever is left out.

    See https://docs.anthropic.com/en/api/messages#body-messages.

    """
    fitted, adjustments = fit_messages(
        read_conversation(messages, ISSUER, frozenset({"blocks"})), _HISTORY, issuer=ISSUER
    )
    encoder = MessagesEncoder(later_system="send", adjustments=adjustments)
    system, turns = encoder.encode(fitted)
    enforce(adjustments, on_unsupported)
    return [{"role": "system", "content": system}, *turns] if system else turns
