"""Message parts as content blocks of Converse.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
    Text,
    ToolCall,
    ToolResult,
    UnsupportedError,
)
from dragoman.http import dumps, fields
from dragoman_bedrock.options import ISSUER
from dragoman_bedrock.request_media import document_name, encode_media
from dragoman_bedrock.response import SERVER_CALL

Block: TypeAlias = dict[str, Any]

CACHE_MARK = "cache_control"


@define(kw_only=True)
class PartEncoder:
    """Encode the parts of one request.

    Args:
        adjustments: what was left out or changed; every method appends to it.
        names: the names of the documents so far, which must differ.

    """

    adjustments: list[Adjustment] = field(factory=list[Adjustment])
    names: set[str] = field(factory=set[str])

    def blocks(self, role: str, parts: Iterable[Part]) -> list[Block]:
        """Return the blocks of a message.

        Raises:
            UnsupportedError: for a part that Converse does not accept there.

        """
        encode = {"system": self._system, "assistant": self._assistant}.get(role, self._user)
        found: list[Block] = []
        for part in parts:
            block = encode(part)
            if block is not None:
                found += [block, *cache_point(part.options)]
        return found

    def _system(self, part: Part) -> Block | None:
        if isinstance(part, Text | Data) or is_own(part):
            return self._user(part)
        message = f"Bedrock accepts only text in a system message, not {type(part).__name__}"
        raise UnsupportedError(message)

    def _user(self, part: Part) -> Block | None:
        if isinstance(part, Text):
            return self._text(part) if part.text else None
        if isinstance(part, Data):
            return {"text": dumps(part.value).decode()}
        if isinstance(part, Media):
            return self._media(part)
        if isinstance(part, ToolResult):
            return self._result(part)
        if is_own(part):
            return cast("Block", cast("Extension", part).value)
        if isinstance(part, Extension | Reasoning):
            return self._drop(part)
        message = f"Bedrock does not accept {type(part).__name__} in a user message"
        raise UnsupportedError(message)

    def _assistant(self, part: Part) -> Block | None:
        if isinstance(part, Reasoning):
            return self._reasoning(part)
        if isinstance(part, Text | ToolCall) and part.seal is not None and part.seal.issuer != ISSUER:
            self.adjust("dropped", "seal", f"only {part.seal.issuer}, which issued it, can read it")
        if isinstance(part, ToolCall):
            return self._call(part)
        if isinstance(part, Refusal):
            return {"text": part.text} if part.text else self._drop(part)
        if isinstance(part, ToolResult | Media):
            return self._drop(part)
        return self._user(part)

    def _text(self, part: Text) -> Block:
        if part.seal is not None and part.seal.issuer == ISSUER:
            return {"citationsContent": {"content": [{"text": part.text}], "citations": part.seal.payload}}
        if part.citations:
            self.adjust("dropped", "citations", "Bedrock accepts only citations that it issued")
        return {"text": part.text}

    def _media(self, part: Media) -> Block:
        block = encode_media(part)
        document = block.get("document")
        if document is not None:
            document["name"] = self._distinct(part.filename)
            document |= _overrides(part)
        return block

    def _distinct(self, filename: str | None) -> str:
        """Return the name of a document, with a number if another one has it already."""
        name = first = document_name(filename)
        count = 1
        while name in self.names:
            count += 1
            name = f"{first} {count}"
        self.names.add(name)
        if filename is not None and name != filename:
            reason = "Bedrock accepts letters, digits, spaces, hyphens and brackets in names of documents, which differ"
            self.adjust("coerced", "filename", reason, asked=filename, sent=name)
        return name

    def _result(self, result: ToolResult) -> Block:
        content = [each for each in map(self._result_content, result.content) if each is not None]
        block: Block = {"toolUseId": result.call_id, "content": content or [{"text": "(no content)"}]}
        if not content:
            self.adjust("coerced", "tool_result", "Bedrock accepts no result without content", sent="(no content)")
        block |= {} if result.outcome == Outcome.OK else {"status": "error"}
        return {"toolResult": {**block, **_overrides(result)}}

    def _result_content(self, part: Part) -> Block | None:
        if isinstance(part, Data) and isinstance(part.value, dict):
            return {"json": part.value}
        return self._user(part)

    def _reasoning(self, part: Reasoning) -> Block | None:
        if part.seal is None or part.seal.issuer != ISSUER:
            return self._drop(part)
        if part.redacted:
            return {"reasoningContent": {"redactedContent": part.seal.payload}}
        signed = {"signature": part.seal.payload} if part.seal.payload else {}
        return {"reasoningContent": {"reasoningText": {"text": part.text, **signed}}}

    def _call(self, part: ToolCall) -> Block | None:
        own = part.seal is not None and part.seal.issuer == ISSUER
        if part.server_side and not own:
            return self._drop(part)
        kind = {"type": part.seal.payload or SERVER_CALL} if part.seal is not None and own else {}
        call = {"toolUseId": part.call_id, "name": part.name, "input": self._input(part)}
        return {"toolUse": {**call, **kind, **_overrides(part)}}

    def _input(self, part: ToolCall) -> Mapping[str, JSON]:
        try:
            return part.parse()
        except OutputError:
            reason = "Bedrock accepts only an object as arguments, so the text is sent as a member of one"
            self.adjust("coerced", "tool_call", reason, asked=part.arguments, sent="invalid_json")
            return {"invalid_json": part.arguments}

    def _drop(self, part: Part) -> Block | None:
        self.adjust("dropped", type(part).__name__.lower(), "Bedrock does not accept it unless Bedrock issued it")
        return None

    def adjust(self, kind: str, feature: str, reason: str, *, asked: JSON = None, sent: JSON = None) -> None:
        """Record an adjustment."""
        self.adjustments.append(
            Adjustment(kind=kind, feature=feature, asked=asked, sent=sent, reason=reason, by=ISSUER)
        )


def cache_point(options: Mapping[str, JSON]) -> list[Block]:
    """Return the block that ends a prefix to be cached, if the options of a part or a tool mark it."""
    mark = fields(options.get(ISSUER)).get(CACHE_MARK)
    if not mark:
        return []
    lifetime = fields(mark).get("ttl")
    return [{"cachePoint": {"type": "default", **({"ttl": lifetime} if lifetime else {})}}]


def _overrides(part: Part) -> dict[str, Any]:
    """Return the members that the options of a part add to its block."""
    return {name: value for name, value in fields(part.options.get(ISSUER)).items() if name != CACHE_MARK}


def is_own(part: Part) -> bool:
    """Return whether a part is a block of Converse as it is."""
    return isinstance(part, Extension) and part.issuer == ISSUER and isinstance(part.value, dict)
