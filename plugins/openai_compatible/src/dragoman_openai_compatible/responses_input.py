"""Our messages as input items of the Responses API.

What this issuer's items held beside our fields goes back with them, so that a turn is repeated item by item, unchanged
and in its order. See https://platform.openai.com/docs/api-reference/responses/create.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, cast

from attrs import define, field, frozen

from dragoman import (
    Adjustment,
    Bytes,
    Data,
    Extension,
    FileRef,
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
from dragoman.http import cache_encoding, cached_encoding, dumps

_LONGEST_CALL_ID = 64
"""Characters: https://platform.openai.com/docs/api-reference/responses/create, ``function_call_output``."""

Item = dict[str, Any]


@lru_cache(maxsize=64)
def _rules(issuer: str, system_role: str, *, stored: bool, reasoning_leads: bool) -> object:  # noqa: ARG001  # they are the key
    """Return the one object that stands for these rules."""
    return object()


@frozen(kw_only=True)
class _Encoded:
    """Hold what a message was encoded as, and what it has to do with the calls of others.

    Args:
        items: its items.
        notes: what was left out of them.
        custom: the calls of custom tools that it makes.
        elsewhere: the calls that it shows, of tools that another provider ran.
        answers: the calls whose results it holds.
        answered: those among them that earlier messages made to custom tools, and those that were run elsewhere.

    """

    items: list[Item]
    notes: list[Adjustment]
    custom: set[str]
    elsewhere: set[str]
    answers: set[str]
    answered: tuple[set[str], set[str]]


@define(kw_only=True)
class InputEncoder:
    """Encode a conversation as items and note what could not be sent.

    Args:
        issuer: whose items, seals and extensions may be sent back.
        system_role: the role of a system message.
        stored: whether the provider has kept earlier items, so that reasoning it did not encrypt can be named by id.
        reasoning_leads: whether reasoning must be followed by what it led to.
        adjustments: what was left out, filled on the way.

    """

    issuer: str
    system_role: str = "system"
    stored: bool = True
    reasoning_leads: bool = True
    adjustments: list[Adjustment] = field(factory=list[Adjustment])
    _custom: set[str] = field(factory=set[str], init=False)
    _elsewhere: set[str] = field(factory=set[str], init=False)

    def encode(self, messages: Iterable[Message]) -> list[Item]:
        """Return the input items.

        Raises:
            UnsupportedError: for a part that the dialect cannot say.

        """
        rules = _rules(self.issuer, self.system_role, stored=self.stored, reasoning_leads=self.reasoning_leads)
        encoded: list[Item] = []
        for message in messages:
            kept: _Encoded | None = cached_encoding(message, rules)
            if kept is not None and kept.answered == (kept.answers & self._custom, kept.answers & self._elsewhere):
                self.adjustments += kept.notes
                self._custom |= kept.custom
                self._elsewhere |= kept.elsewhere
            else:
                kept = self._encoded(message)
                cache_encoding(message, rules, kept)
            encoded += map(dict, kept.items)  # whoever finishes the body may add members
        return encoded

    def _encoded(self, message: Message) -> _Encoded:
        noted = len(self.adjustments)
        answers = {result.call_id for result in message.of_type(ToolResult)}
        answered = answers & self._custom, answers & self._elsewhere
        if message.name is not None:
            self._note("name", "an item has no place for the speaker's name")
        self._unseal(message)
        calls = message.of_type(ToolCall) if message.role == Role.ASSISTANT else ()
        return _Encoded(
            items=self._turn(message) if message.role == Role.ASSISTANT else self._spoken(message),
            notes=self.adjustments[noted:],
            custom={call.call_id for call in calls if _is_custom(call)},
            elsewhere={call.call_id for call in calls if call.server_side},
            answers=answers,
            answered=answered,
        )

    # What the caller says.

    def _spoken(self, message: Message) -> list[Item]:
        role = self.system_role if message.role == Role.SYSTEM else "user"
        encoded: list[Item] = []
        content: list[Item] = []
        for part in message.parts:
            item = self._own_item(part)
            if item is None:
                content.extend(self._content(part))
                continue
            encoded.extend(_said(role, content))
            content = []
            encoded.extend(item)
        encoded.extend(_said(role, content))
        return encoded if message.parts else [{"role": role, "content": ""}]

    def _own_item(self, part: Part) -> list[Item] | None:
        """Return the items of a part that is no content of a message, ``None`` for content."""
        if isinstance(part, ToolResult):
            return self._result(part)
        if isinstance(part, Extension) and not (self._mine(part) and part.kind.startswith(f"{self.issuer}.input_")):
            return self._extension(part)
        if isinstance(part, Reasoning):
            return self._withhold("reasoning", "only the assistant reasons")
        return None

    def _content(self, part: Part) -> list[Item]:
        if isinstance(part, Text):
            return [{"type": "input_text", "text": part.text, **self._options(part)}]
        if isinstance(part, Data):
            return [{"type": "input_text", "text": dumps(part.value).decode()}]
        if isinstance(part, Media):
            return [{**media(part, self.issuer), **self._options(part)}]
        if isinstance(part, Extension):
            return [dict(cast("dict[str, Any]", part.value))]
        message = f"{self.issuer} takes no {type(part).__name__} in a message of this role"
        raise UnsupportedError(message)

    def _result(self, result: ToolResult) -> list[Item]:
        if result.call_id in self._elsewhere:
            return self._withhold("toolresult", "its tool was run by another provider")
        custom = result.call_id in self._custom or result.metadata.get("type") == "custom"
        output: str | list[Item] = result.text
        if not all(isinstance(part, Text | Data) and not part.options for part in result.content):
            output = [each for part in result.content for each in self._result_content(part)]
        kind = "custom_tool_call_output" if custom else "function_call_output"
        own = result.options.get(self.issuer)
        more = dict(own) if isinstance(own, dict) else {}
        return [{"type": kind, "call_id": call_id(result.call_id), "output": output, **more}]

    def _result_content(self, part: Part) -> list[Item]:
        return self._extension(part) if isinstance(part, Extension) else self._content(part)

    # What the assistant said: items again, those of this issuer as they were.

    def _turn(self, message: Message) -> list[Item]:
        thoughts = self._thoughts(message.parts)
        encoded: list[Item] = []
        source: object = None
        whole = True
        for place, part in enumerate(message.parts):
            if isinstance(part, Text | Refusal | Data) or self._is_content(part):
                envelope = self._envelope(part)
                origin = (envelope.get("id") if whole else None, envelope.get("phase"))
                if origin != source:
                    encoded.append(_begun(envelope, whole=whole))
                    source = origin
                _say(encoded[-1], part)
                continue
            source = None
            if isinstance(part, Reasoning):
                encoded.extend(self._thought(part, place, thoughts))
                whole = thoughts[place] is not None if place in thoughts else whole
            else:
                encoded.extend(self._item(part, whole=whole))
        return encoded

    def _thoughts(self, parts: tuple[Part, ...]) -> dict[int, Item | None]:
        """Return this issuer's reasoning items by place; ``None`` for one that it would not take back.

        What such reasoning led to then goes without its id, by which the provider would miss the reasoning.
        """
        found: dict[int, Item | None] = {}
        for place, part in enumerate(parts):
            item = self._sealed(part)
            if item is not None:
                kept = item.get("encrypted_content") or self.stored
                leads = not self.reasoning_leads or any(map(self._follows, parts[place + 1 :]))
                found[place] = item if kept and leads else None
        return found

    def _sealed(self, part: Part) -> Item | None:
        seal = part.seal if isinstance(part, Reasoning) else None
        own = seal is not None and seal.issuer == self.issuer and isinstance(seal.payload, dict)
        return dict(cast("dict[str, Any]", seal.payload)) if seal is not None and own else None

    def _follows(self, part: Part) -> bool:
        if isinstance(part, ToolCall):
            return not part.server_side
        return not isinstance(part, Reasoning) and (
            isinstance(part, Text | Refusal | Data) or part.metadata.get(self.issuer) is not None or self._mine(part)
        )

    def _mine(self, part: Part) -> bool:
        return isinstance(part, Extension) and part.issuer == self.issuer and isinstance(part.value, dict)

    def _envelope(self, part: Part) -> Mapping[str, Any]:
        own = part.metadata.get(self.issuer)
        return own if isinstance(own, dict) else {}

    def _is_content(self, part: Part) -> bool:
        return isinstance(part, Extension) and self._envelope(part).get("type") == "message"

    def _item(self, part: Part, *, whole: bool) -> list[Item]:
        if isinstance(part, ToolCall):
            return self._call(part, whole=whole)
        if isinstance(part, ToolResult):
            return self._result(part)
        if isinstance(part, Extension):
            return self._extension(part)
        envelope = self._envelope(part)
        if isinstance(part, Media) and isinstance(part.source, Bytes) and envelope.get("type"):
            return [{**envelope, "result": part.source.base64}]
        return self._withhold(type(part).__name__.lower(), "an earlier answer has no place for it")

    def _thought(self, part: Reasoning, place: int, thoughts: dict[int, Item | None]) -> list[Item]:
        item = thoughts.get(place)
        if item is not None:
            return [item]
        if place in thoughts:
            return self._withhold("reasoning", "it was neither encrypted nor kept, or nothing follows it")
        if part.seal is None and self._envelope(part):
            return []
        return self._withhold("reasoning", f"it is not sealed by {self.issuer}")

    def _call(self, call: ToolCall, *, whole: bool) -> list[Item]:
        if call.server_side:
            self._elsewhere.add(call.call_id)
            return self._withhold("toolcall", "its tool was run by another provider")
        custom = _is_custom(call)
        if custom:
            self._custom.add(call.call_id)
        content = {"input": call.arguments} if custom else {"arguments": call.arguments or "{}"}
        kind = "custom_tool_call" if custom else "function_call"
        envelope = {name: value for name, value in self._envelope(call).items() if whole or name != "id"}
        return [{"type": kind, **envelope, "call_id": call_id(call.call_id), "name": call.name, **content}]

    def _extension(self, part: Extension) -> list[Item]:
        if self._mine(part):
            return [dict(cast("dict[str, Any]", part.value))]
        return self._withhold("extension", f"only {part.issuer} understands it")

    def _options(self, part: Part) -> Item:
        own = part.options.get(self.issuer)
        return dict(own) if isinstance(own, dict) else {}

    def _unseal(self, message: Message) -> None:
        """Note the seals of others on what is sent without them."""
        for part in message.parts:
            sent = isinstance(part, Text) or (isinstance(part, ToolCall) and not part.server_side)
            if sent and part.seal is not None and part.seal.issuer != self.issuer:
                self._note("seal", f"{part.seal.issuer} made it, and only {part.seal.issuer} can read it")

    def _withhold(self, feature: str, reason: str) -> list[Item]:
        self._note(feature, reason)
        return []

    def _note(self, feature: str, reason: str) -> None:
        self.adjustments.append(Adjustment(kind="dropped", feature=feature, reason=reason, by=self.issuer))


def _is_custom(call: ToolCall) -> bool:
    return not call.server_side and call.metadata.get("type") == "custom"


def _said(role: str, content: list[Item]) -> list[Item]:
    """Return a message, its content a plain string wherever one text is all there is."""
    if len(content) == 1 and content[0].keys() == {"type", "text"}:
        return [{"role": role, "content": content[0]["text"]}]
    return [{"role": role, "content": content}] if content else []


def _begun(envelope: Mapping[str, Any], *, whole: bool) -> Item:
    """Return a message of the assistant to be filled: an item again if it was one, else plain words."""
    if whole and envelope.get("id"):
        return {"role": "assistant", **envelope, "content": []}
    phase = {"phase": envelope["phase"]} if envelope.get("phase") else {}
    return {"role": "assistant", "content": "", **phase}


def _say(item: Item, part: Part) -> None:
    """Add a piece of content to a message of the assistant."""
    text = dumps(part.value).decode() if isinstance(part, Data) else getattr(part, "text", "")
    content = item["content"]
    if isinstance(content, str):
        item["content"] = content + text
    elif isinstance(part, Refusal):
        content.append({"type": "refusal", "refusal": text})
    elif isinstance(part, Extension):
        content.append(part.value)
    else:
        cited = [dict(each.metadata) for each in part.citations if each.metadata] if isinstance(part, Text) else []
        content.append({"type": "output_text", "text": text, "annotations": cited, "logprobs": []})


def call_id(name: str) -> str:
    """Return the id of a call, one that is too long as its digest."""
    if len(name) <= _LONGEST_CALL_ID:
        return name
    return f"call_{hashlib.sha256(name.encode()).hexdigest()[:40]}"


def media(part: Media, issuer: str) -> Item:
    """Return an image or a document as a content part.

    Raises:
        UnsupportedError: for a kind of media that the dialect has no place for.

    """
    family = part.media_type.partition("/")[0]
    if isinstance(part.source, InlineText):
        return {"type": "input_text", "text": part.source.text}
    if family in {"audio", "video"}:
        message = f"{issuer} takes no {part.media_type} through this API"
        raise UnsupportedError(message)
    if family == "image":
        detail = part.metadata.get("detail")
        return {"type": "input_image", **_image(part), **({"detail": detail} if detail else {})}
    return {"type": "input_file", **_file(part)}


def _image(part: Media) -> Item:
    if isinstance(part.source, FileRef):
        return {"file_id": part.source.file_id}
    return {"image_url": part.source.url if isinstance(part.source, Url) else _data_url(part)}


def _file(part: Media) -> Item:
    if isinstance(part.source, FileRef):
        return {"file_id": part.source.file_id}
    if isinstance(part.source, Url):
        return {"file_url": part.source.url}
    name = "document.pdf" if part.media_type == "application/pdf" else "document"
    return {"filename": part.filename or name, "file_data": _data_url(part)}


def _data_url(part: Media) -> str:
    assert isinstance(part.source, Bytes)  # noqa: S101  # by the callers
    return f"data:{part.media_type};base64,{part.source.base64}"
