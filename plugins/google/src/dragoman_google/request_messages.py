"""Conversations as Google's ``contents`` and ``systemInstruction``: https://ai.google.dev/api/caching#Content."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

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
    Outcome,
    OutputError,
    Part,
    Reasoning,
    Refusal,
    Role,
    Seal,
    Text,
    ToolCall,
    ToolResult,
    UnsupportedError,
    Url,
)
from dragoman.http import cache_encoding, cached_encoding, dumps
from dragoman_google.models import is_old_gemma, is_third

ISSUER = "google"
NO_SIGNATURE = "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I="
"""``skip_thought_signature_validator`` in base64: stands in for the signature of a call that another model made; see
https://ai.google.dev/gemini-api/docs/thought-signatures."""
FILES = "https://generativelanguage.googleapis.com/v1beta/"
"""Where the names of uploaded files count from."""

_RULES = (object(), object())
"""What stands for the rules of a message's parts: up to the second generation, and from the third on."""

_Called: TypeAlias = tuple[str, str | None]
"""The name of a tool that was called, and Google's own id of the call."""


@frozen(kw_only=True)
class _Encoded:
    """Hold what a message was encoded as, and what it has to do with the calls of others.

    Args:
        parts: its parts.
        notes: what was left out or changed.
        calls: the calls that it makes, by id.
        answers: the ids of the calls whose results it holds.
        answered: what was known of these calls.

    """

    parts: list[dict[str, Any]]
    notes: list[Adjustment]
    calls: dict[str, _Called]
    answers: list[str]
    answered: list[_Called | None]


class ContentsEncoder:
    """Encode one conversation and note what could not be sent as it is.

    Args:
        model: who is asked.

    Attributes:
        system: the parts of the instructions.
        adjustments: what was left out or changed.

    """

    def __init__(self, model: str) -> None:
        self.system: list[dict[str, Any]] = []
        self.adjustments: list[Adjustment] = []
        self._third = is_third(model)
        self._instructed = not is_old_gemma(model)
        self._contents: list[dict[str, Any]] = []
        self._calls: dict[str, _Called] = {}

    def encode(self, messages: Iterable[Message]) -> list[dict[str, Any]]:
        """Return the contents: roles alternate, and the user's comes first.

        Raises:
            UnsupportedError: for what Google cannot be told.

        """
        for message in messages:
            parts = self._recalled(message)
            if message.role == Role.SYSTEM:
                self._instruct(parts)
            else:
                self._add("model" if message.role == Role.ASSISTANT else "user", parts)
        self._let_user_begin()
        return self._contents

    def _recalled(self, message: Message) -> list[dict[str, Any]]:
        """Return the parts of a message, from last time where no call that it answers has changed."""
        kept: _Encoded | None = cached_encoding(message, _RULES[self._third])
        if kept is not None and kept.answered == list(map(self._calls.get, kept.answers)):
            self.adjustments += kept.notes
            self._calls.update(kept.calls)
        else:
            kept = self._encoded(message)
            cache_encoding(message, _RULES[self._third], kept)
        return kept.parts

    def _encoded(self, message: Message) -> _Encoded:
        noted = len(self.adjustments)
        answers = [result.call_id for result in message.of_type(ToolResult)]
        answered = list(map(self._calls.get, answers))
        if message.role == Role.SYSTEM:
            _check_instructions(message)
        parts = self._parts(message.parts)
        return _Encoded(
            parts=self._signed(parts) if message.role == Role.ASSISTANT else parts,
            notes=self.adjustments[noted:],
            calls={call.call_id: _called(call) for call in message.of_type(ToolCall) if not call.server_side},
            answers=answers,
            answered=answered,
        )

    def _instruct(self, parts: list[dict[str, Any]]) -> None:
        if not self._instructed:
            self._note("emulated", "system message", "the model takes no instructions; they stand in the user's words")
            self._add("user", parts)
            return
        if self._contents and parts:
            self._note("coerced", "system message", "Google takes instructions only before the conversation")
        self.system.extend(parts)

    def _add(self, role: str, parts: list[dict[str, Any]]) -> None:
        if not parts:
            return
        if self._contents and self._contents[-1]["role"] == role:
            self._contents[-1]["parts"].extend(parts)
        else:
            self._contents.append({"role": role, "parts": [*parts]})

    def _let_user_begin(self) -> None:
        if not self._contents or self._contents[0]["role"] == "model":
            self._contents.insert(0, {"role": "user", "parts": [{"text": " "}]})
            self._note("emulated", "messages", "a conversation with Google begins with the user: a blank was put first")

    def _parts(self, parts: Iterable[Part]) -> list[dict[str, Any]]:
        return [encoded for part in parts for encoded in self._part(part)]

    def _part(self, part: Part) -> list[dict[str, Any]]:
        if isinstance(part, ToolResult):
            return self._result(part)
        encoded = self._plain(part)
        if encoded is None:
            return []
        return [{**encoded, **_own_options(part), **self._signature(part)}]

    def _plain(self, part: Part) -> dict[str, Any] | None:
        """Return a part without its signature, ``None`` for one that is not sent."""
        if isinstance(part, Text):
            return {"text": part.text} if part.text or _is_ours(part.seal) else None
        if isinstance(part, Media):
            return media(part)
        if isinstance(part, ToolCall) and not part.server_side:
            return self._call(part)
        if isinstance(part, Reasoning) and _is_ours(part.seal):
            return {"text": part.text, "thought": True}
        if isinstance(part, Refusal):
            return {"text": part.text} if part.text else None
        if isinstance(part, Data):
            return {"text": dumps(part.value).decode()}
        if isinstance(part, Extension) and part.issuer == ISSUER and isinstance(part.value, dict):
            return dict(part.value)
        self._note("dropped", type(part).__name__.lower(), "another provider made it, and Google cannot read it")
        return None

    def _signature(self, part: Part) -> dict[str, Any]:
        if part.seal is None:
            return {}
        if _is_ours(part.seal):
            return {} if part.seal.payload is None else {"thoughtSignature": part.seal.payload}
        self._note("dropped", "seal", f"{part.seal.issuer} made it, and only {part.seal.issuer} can read it")
        return {}

    def _signed(self, parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Put the stand-in for a signature on the first call of a turn, where it has none and the model insists."""
        first = next((part for part in parts if "functionCall" in part), None)
        if self._third and first is not None and "thoughtSignature" not in first:
            first["thoughtSignature"] = NO_SIGNATURE
            self._note("emulated", "thought signature", "another model made the call, or its signature was lost")
        return parts

    def _call(self, call: ToolCall) -> dict[str, Any]:
        try:
            arguments = call.parse()
        except OutputError as error:
            raise UnsupportedError(f"Google takes only whole tool calls: {error}") from None
        self._calls[call.call_id] = name, own_id = _called(call)
        return {"functionCall": {"name": name, "args": arguments, **({"id": own_id} if own_id else {})}}

    def _result(self, result: ToolResult) -> list[dict[str, Any]]:
        name, own_id = self._calls.get(result.call_id, ("", None))
        if not (result.name or name):
            message = f"Google wants the name of the tool that gave the result {result.call_id!r}; give name=..."
            raise UnsupportedError(message)
        seen = [media(part) for part in result.content if isinstance(part, Media)]
        for part in result.content:
            if isinstance(part, Extension):
                self._note("dropped", "extension", "Google has no place for it in the result of a tool")
        reply: dict[str, Any] = {"name": result.name or name, "response": _response(result, has_media=bool(seen))}
        if own_id:
            reply["id"] = own_id
        if seen and self._third:
            return [{"functionResponse": {**reply, "parts": seen}}]
        if seen:
            self._note("emulated", "tool result", "the model takes no media in results; they stand beside it")
        return [{"functionResponse": reply}, *seen]

    def _note(self, kind: str, feature: str, reason: str) -> None:
        self.adjustments.append(Adjustment(kind=kind, feature=feature, reason=reason, by=ISSUER))


def _check_instructions(message: Message) -> None:
    for part in message.parts:
        if not isinstance(part, Text | Data):
            text = f"Google takes only text as instructions, not {type(part).__name__}"
            raise UnsupportedError(text)


def _called(call: ToolCall) -> _Called:
    return call.name, call.id if call.id == call.call_id else None


def _is_ours(seal: Seal | None) -> bool:
    return seal is not None and seal.issuer == ISSUER


def _own_options(part: Part) -> Mapping[str, Any]:
    own = part.options.get(ISSUER)
    return own if isinstance(own, dict) else {}


def _response(result: ToolResult, *, has_media: bool) -> dict[str, Any]:
    """Return what a tool gave as an object: data as it is, else under ``result``, or ``error`` where it failed."""
    key = "result" if result.outcome == Outcome.OK else "error"
    said = [part for part in result.content if isinstance(part, Text | Data)]
    if len(said) == 1 and isinstance(said[0], Data):
        value = said[0].value
        return value if isinstance(value, dict) and key == "result" else {key: value}
    return {} if has_media and not said else {key: result.text}


def media(part: Media) -> dict[str, Any]:
    """Return an image, a sound, a video or a document as a part."""
    source = part.source
    if isinstance(source, InlineText):
        return {"text": source.text}
    if isinstance(source, Bytes):
        return {"inlineData": {"mimeType": part.media_type, "data": source.base64}}
    return {"fileData": {**_type_of(part), "fileUri": _address(source)}}


def _address(source: Url | FileRef) -> str:
    if isinstance(source, Url):
        return source.url
    return FILES + source.file_id if source.file_id.startswith("files/") else source.file_id


def _type_of(part: Media) -> dict[str, str]:
    """Return the media type, by the ending of the address where only its family is known."""
    if "*" not in part.media_type:
        return {"mimeType": part.media_type}
    guessed = mimetypes.guess_type(part.source.url.partition("?")[0])[0] if isinstance(part.source, Url) else None
    return {"mimeType": guessed} if guessed else {}
