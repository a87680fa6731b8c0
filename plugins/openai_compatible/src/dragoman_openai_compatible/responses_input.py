"""Messages as input items of the Responses API.

The members of an item that have no field in a part are kept in its metadata, so that the items of an earlier answer are
sent again unchanged and in their order. See https://platform.openai.com/docs/api-reference/responses/create.
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
from dragoman.http import address_of, cache_encoding, cached_encoding, dumps

_LONGEST_CALL_ID = 64
"""The most characters of a call id.

https://platform.openai.com/docs/api-reference/responses/create, ``function_call_output``
"""

Item = dict[str, Any]


@lru_cache(maxsize=64)
def _rules(issuer: str, system_role: str, *, stored: bool, reasoning_leads: bool) -> object:  # noqa: ARG001  # the arguments are the key of the cache
    """Return the same object for the same rules, as the identity under which encodings are cached."""
    return object()


@frozen(kw_only=True)
class _Encoded:
    """Hold the items of a message, and the ids of the calls on which they depend.

    Args:
        items: the items.
        notes: adjustments for what is not sent.
        custom: ids of the calls in the message to custom tools.
        elsewhere: ids of the calls in the message to tools that another provider ran.
        answers: ids of the calls whose results the message holds.
        answered: those of ``answers`` that are calls to custom tools, and those that another provider ran.

    """

    items: list[Item]
    notes: list[Adjustment]
    custom: set[str]
    elsewhere: set[str]
    answers: set[str]
    answered: tuple[set[str], set[str]]


@define(kw_only=True)
class InputEncoder:
    """Encode a conversation as items and record what is not sent.

    Args:
        issuer: the issuer whose items, seals and extensions may be sent back.
        system_role: the role of a system message.
        stored: whether the provider stores earlier items, so that reasoning without encrypted content is known by id.
        reasoning_leads: whether the provider refuses a reasoning item that no other item follows.
        adjustments: the list to which :meth:`encode` appends an adjustment for everything that is not sent.

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
            UnsupportedError: for a part that the API cannot express.

        """
        rules = _rules(self.issuer, self.system_role, stored=self.stored, reasoning_leads=self.reasoning_leads)
        encoded: list[Item] = []
        for message in messages:
            cached: _Encoded | None = cached_encoding(message, rules)
            if cached is not None and cached.answered == (
                cached.answers & self._custom,
                cached.answers & self._elsewhere,
            ):
                self.adjustments += cached.notes
                self._custom |= cached.custom
                self._elsewhere |= cached.elsewhere
            else:
                cached = self._encode_message(message)
                cache_encoding(message, rules, cached)
            encoded += map(dict, cached.items)  # copies, since a host may change items in finish_body
        return encoded

    def _encode_message(self, message: Message) -> _Encoded:
        before = len(self.adjustments)
        answers = {result.call_id for result in message.of_type(ToolResult)}
        answered = answers & self._custom, answers & self._elsewhere
        if message.name is not None:
            self._note("name", "items have no member for the name of a speaker")
        if self.issuer in message.options:
            self._note("options", "items have no members that a message sets")
        self._record_foreign_seals(message)
        calls = message.of_type(ToolCall) if message.role == Role.ASSISTANT else ()
        return _Encoded(
            items=self._assistant_items(message) if message.role == Role.ASSISTANT else self._input_items(message),
            notes=self.adjustments[before:],
            custom={call.call_id for call in calls if _is_custom(call)},
            elsewhere={call.call_id for call in calls if call.server_side},
            answers=answers,
            answered=answered,
        )

    # Messages of the user and of the system.

    def _input_items(self, message: Message) -> list[Item]:
        role = self.system_role if message.role == Role.SYSTEM else "user"
        encoded: list[Item] = []
        content: list[Item] = []
        for part in message.parts:
            item = self._own_item(part)
            if item is None:
                content.extend(self._content(part))
                continue
            encoded.extend(_message(role, content))
            content = []
            encoded.extend(item)
        encoded.extend(_message(role, content))
        return encoded if message.parts else [{"role": role, "content": ""}]

    def _own_item(self, part: Part) -> list[Item] | None:
        """Return the items of a part that is an item of its own, ``None`` for content of a message."""
        if isinstance(part, ToolResult):
            return self._result(part)
        if isinstance(part, Extension) and not (self._is_own(part) and part.kind.startswith(f"{self.issuer}.input_")):
            return self._extension(part)
        if isinstance(part, Reasoning):
            return self._drop("reasoning", "only messages of the assistant may hold it")
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
        message = f"{self.issuer} does not accept {type(part).__name__} in a message of this role; leave it out"
        raise UnsupportedError(message)

    def _result(self, result: ToolResult) -> list[Item]:
        if result.call_id in self._elsewhere:
            return self._drop("toolresult", "another provider ran its tool")
        custom = result.call_id in self._custom or result.metadata.get("type") == "custom"
        output: str | list[Item] = result.text
        if not all(isinstance(part, Text | Data) and not part.options for part in result.content):
            output = [each for part in result.content for each in self._result_content(part)]
        kind = "custom_tool_call_output" if custom else "function_call_output"
        return [{"type": kind, "call_id": call_id(result.call_id), "output": output, **self._options(result)}]

    def _result_content(self, part: Part) -> list[Item]:
        return self._extension(part) if isinstance(part, Extension) else self._content(part)

    # Messages of the assistant: the items of this issuer are sent again unchanged.

    def _assistant_items(self, message: Message) -> list[Item]:
        reasoning_items = self._reasoning_items(message.parts)
        encoded: list[Item] = []
        current: object = None
        whole = True
        for position, part in enumerate(message.parts):
            if isinstance(part, Text | Refusal | Data) or self._is_content(part):
                envelope = self._envelope(part)
                origin = (envelope.get("id") if whole else None, envelope.get("phase"))
                if origin != current:
                    encoded.append(_new_message(envelope, whole=whole))
                    current = origin
                _add_content(encoded[-1], part)
                continue
            current = None
            if isinstance(part, Reasoning):
                encoded.extend(self._reasoning(part, position, reasoning_items))
                whole = reasoning_items[position] is not None if position in reasoning_items else whole
            else:
                encoded.extend(self._item(part, whole=whole))
        return encoded

    def _reasoning_items(self, parts: tuple[Part, ...]) -> dict[int, Item | None]:
        """Return the reasoning items of this issuer by position; ``None`` for an item that it would refuse.

        The items that follow a refused one are sent without their ids, because the provider expects the reasoning
        before an item with an id.
        """
        found: dict[int, Item | None] = {}
        for position, part in enumerate(parts):
            item = self._sealed(part)
            if item is not None:
                is_known = item.get("encrypted_content") or self.stored
                leads = not self.reasoning_leads or any(map(self._follows, parts[position + 1 :]))
                found[position] = item if is_known and leads else None
        return found

    def _sealed(self, part: Part) -> Item | None:
        seal = part.seal if isinstance(part, Reasoning) else None
        own = seal is not None and seal.issuer == self.issuer and isinstance(seal.payload, dict)
        return dict(cast("dict[str, Any]", seal.payload)) if seal is not None and own else None

    def _follows(self, part: Part) -> bool:
        if isinstance(part, ToolCall):
            return not part.server_side
        return not isinstance(part, Reasoning) and (
            isinstance(part, Text | Refusal | Data) or part.metadata.get(self.issuer) is not None or self._is_own(part)
        )

    def _is_own(self, part: Part) -> bool:
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
        return self._drop(type(part).__name__.lower(), "the items of an answer cannot hold it")

    def _reasoning(self, part: Reasoning, position: int, reasoning_items: dict[int, Item | None]) -> list[Item]:
        item = reasoning_items.get(position)
        if item is not None:
            return [item]
        if position in reasoning_items:
            return self._drop("reasoning", "it was neither encrypted nor stored, or no item follows it")
        if part.seal is None and self._envelope(part):
            return []
        return self._drop("reasoning", f"it has no seal of {self.issuer}")

    def _call(self, call: ToolCall, *, whole: bool) -> list[Item]:
        if call.server_side:
            self._elsewhere.add(call.call_id)
            return self._drop("toolcall", "another provider ran its tool")
        custom = _is_custom(call)
        if custom:
            self._custom.add(call.call_id)
        content = {"input": call.arguments} if custom else {"arguments": call.arguments or "{}"}
        kind = "custom_tool_call" if custom else "function_call"
        envelope = {name: value for name, value in self._envelope(call).items() if whole or name != "id"}
        return [{"type": kind, **envelope, "call_id": call_id(call.call_id), "name": call.name, **content}]

    def _extension(self, part: Extension) -> list[Item]:
        if self._is_own(part):
            return [dict(cast("dict[str, Any]", part.value))]
        return self._drop("extension", f"only {part.issuer} accepts it")

    def _options(self, part: Part) -> Item:
        own = part.options.get(self.issuer)
        return dict(own) if isinstance(own, dict) else {}

    def _record_foreign_seals(self, message: Message) -> None:
        """Record an adjustment for each seal of another issuer on a part that is sent without it."""
        for part in message.parts:
            sent = isinstance(part, Text) or (isinstance(part, ToolCall) and not part.server_side)
            if sent and part.seal is not None and part.seal.issuer != self.issuer:
                self._note("seal", f"only {part.seal.issuer}, which made the seal, can read it")

    def _drop(self, feature: str, reason: str) -> list[Item]:
        self._note(feature, reason)
        return []

    def _note(self, feature: str, reason: str) -> None:
        self.adjustments.append(Adjustment(kind="dropped", feature=feature, reason=reason, by=self.issuer))


def _is_custom(call: ToolCall) -> bool:
    return not call.server_side and call.metadata.get("type") == "custom"


def _message(role: str, content: list[Item]) -> list[Item]:
    """Return the message with *content*, none if it is empty; a single text becomes a plain string."""
    if len(content) == 1 and content[0].keys() == {"type", "text"}:
        return [{"role": role, "content": content[0]["text"]}]
    return [{"role": role, "content": content}] if content else []


def _new_message(envelope: Mapping[str, Any], *, whole: bool) -> Item:
    """Return an empty message of the assistant: the earlier item if it may be sent again, else one with plain text."""
    if whole and envelope.get("id"):
        return {"role": "assistant", **envelope, "content": []}
    phase = {"phase": envelope["phase"]} if envelope.get("phase") else {}
    return {"role": "assistant", "content": "", **phase}


def _add_content(item: Item, part: Part) -> None:
    """Add one part to the content of a message of the assistant."""
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
    """Return the id of a call; an id that is too long is replaced by a digest of it."""
    if len(name) <= _LONGEST_CALL_ID:
        return name
    return f"call_{hashlib.sha256(name.encode()).hexdigest()[:40]}"


def media(part: Media, issuer: str) -> Item:
    """Return an image or a document as a content part.

    Raises:
        UnsupportedError: for a kind of media that the API cannot express.

    """
    family = part.media_type.partition("/")[0]
    if isinstance(part.source, InlineText):
        return {"type": "input_text", "text": part.source.text}
    if family in {"audio", "video"}:
        message = f"{issuer} does not accept {part.media_type} through the Responses API; send it in another form"
        raise UnsupportedError(message)
    if family == "image":
        detail = part.metadata.get("detail")
        return {"type": "input_image", **_image(part, issuer), **({"detail": detail} if detail else {})}
    return {"type": "input_file", **_file(part, issuer)}


def _image(part: Media, issuer: str) -> Item:
    if isinstance(part.source, FileRef):
        return {"file_id": part.source.id_for(issuer)}
    assert not isinstance(part.source, InlineText)  # noqa: S101  # the caller checks it
    return {"image_url": address_of(part.source, part.media_type)}


def _file(part: Media, issuer: str) -> Item:
    if isinstance(part.source, FileRef):
        return {"file_id": part.source.id_for(issuer)}
    if isinstance(part.source, Url):
        return {"file_url": part.source.url}
    assert not isinstance(part.source, InlineText)  # noqa: S101  # the caller checks it
    name = "document.pdf" if part.media_type == "application/pdf" else "document"
    return {"filename": part.filename or name, "file_data": address_of(part.source, part.media_type)}
