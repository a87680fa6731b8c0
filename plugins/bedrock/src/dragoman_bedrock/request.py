"""Our requests as bodies of Converse.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dragoman import Adjustment, ChatRequest, InvalidRequestError, Message, OutputFormat, Role
from dragoman.http import Block, add_options, dumps, fit_turns, merge_members, merged_turns
from dragoman_bedrock.models import Family, family
from dragoman_bedrock.options import BedrockOptions
from dragoman_bedrock.request_parts import PartEncoder
from dragoman_bedrock.request_settings import encode_settings, service_tier
from dragoman_bedrock.request_tools import tool_config


def encode_body(
    request: ChatRequest, options: BedrockOptions, base_model: str | None
) -> tuple[dict[str, Any], tuple[Adjustment, ...]]:
    """Return the body of a request, and how it differs from it.

    Args:
        request: the conversation.
        options: the caller's options.
        base_model: the model behind an ARN that does not name it.

    Raises:
        UnsupportedError: for content or settings that Converse does not accept.
        InvalidRequestError: if no message with content is left to send.

    """
    encoder, known = PartEncoder(), family(request.model, base_model)
    system, messages = _conversation(request.messages, known, encoder)
    body: dict[str, Any] = {"messages": messages}
    tools, no_tools = tool_config(request, known, encoder)
    config, fields = encode_settings(request, options, known, encoder)
    members: dict[str, Any] = {
        "system": system,
        "inferenceConfig": config,
        "toolConfig": tools,
        "additionalModelRequestFields": {**no_tools, **fields},
        "outputConfig": _output(request.output),
        **service_tier(request),
    }
    body |= {name: value for name, value in members.items() if value}
    add_options(body, options)
    merge_members(body, options.extra_body or {})
    return body, tuple(encoder.adjustments)


def _conversation(messages: Iterable[Message], known: Family, encoder: PartEncoder) -> tuple[list[Block], list[Block]]:
    """Return the system prompt, and the turns; a later system message joins the user's turn."""
    system: list[Block] = []
    found: list[tuple[str, list[Block]]] = []
    for message in messages:
        blocks = encoder.blocks(str(message.role), message.parts)
        if message.role == Role.SYSTEM and not found:
            system += blocks
        elif blocks:
            found.append((_role(message, encoder), blocks))
    if not found:
        text = "Bedrock requires at least one user or assistant message that is not empty; add one"
        raise InvalidRequestError(text)
    turns = fit_turns(merged_turns(found, known.turns), known.turns, encoder)
    return system, [{"role": role, "content": blocks} for role, blocks in turns]


def _role(message: Message, encoder: PartEncoder) -> str:
    if message.role == Role.SYSTEM:
        reason = "Bedrock accepts system messages only before the first turn, so this one joins the user's turn"
        encoder.adjust("coerced", "system message", reason, asked="system", sent="user")
    return "assistant" if message.role == Role.ASSISTANT else "user"


def _output(output: OutputFormat) -> dict[str, Any] | None:
    """Return the format of the answer, whose schema is sent as text."""
    if output.kind != "json_schema" or output.schema is None:
        return None
    named: dict[str, Any] = {"schema": dumps(output.schema).decode()}
    named |= {"name": output.name} if output.name else {}
    named |= {"description": output.description} if output.description else {}
    return {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": named}}}
