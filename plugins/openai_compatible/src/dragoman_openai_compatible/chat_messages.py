"""Messages in the form of the OpenAI chat dialect.

See https://platform.openai.com/docs/api-reference/chat/create.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeGuard

from attrs import frozen

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
from dragoman.http import address_of, cache_encoding, cached_encoding, dumps, own_members
from dragoman_openai_compatible.chat_parts import sealed_extra_content

_AUDIO_FORMATS = {"audio/wav": "wav", "audio/x-wav": "wav", "audio/mpeg": "mp3", "audio/mp3": "mp3"}

OPENAI_FILE_TYPES = frozenset({"application/pdf"})
"""What OpenAI takes as bytes of a document in a chat: https://platform.openai.com/docs/guides/pdf-files?api-mode=chat"""

ReplayReasoning = Callable[[Sequence[Reasoning]], dict[str, Any]]
"""Return the members of an assistant message that carry the reasoning of earlier turns."""


def no_replay(_: Sequence[Reasoning]) -> dict[str, Any]:
    """Return no members: the dialect itself has none for reasoning."""
    return {}


def replayed(reasoning: Sequence[Reasoning], member: str | None, issuer: str) -> dict[str, Any]:
    """Return the members that a server of its own kind takes back: what it sealed itself, and the text.

    Args:
        reasoning: the reasoning of one message.
        member: the member in which the server accepts the text, ``None`` for none.
        issuer: the server.

    """
    own = [part.seal.payload for part in reasoning if part.seal is not None and part.seal.issuer == issuer]
    details = [each for payload in own if isinstance(payload, list) for each in payload]
    # Reasoning that is sealed by another vendor is not for this server.
    text = "".join(part.text for part in reasoning if part.seal is None or part.seal.issuer == issuer)
    members: dict[str, Any] = {member: text} if member and text else {}
    return {**members, "reasoning_details": details} if details else members


def _thoughts(message: Message, issuer: str) -> list[dict[str, Any]]:
    """Return reasoning in the form of content parts, which some servers take back."""
    seals = [part.seal for part in message.of_type(Reasoning) if part.seal is not None and part.seal.issuer == issuer]
    return [dict(seal.payload) for seal in seals if isinstance(seal.payload, dict) and "thinking" in seal.payload]


def _text_of(message: Message) -> str | None:
    """Return the text of a message that holds nothing else, else ``None``.

    Most messages of users are such, and writing them takes less than finding them in the cache.
    """
    if len(message.parts) != 1 or message.name is not None or message.options:
        return None
    part = message.parts[0]
    if type(part) is not Text or part.options or part.seal is not None:
        return None
    return part.text


_WITHOUT_CALLS = frozenset({Role.USER, Role.SYSTEM})
"""The roles of messages whose texts are sent as they are."""


@frozen(kw_only=True, eq=False, repr=False)
class MessageRules:
    """Define how the messages of one host differ from those of OpenAI.

    Args:
        issuer: the issuer whose extensions and seals may be sent.
        system_role: the role of a system message.
        replay_reasoning: a function that returns the members for the reasoning of earlier turns.
        tool_media: whether the result of a tool may hold media.
        file_types: the media types of documents that may be sent as bytes; any, if empty.
        refusals: whether a message of the assistant has a member for a refusal; otherwise its words are sent as text.

    """

    issuer: str
    system_role: str = "system"
    replay_reasoning: ReplayReasoning = no_replay
    tool_media: bool = False
    file_types: frozenset[str] = frozenset()
    refusals: bool = False


class MessageEncoder:
    """Encode a conversation and record what is not sent.

    Args:
        rules: how the messages of the host differ.
        adjustments: the list to which :meth:`encode` appends an adjustment for everything that is not sent.

    """

    __slots__ = ("adjustments", "rules")

    def __init__(self, *, rules: MessageRules, adjustments: list[Adjustment] | None = None) -> None:
        self.rules = rules
        self.adjustments = [] if adjustments is None else adjustments

    def encode(self, messages: Sequence[Message]) -> list[dict[str, Any]]:
        """Return the member ``messages`` of the body.

        Raises:
            UnsupportedError: for a part that the dialect cannot express.

        """
        encoded: list[dict[str, Any]] = []
        for message in messages:
            if message.role in _WITHOUT_CALLS and (text := _text_of(message)) is not None:
                role = self.rules.system_role if message.role == Role.SYSTEM else str(message.role)
                encoded.append({"role": role, "content": text})
                continue
            cached: tuple[list[dict[str, Any]], list[Adjustment]] | None = cached_encoding(message, self.rules)
            if cached is None:
                before = len(self.adjustments)
                own = self._encode_message(message)
                cache_encoding(message, self.rules, (own, self.adjustments[before:]))
            else:
                own, notes = cached
                self.adjustments += notes
            encoded += map(dict, own)  # copies, since a host may change messages in finish_body
        return encoded

    def _encode_message(self, message: Message) -> list[dict[str, Any]]:
        self._record_foreign_seals(message)
        if message.role == Role.ASSISTANT:
            return [self._encode_assistant(message)]
        results = message.of_type(ToolResult)
        encoded = [self._encode_result(result) for result in results]
        rest = tuple(part for part in message.parts if not isinstance(part, ToolResult)) if results else message.parts
        if rest or not results:
            encoded.append(self._encode_input(message, rest))
        return encoded

    def _encode_input(self, message: Message, parts: tuple[Part, ...]) -> dict[str, Any]:
        role = self.rules.system_role if message.role == Role.SYSTEM else str(message.role)
        named = {} if message.name is None else {"name": message.name}
        own = own_members(message, self.rules.issuer) if message.options else {}
        return {"role": role, "content": self._content(parts), **named, **own}

    def _content(self, parts: tuple[Part, ...]) -> str | list[dict[str, Any]]:
        """Return a string for a single text, because some servers accept nothing else; otherwise a list of parts."""
        if not parts:
            return ""
        if len(parts) == 1 and isinstance(parts[0], Text) and not parts[0].options:
            return parts[0].text
        encoded = (self._part(part) for part in parts)
        return [each for each in encoded if each is not None]

    def _part(self, part: Part) -> dict[str, Any] | None:
        if isinstance(part, Text):
            return {"type": "text", "text": part.text, **own_members(part, self.rules.issuer)}
        if isinstance(part, Media):
            return {**self._media(part), **own_members(part, self.rules.issuer)}
        if isinstance(part, Data):
            return {"type": "text", "text": _plain_text(part), **own_members(part, self.rules.issuer)}
        if isinstance(part, Extension) and part.issuer == self.rules.issuer and isinstance(part.value, dict):
            return dict(part.value)
        if isinstance(part, Extension | Reasoning):
            self._record_dropped(part)
            return None
        message = f"{self.rules.issuer} does not accept {type(part).__name__} in a message of this role; leave it out"
        raise UnsupportedError(message)

    def _media(self, part: Media) -> dict[str, Any]:
        family = part.media_type.partition("/")[0]
        if (
            family in ("image", "audio")
            or not isinstance(part.source, Bytes)
            or not self.rules.file_types
            or part.media_type in self.rules.file_types
        ):
            return media(part, self.rules.issuer)
        try:
            text = part.source.data.decode()
        except UnicodeDecodeError:
            taken = ", ".join(sorted(self.rules.file_types))
            message = f"{self.rules.issuer} accepts documents of the type {taken} here, not {part.media_type}"
            raise UnsupportedError(message) from None
        reason = f"{self.rules.issuer} does not accept documents of the type {part.media_type}, so their text is sent"
        self.adjustments.append(Adjustment(kind="emulated", feature="media", reason=reason, by=self.rules.issuer))
        title = f"{part.filename}:\n" if part.filename else ""
        return {"type": "text", "text": title + text}

    def _encode_assistant(self, message: Message) -> dict[str, Any]:
        encoded: dict[str, Any] = {"role": "assistant"}
        refusals = message.of_type(Refusal) if self.rules.refusals else ()
        texts = [part for part in message.parts if self._is_text(part)]
        calls = [call for call in message.of_type(ToolCall) if not call.server_side]
        encoded["content"] = self._assistant_content(texts) if texts or not (refusals or calls) else None
        if refusals:
            encoded["refusal"] = "".join(refusal.text for refusal in refusals)
        if message.name is not None:
            encoded["name"] = message.name
        if thoughts := _thoughts(message, self.rules.issuer):
            encoded["content"] = [*thoughts, *self._parts(texts)]
        else:
            encoded.update(self._reasoning(message))
        encoded.update(own_members(message, self.rules.issuer))
        for text in message.of_type(Text):
            encoded.update(sealed_extra_content(text, self.rules.issuer))
        _add_calls(encoded, calls, self.rules.issuer)
        for part in message.parts:
            if isinstance(part, Extension | Media | ToolResult) or (isinstance(part, ToolCall) and part.server_side):
                self._record_dropped(part)
        return encoded

    def _is_text(self, part: Part) -> TypeGuard[Text | Data | Refusal]:
        return isinstance(part, Text | Data) or (isinstance(part, Refusal) and not self.rules.refusals)

    def _assistant_content(self, texts: Sequence[Text | Data | Refusal]) -> str | list[dict[str, Any]]:
        if any(own_members(text, self.rules.issuer) for text in texts):
            return self._parts(texts)
        return "".join(map(_plain_text, texts))

    def _parts(self, texts: Sequence[Text | Data | Refusal]) -> list[dict[str, Any]]:
        return [{"type": "text", "text": _plain_text(text), **own_members(text, self.rules.issuer)} for text in texts]

    def _reasoning(self, message: Message) -> dict[str, Any]:
        reasoning = message.of_type(Reasoning)
        if not reasoning:
            return {}
        replayed = self.rules.replay_reasoning(reasoning)
        if not replayed:
            self._record_dropped(reasoning[0])
        return replayed

    def _encode_result(self, result: ToolResult) -> dict[str, Any]:
        content, own = self._result_content(result), own_members(result, self.rules.issuer)
        if result.metadata.get("type") == "function_call":
            return {"role": "function", "name": result.name, "content": content, **own}
        return {"role": "tool", "tool_call_id": result.call_id, "content": content, **own}

    def _result_content(self, result: ToolResult) -> str | list[dict[str, Any]]:
        if all(isinstance(part, Text | Data) for part in result.content):
            has_options = any(own_members(part, self.rules.issuer) for part in result.content)
            return self._content(result.content) if has_options else result.text
        if not self.rules.tool_media:
            message = f"{self.rules.issuer} accepts only text as the result of a tool; send media in a user message"
            raise UnsupportedError(message)
        return self._content(result.content)

    def _record_foreign_seals(self, message: Message) -> None:
        """Record an adjustment for each seal of another issuer on a part that is sent without it."""
        for part in message.parts:
            sent = isinstance(part, Text) or (isinstance(part, ToolCall) and not part.server_side)
            if sent and part.seal is not None and part.seal.issuer != self.rules.issuer:
                reason = f"only {part.seal.issuer}, which made the seal, can read it"
                self.adjustments.append(Adjustment(kind="dropped", feature="seal", reason=reason, by=self.rules.issuer))

    def _record_dropped(self, part: Part) -> None:
        feature = type(part).__name__.lower()
        reason = f"{self.rules.issuer} does not accept it in a conversation"
        self.adjustments.append(Adjustment(kind="dropped", feature=feature, reason=reason, by=self.rules.issuer))


def _plain_text(part: Text | Data | Refusal) -> str:
    return dumps(part.value).decode() if isinstance(part, Data) else part.text


def _add_calls(encoded: dict[str, Any], calls: Sequence[ToolCall], issuer: str) -> None:
    if len(calls) == 1 and calls[0].metadata.get("type") == "function_call":
        encoded["function_call"] = {"name": calls[0].name, "arguments": calls[0].arguments or "{}"}
    elif calls:
        encoded["tool_calls"] = [
            {**_encode_call(call), **sealed_extra_content(call, issuer), **own_members(call, issuer)} for call in calls
        ]


def _encode_call(call: ToolCall) -> dict[str, Any]:
    if call.metadata.get("type") == "custom":
        return {"id": call.call_id, "type": "custom", "custom": {"name": call.name, "input": call.arguments}}
    arguments = call.arguments or "{}"
    return {"id": call.call_id, "type": "function", "function": {"name": call.name, "arguments": arguments}}


def media(part: Media, issuer: str) -> dict[str, Any]:
    """Return an image, audio or a document as a content part.

    Raises:
        UnsupportedError: for a kind of media that the dialect cannot express.

    """
    family = part.media_type.partition("/")[0]
    if family == "image" and isinstance(part.source, Bytes | Url):
        detail = part.metadata.get("detail")
        image = {"url": address_of(part.source, part.media_type), **({"detail": detail} if detail else {})}
        return {"type": "image_url", "image_url": image}
    if family == "audio" and isinstance(part.source, Bytes) and part.media_type in _AUDIO_FORMATS:
        audio = {"data": part.source.base64, "format": _AUDIO_FORMATS[part.media_type]}
        return {"type": "input_audio", "input_audio": audio}
    if isinstance(part.source, FileRef):
        return {"type": "file", "file": {"file_id": part.source.id_for(issuer)}}
    if isinstance(part.source, InlineText):
        return {"type": "text", "text": part.source.text}
    if isinstance(part.source, Bytes) and family != "audio":
        file = {"filename": part.filename or "document", "file_data": address_of(part.source, part.media_type)}
        return {"type": "file", "file": file}
    message = f"{issuer} does not accept {part.media_type} as {type(part.source).__name__}; send it in another form"
    raise UnsupportedError(message)
