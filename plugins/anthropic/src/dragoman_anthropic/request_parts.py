"""Message parts as content blocks of the Messages API.

https://docs.anthropic.com/en/api/messages#body-messages
"""

from __future__ import annotations

from typing import Any, TypeAlias, cast

from attrs import define, field

from dragoman import (
    JSON,
    Adjustment,
    Data,
    Extension,
    Media,
    Outcome,
    OutputError,
    Part,
    Reasoning,
    Refusal,
    Seal,
    Text,
    ToolCall,
    ToolResult,
    UnsupportedError,
)
from dragoman.http import dumps, objects, word
from dragoman_anthropic.options import ISSUER
from dragoman_anthropic.request_media import encode_media

Block: TypeAlias = dict[str, Any]


@define(kw_only=True)
class PartEncoder:
    """Encode the parts of one message.

    Args:
        adjustments: what was left out or changed; every method appends to it.
        features: the features that need a beta; every method adds to it.

    """

    adjustments: list[Adjustment] = field(factory=list[Adjustment])
    features: set[str] = field(factory=set[str])

    def system_part(self, part: Part) -> Block | None:
        """Return the block of a part of a system message, ``None`` if it is left out.

        Raises:
            UnsupportedError: if the part is not text.

        """
        if isinstance(part, Text | Data) or _is_anthropic(part):
            return self.user_part(part)
        message = f"Anthropic accepts only text in a system message, not {type(part).__name__}"
        raise UnsupportedError(message)

    def user_part(self, part: Part) -> Block | None:
        """Return the block of a part of a user or tool message, ``None`` if it is left out.

        Raises:
            UnsupportedError: for a part that the API does not accept there.

        """
        if isinstance(part, Text):
            return self._text(part) if part.text else None
        if isinstance(part, Data):
            return {"type": "text", "text": dumps(part.value).decode(), **_overrides(part)}
        if isinstance(part, Media):
            block = encode_media(part)
            if '"file_id"' in dumps(block).decode():
                self.features.add("files")
            return {**block, **_overrides(part)}
        if isinstance(part, ToolResult):
            return self._tool_result(part)
        if _is_anthropic(part):
            return cast("Block", cast("Extension", part).value)
        if isinstance(part, Extension | Reasoning):
            self._drop(part)
            return None
        message = f"Anthropic does not accept {type(part).__name__} in a user message"
        raise UnsupportedError(message)

    def assistant_part(self, part: Part) -> Block | None:
        """Return the block of a part of an assistant message, ``None`` if it is left out.

        Raises:
            UnsupportedError: for a part that the API does not accept there.

        """
        if isinstance(part, Reasoning):
            return self._reasoning(part)
        if isinstance(part, Text | ToolCall) and part.seal is not None and part.seal.issuer != ISSUER:
            self._adjust("dropped", "seal", f"only {part.seal.issuer}, which issued it, can read it")
        if isinstance(part, ToolCall):
            return self._tool_call(part)
        if isinstance(part, Refusal):
            if part.metadata.get("type") == "refusal" or not part.text:
                self._drop(part)
                return None
            return {"type": "text", "text": part.text}
        if isinstance(part, Media | ToolResult):
            self._drop(part)
            return None
        return self.user_part(part)

    def _text(self, part: Text) -> Block:
        block: Block = {"type": "text", "text": part.text, **_overrides(part)}
        if part.seal is not None and part.seal.issuer == ISSUER:
            block["citations"] = part.seal.payload
        elif part.citations:
            self._adjust("dropped", "citations", "Anthropic accepts only citations that it issued")
        return block

    def _tool_result(self, result: ToolResult) -> Block:
        block: Block = {"type": "tool_result", "tool_use_id": result.call_id}
        encoded = (self.user_part(part) for part in result.content)
        content = [each for each in encoded if each is not None]
        if content:
            block["content"] = shorten(content)
        if result.outcome != Outcome.OK:
            block["is_error"] = True
        return {**block, **_overrides(result)}

    def _reasoning(self, part: Reasoning) -> Block | None:
        if part.seal is None or part.seal.issuer != ISSUER:
            self._drop(part)
            return None
        if part.redacted:
            return {"type": "redacted_thinking", "data": part.seal.payload}
        return {"type": "thinking", "thinking": part.text, "signature": part.seal.payload}

    def _tool_call(self, part: ToolCall) -> Block | None:
        sealed = part.seal.payload if part.seal is not None and part.seal.issuer == ISSUER else None
        if part.server_side and not isinstance(sealed, dict):
            self._drop(part)
            return None
        block: Block = {
            "type": "tool_use",
            "id": part.call_id,
            "name": part.name,
            "input": self._tool_input(part),
            **(sealed if isinstance(sealed, dict) else {}),
        }
        return {**block, **_overrides(part)}

    def _tool_input(self, part: ToolCall) -> dict[str, JSON]:
        try:
            return part.parse()
        except OutputError:
            reason = "Anthropic accepts only an object as arguments, so the text is sent as a member of one"
            self._adjust("coerced", "tool_call", reason, asked=part.arguments, sent="invalid_json")
            return {"invalid_json": part.arguments}

    def _drop(self, part: Part) -> None:
        feature = type(part).__name__.lower()
        self._adjust("dropped", feature, "Anthropic does not accept it unless Anthropic issued it")

    def _adjust(self, kind: str, feature: str, reason: str, *, asked: JSON = None, sent: JSON = None) -> None:
        self.adjustments.append(
            Adjustment(kind=kind, feature=feature, asked=asked, sent=sent, reason=reason, by=ISSUER)
        )


def own_reasoning(part: Part) -> tuple[Part, ...]:
    """Return reasoning that Anthropic signed and a gateway handed on as one part for each block, other parts as are.

    https://docs.litellm.ai/docs/reasoning_content
    """
    if not isinstance(part, Reasoning) or part.seal is None or part.seal.issuer == ISSUER:
        return (part,)
    payload = part.seal.payload
    blocks = [payload] if isinstance(payload, dict) else objects(payload)
    own = [_own_block(block, part.text) for block in blocks]
    return tuple(own) if any(each.seal is not None for each in own) else (part,)


def _own_block(block: dict[str, Any], text: str) -> Reasoning:
    if block.get("type") == "redacted_thinking" and (data := word(block.get("data"))):
        return Reasoning(redacted=True, seal=Seal(issuer=ISSUER, payload=data))
    thought, signature = word(block.get("thinking")) or text, word(block.get("signature"))
    is_signed = (
        block.get("type") == "thinking" and signature is not None and not isinstance(block.get("thinking"), list)
    )
    return Reasoning(text=thought, seal=Seal(issuer=ISSUER, payload=signature) if is_signed else None)


def _overrides(part: Part) -> dict[str, Any]:
    """Return the members that the options of a part add to its block, such as ``cache_control``."""
    overrides = part.options.get(ISSUER)
    return dict(overrides) if isinstance(overrides, dict) else {}


def _is_anthropic(part: Part) -> bool:
    return isinstance(part, Extension) and part.issuer == ISSUER and isinstance(part.value, dict)


def shorten(blocks: list[Block]) -> str | list[Block]:
    """Return the text of a single text block without other members, and all other blocks as they are."""
    is_text = len(blocks) == 1 and blocks[0].keys() == {"type", "text"}
    return blocks[0]["text"] if is_text else blocks
