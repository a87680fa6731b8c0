"""Messages as Cohere accepts them: content, a plan and calls, with one message for each result.

https://docs.cohere.com/reference/chat and https://docs.cohere.com/docs/tool-use-overview
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from attrs import define, field

from dragoman import (
    JSON,
    Adjustment,
    Bytes,
    Data,
    Extension,
    InlineText,
    Media,
    Message,
    Part,
    Reasoning,
    Refusal,
    Role,
    Text,
    ToolCall,
    ToolResult,
    UnsupportedError,
    Url,
)
from dragoman.http import address_of, dumps, own_members
from dragoman_cohere.options import ISSUER

PLAN = "tool_plan"
THINKING = "thinking"
"""The payloads of the seals of reasoning: where it stands in an answer, and goes back to."""


@define(kw_only=True)
class MessagesEncoder:
    """Encode a conversation.

    Args:
        adjustments: what was left out; the methods append to it.

    """

    adjustments: list[Adjustment] = field(factory=list[Adjustment])

    def encode(self, messages: Iterable[Message]) -> list[dict[str, Any]]:
        """Return the messages.

        Raises:
            UnsupportedError: for a part that the API does not accept.

        """
        encoded: list[dict[str, Any]] = []
        for message in messages:
            if message.role == Role.ASSISTANT:
                encoded += self._answer(message)
                continue
            encoded += [_result(result) for result in message.of_type(ToolResult)]
            rest = [part for part in message.parts if not isinstance(part, ToolResult)]
            if rest or not message.parts:
                role = "user" if message.role == Role.TOOL else str(message.role)  # beside the results of a tool
                encoded.append({"role": role, "content": self._content(rest), **own_members(message, ISSUER)})
        return encoded

    def _answer(self, message: Message) -> list[dict[str, Any]]:
        """Return the message of an answer, none if nothing of it is sent: Cohere refuses an empty one."""
        encoded: dict[str, Any] = {}
        said: list[Part] = []
        for part in message.parts:
            if isinstance(part, Reasoning) and _sealed(part) == PLAN:
                encoded[PLAN] = encoded.get(PLAN, "") + part.text
            elif isinstance(part, ToolCall) and not part.server_side:
                self._check_seal(part)
                encoded.setdefault("tool_calls", []).append(_call(part))
            elif self._is_said(part):
                said.append(part)
        if said:
            encoded["content"] = self._content(said)
        return [{"role": "assistant", **encoded, **own_members(message, ISSUER)}] if encoded else []

    def _is_said(self, part: Part) -> bool:
        """Return whether a part of an answer is sent as content; what another vendor made is left out."""
        if isinstance(part, Text | Refusal | Data):
            return True
        if _sealed(part) == THINKING or (isinstance(part, Extension) and part.issuer == ISSUER):
            return True
        self._drop(type(part).__name__.lower(), "Cohere does not accept it unless it is its own")
        return False

    def _content(self, parts: Sequence[Part]) -> str | list[dict[str, Any]]:
        """Return a single text as a string, and anything else as a list of blocks."""
        for part in parts:
            self._check_seal(part)
        blocks = [_block(part) for part in parts]
        if len(blocks) <= 1 and all(block.keys() == {"type", "text"} for block in blocks):
            return "".join(block["text"] for block in blocks)
        return blocks

    def _check_seal(self, part: Part) -> None:
        if part.seal is not None and part.seal.issuer != ISSUER:
            self._drop("seal", f"only {part.seal.issuer}, which issued it, can read it")

    def _drop(self, feature: str, reason: str, *, asked: JSON = None) -> None:
        self.adjustments.append(Adjustment(kind="dropped", feature=feature, asked=asked, reason=reason, by=ISSUER))


def _sealed(part: Part) -> JSON:
    """Return what Cohere sealed a part with."""
    return part.seal.payload if part.seal is not None and part.seal.issuer == ISSUER else None


def _call(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments or "{}"}
    return {"id": call.call_id, "type": "function", "function": function, **own_members(call, ISSUER)}


def _result(result: ToolResult) -> dict[str, Any]:
    """Return the result of a tool: text as a string, and objects as documents, which the answer may cite.

    Raises:
        UnsupportedError: for media other than text.

    """
    encoded: dict[str, Any] = {"role": "tool", "tool_call_id": result.call_id}
    parts = result.content
    if all(isinstance(part, Text) and not part.options for part in parts):
        return {**encoded, "content": result.text, **own_members(result, ISSUER)}
    return {**encoded, "content": [_found(part) for part in parts], **own_members(result, ISSUER)}


def _found(part: Part) -> dict[str, Any]:
    if isinstance(part, Data) and isinstance(part.value, dict):
        named = {} if part.id is None else {"id": part.id}
        return {"type": "document", "document": {"data": part.value, **named}, **own_members(part, ISSUER)}
    if isinstance(part, Media) and not isinstance(part.source, InlineText):
        message = f"Cohere accepts text and objects as the result of a tool, not {part.media_type}; send it by the user"
        raise UnsupportedError(message, provider=ISSUER)
    return _block(part)


def _block(part: Part) -> dict[str, Any]:
    """Return a part as a block of content.

    Raises:
        UnsupportedError: for a part that the API does not accept.

    """
    if isinstance(part, Extension) and isinstance(part.value, dict):
        return dict(part.value)
    if isinstance(part, Reasoning):
        return {"type": "thinking", "thinking": part.text}
    if isinstance(part, Text | Refusal):
        return {"type": "text", "text": part.text, **own_members(part, ISSUER)}
    if isinstance(part, Data):
        return {"type": "text", "text": dumps(part.value).decode(), **own_members(part, ISSUER)}
    if isinstance(part, Media):
        return {**_medium(part), **own_members(part, ISSUER)}
    message = f"Cohere does not accept {type(part).__name__} in a message; leave it out"
    raise UnsupportedError(message, provider=ISSUER)


def _medium(part: Media) -> dict[str, Any]:
    """Return an image: https://docs.cohere.com/docs/image-inputs."""
    source = part.source
    if isinstance(source, InlineText):
        return {"type": "text", "text": source.text}
    if part.media_type.startswith("image/") and isinstance(source, Bytes | Url):
        url = address_of(source, part.media_type)
        detail = part.metadata.get("detail")
        return {"type": "image_url", "image_url": {"url": url, **({"detail": detail} if detail else {})}}
    form = f"{part.media_type} as {type(source).__name__}"
    message = f"Cohere accepts images and text, not {form}; send it in another form"
    raise UnsupportedError(message, provider=ISSUER)
