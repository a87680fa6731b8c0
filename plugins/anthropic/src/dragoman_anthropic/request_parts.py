"""Message parts as content blocks of the Messages API.

https://docs.anthropic.com/en/api/messages#body-messages
"""

from __future__ import annotations

from typing import Any, ClassVar

from dragoman import Media, Outcome, Part, Reasoning, Refusal, Seal, Text, ToolCall, ToolResult
from dragoman.http import Block, BlockEncoder, dumps, objects, own_members, word, words
from dragoman_anthropic.options import ISSUER
from dragoman_anthropic.request_media import encode_media


class PartEncoder(BlockEncoder):
    """Encode the parts of one message.

    Attributes:
        features: the features that need a beta; every method adds to it.

    """

    issuer: ClassVar[str] = ISSUER
    vendor: ClassVar[str] = "Anthropic"

    def __init__(self) -> None:
        super().__init__()
        self.features: set[str] = set()

    def text(self, part: Text) -> Block:
        """Return the block of a text, with the citations that Anthropic issued."""
        block: Block = {"type": "text", "text": part.text, **own_members(part, ISSUER)}
        if part.seal is not None and part.seal.issuer == ISSUER:
            block["citations"] = part.seal.payload
        elif part.citations:
            self.adjust("dropped", "citations", "Anthropic accepts only citations that it issued")
        return block

    def media(self, part: Media) -> Block:
        """Return the block of an image or a document.

        Raises:
            UnsupportedError: for media that the API does not accept.

        """
        block = encode_media(part)
        if '"file_id"' in dumps(block).decode():
            self.features.add("files")
        return {**block, **own_members(part, ISSUER)}

    def refusal(self, part: Refusal) -> Block | None:
        """Return the block of a refusal, unless it stands for a stop reason."""
        return self.drop(part) if part.metadata.get("type") == "refusal" else super().refusal(part)

    def reasoning(self, part: Reasoning) -> Block:
        """Return the block of reasoning."""
        payload = None if part.seal is None else part.seal.payload
        if part.redacted:
            return {"type": "redacted_thinking", "data": payload}
        return {"type": "thinking", "thinking": part.text, "signature": payload}

    def tool_call(self, part: ToolCall) -> Block | None:
        """Return the block of a call; the seal of a tool that Anthropic runs holds further members of it."""
        sealed = part.seal.payload if part.seal is not None and part.seal.issuer == ISSUER else None
        if part.server_side and not isinstance(sealed, dict):
            return self.drop(part)
        call = {"id": part.call_id, "name": part.name, "input": self.arguments(part)}
        return {"type": "tool_use", **call, **(sealed if isinstance(sealed, dict) else {}), **own_members(part, ISSUER)}

    def tool_result(self, part: ToolResult) -> Block:
        """Return the block of the result of a tool."""
        block: Block = {"type": "tool_result", "tool_use_id": part.call_id}
        encoded = (self.user_part(each) for each in part.content)
        if content := [each for each in encoded if each is not None]:
            block["content"] = shorten(content)
        if part.outcome != Outcome.OK:
            block["is_error"] = True
        return {**block, **own_members(part, ISSUER)}


def own_reasoning(part: Part) -> tuple[Part, ...]:
    """Return reasoning that Anthropic signed and a gateway handed on as one part for each block, other parts as are.

    https://docs.litellm.ai/docs/reasoning_content and
    https://openrouter.ai/docs/use-cases/reasoning-tokens#preserving-reasoning
    """
    if not isinstance(part, Reasoning) or part.seal is None or part.seal.issuer == ISSUER:
        return (part,)
    payload = part.seal.payload
    blocks = [payload] if isinstance(payload, dict) else objects(payload)
    own = [_own_block(block, part.text) for block in blocks]
    return tuple(own) if any(each.seal is not None for each in own) else (part,)


_DETAILS = {"reasoning.text": "thinking", "reasoning.encrypted": "redacted_thinking"}
"""The types of blocks by what OpenRouter calls them, in details whose format is that of Claude."""


def _own_block(block: dict[str, Any], text: str) -> Reasoning:
    kind = block.get("type")
    if str(block.get("format")).startswith("anthropic-claude"):
        kind, text = _DETAILS.get(str(kind)), words(block.get("text"))
    if kind == "redacted_thinking" and (data := word(block.get("data"))):
        return Reasoning(redacted=True, seal=Seal(issuer=ISSUER, payload=data))
    thought, signature = word(block.get("thinking")) or text, word(block.get("signature"))
    is_listed = isinstance(block.get("thinking"), list)  # as Mistral signs a thought
    is_signed = kind == "thinking" and signature is not None and not is_listed
    return Reasoning(text=thought, seal=Seal(issuer=ISSUER, payload=signature) if is_signed else None)


def shorten(blocks: list[Block]) -> str | list[Block]:
    """Return the text of a single text block without other members, and all other blocks as they are."""
    is_text = len(blocks) == 1 and blocks[0].keys() == {"type", "text"}
    return blocks[0]["text"] if is_text else blocks
