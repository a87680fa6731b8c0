"""Message parts as content blocks of Converse.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, count, pairwise
from typing import ClassVar

from dragoman import JSON, Data, Media, Outcome, Part, Reasoning, Text, ToolCall, ToolResult
from dragoman.http import Block, BlockEncoder, fields, own_members
from dragoman_bedrock.options import ISSUER
from dragoman_bedrock.request_media import document_name, encode_media
from dragoman_bedrock.response import SERVER_CALL

CACHE_MARK = "cache_control"


class PartEncoder(BlockEncoder):
    """Encode the parts of one request.

    Attributes:
        names: the names of the documents so far, which must differ.

    """

    issuer: ClassVar[str] = ISSUER
    vendor: ClassVar[str] = "Bedrock"

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def blocks(self, role: str, parts: Iterable[Part]) -> list[Block]:
        """Return the blocks of a message.

        Raises:
            UnsupportedError: for a part that Converse does not accept there.

        """
        encode = {"system": self.system_part, "assistant": self.assistant_part}.get(role, self.user_part)
        found = ((encode(part), part) for part in parts)
        blocks = [each for block, part in found if block for each in (block, *cache_point(part.options))]
        return list(self._separate(blocks))

    def _separate(self, blocks: list[Block]) -> Iterator[Block]:
        """Yield blocks without cache points just behind reasoning and, for Claude, documents, which are refused there.

        https://github.com/anomalyco/opencode/issues/36517, https://github.com/strands-agents/harness-sdk/issues/1966
        """
        for before, block in pairwise(({}, *blocks)):
            if "cachePoint" in block and before.keys() & {"document", "video"}:
                yield {"text": "\n"}
            if "cachePoint" in block and "reasoningContent" in before:
                self.adjust("dropped", CACHE_MARK, "Bedrock accepts no cache point behind reasoning")
            else:
                yield block

    def text(self, part: Text) -> Block:
        """Return the block of a text, with the citations that Bedrock issued."""
        if part.seal is not None and part.seal.issuer == ISSUER:
            return {"citationsContent": {"content": [{"text": part.text}], "citations": part.seal.payload}}
        if part.citations:
            self.adjust("dropped", "citations", "Bedrock accepts only citations that it issued")
        return {"text": part.text}

    def media(self, part: Media) -> Block:
        """Return the block of media, in which documents have names that differ.

        Raises:
            UnsupportedError: for media that Converse does not accept.

        """
        block = encode_media(part)
        document = block.get("document")
        if document is not None:
            document["name"] = self._distinct(part.filename)
            document |= own_members(part, ISSUER, but=CACHE_MARK)
        return block

    def _distinct(self, filename: str | None) -> str:
        """Return the name of a document, with a number if another one has it already."""
        first = document_name(filename)
        names = chain((first,), (f"{first} {number}" for number in count(2)))
        name = next(each for each in names if each not in self.names)
        self.names.add(name)
        if filename is not None and name != filename:
            reason = "Bedrock accepts letters, digits, spaces, hyphens and brackets in names of documents, which differ"
            self.adjust("coerced", "filename", reason, asked=filename, sent=name)
        return name

    def tool_result(self, part: ToolResult) -> Block:
        """Return the block of the result of a tool, which may hold objects as they are."""
        blocks = (
            {"json": each.value} if isinstance(each, Data) and isinstance(each.value, dict) else self.user_part(each)
            for each in part.content
        )
        content = [each for each in blocks if each is not None]
        if not content:
            self.adjust("coerced", "tool_result", "Bedrock accepts no result without content", sent="(no content)")
        block: Block = {"toolUseId": part.call_id, "content": content or [{"text": "(no content)"}]}
        block |= {} if part.outcome == Outcome.OK else {"status": "error"}
        return {"toolResult": {**block, **own_members(part, ISSUER, but=CACHE_MARK)}}

    def reasoning(self, part: Reasoning) -> Block:
        """Return the block of reasoning, which may be without a signature."""
        payload = None if part.seal is None else part.seal.payload
        if part.redacted:
            return {"reasoningContent": {"redactedContent": payload}}
        signed = {"signature": payload} if payload else {}
        return {"reasoningContent": {"reasoningText": {"text": part.text, **signed}}}

    def tool_call(self, part: ToolCall) -> Block:
        """Return the block of a call; the seal of a tool that Bedrock runs holds its type."""
        own = part.seal is not None and part.seal.issuer == ISSUER
        kind = {"type": part.seal.payload or SERVER_CALL} if part.seal is not None and own else {}
        call = {"toolUseId": part.call_id, "name": part.name, "input": self.arguments(part)}
        return {"toolUse": {**call, **kind, **own_members(part, ISSUER, but=CACHE_MARK)}}


def cache_point(options: Mapping[str, JSON]) -> list[Block]:
    """Return the block that ends a prefix to be cached, if the options of a part or a tool mark it."""
    mark = fields(options.get(ISSUER)).get(CACHE_MARK)
    if not mark:
        return []
    lifetime = fields(mark).get("ttl")
    return [{"cachePoint": {"type": "default", **({"ttl": lifetime} if lifetime else {})}}]
