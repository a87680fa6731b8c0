"""Messages as ``contents`` and ``systemInstruction``: https://ai.google.dev/api/caching#Content."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias, cast

import attrs
from attrs import frozen

from dragoman import (
    Adjustment,
    Data,
    Extension,
    Media,
    Message,
    Outcome,
    Part,
    Reasoning,
    Refusal,
    Role,
    Seal,
    Text,
    ToolCall,
    ToolResult,
    UnsupportedError,
)
from dragoman.http import cache_encoding, cached_encoding, dumps, fields, object_arguments, own_members, word
from dragoman_google.models import is_gemini_3, is_old_gemma
from dragoman_google.options import ISSUER
from dragoman_google.request_media import encode_media

PLACEHOLDER_SIGNATURE = "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I="
"""``skip_thought_signature_validator`` in base64, which replaces the signature of a call that another model made.

https://ai.google.dev/gemini-api/docs/thought-signatures
"""

_SIGNATURE = "thought_signature"
"""The member in which gateways and the form of OpenAI hand on a signature."""

_CACHE_KEYS = (object(), object())
"""The keys of the encoding cache, for models before Gemini 3 and from Gemini 3 on, which differ in their encoding."""

_CallInfo: TypeAlias = tuple[str, str | None]
"""The name of the called tool, and the id that Google gave to the call."""


@frozen(kw_only=True)
class _EncodedMessage:
    """Hold an encoded message, and the tool calls that its encoding depends on.

    Args:
        parts: its parts.
        adjustments: what was left out or changed.
        calls: the tool calls that it makes, by id.
        result_ids: the ids of the tool calls whose results it holds.
        result_calls: these calls at the time of the encoding, ``None`` for an unknown one.

    """

    parts: list[dict[str, Any]]
    adjustments: list[Adjustment]
    calls: dict[str, _CallInfo]
    result_ids: list[str]
    result_calls: list[_CallInfo | None]


class ContentsEncoder:
    """Encode one conversation.

    Args:
        model: the model.

    Attributes:
        system: the parts of the system instruction.
        adjustments: what was left out or changed.

    """

    def __init__(self, model: str) -> None:
        self.system: list[dict[str, Any]] = []
        self.adjustments: list[Adjustment] = []
        self._is_gemini_3 = is_gemini_3(model)
        self._accepts_system = not is_old_gemma(model)
        self._contents: list[dict[str, Any]] = []
        self._calls: dict[str, _CallInfo] = {}

    def encode(self, messages: Iterable[Message]) -> list[dict[str, Any]]:
        """Return the contents, whose roles alternate, beginning with the user.

        Raises:
            UnsupportedError: for content that Google does not accept.

        """
        for message in messages:
            parts = self._message(message)
            if message.role == Role.SYSTEM:
                self._add_system(parts)
            else:
                self._add("model" if message.role == Role.ASSISTANT else "user", parts)
        self._start_with_user()
        return self._contents

    def _message(self, message: Message) -> list[dict[str, Any]]:
        """Return the parts of a message, from the encoding cache if the calls that it answers are the same."""
        encoded: _EncodedMessage | None = cached_encoding(message, _CACHE_KEYS[self._is_gemini_3])
        if encoded is not None and encoded.result_calls == list(map(self._calls.get, encoded.result_ids)):
            self.adjustments += encoded.adjustments
            self._calls.update(encoded.calls)
        else:
            encoded = self._encode_message(message)
            cache_encoding(message, _CACHE_KEYS[self._is_gemini_3], encoded)
        return encoded.parts

    def _encode_message(self, message: Message) -> _EncodedMessage:
        before = len(self.adjustments)
        result_ids = [result.call_id for result in message.of_type(ToolResult)]
        result_calls = list(map(self._calls.get, result_ids))
        if message.role == Role.SYSTEM:
            _check_system(message)
        parts = self._parts(message.parts)
        return _EncodedMessage(
            parts=self._with_signature(parts) if message.role == Role.ASSISTANT else parts,
            adjustments=self.adjustments[before:],
            calls={call.call_id: _call_info(call) for call in message.of_type(ToolCall) if not call.server_side},
            result_ids=result_ids,
            result_calls=result_calls,
        )

    def _add_system(self, parts: list[dict[str, Any]]) -> None:
        if not self._accepts_system:
            self._adjust(
                "emulated", "system message", "the model does not accept system messages, so it is sent as the user's"
            )
            self._add("user", parts)
            return
        if self._contents and parts:
            self._adjust("coerced", "system message", "Google accepts system messages only before the conversation")
        self.system.extend(parts)

    def _add(self, role: str, parts: list[dict[str, Any]]) -> None:
        if not parts:
            return
        if self._contents and self._contents[-1]["role"] == role:
            self._contents[-1]["parts"].extend(parts)
        else:
            self._contents.append({"role": role, "parts": [*parts]})

    def _start_with_user(self) -> None:
        if not self._contents or self._contents[0]["role"] == "model":
            self._contents.insert(0, {"role": "user", "parts": [{"text": " "}]})
            self._adjust("emulated", "messages", "Google requires a user message first, so a blank one was added")

    def _parts(self, parts: Iterable[Part]) -> list[dict[str, Any]]:
        return [encoded for part in parts for encoded in self._part(part)]

    def _part(self, part: Part) -> list[dict[str, Any]]:
        if isinstance(part, ToolResult):
            return self._result(part)
        if part.seal is not None and part.seal.issuer != ISSUER:
            part = attrs.evolve(part, seal=_own_seal(part.seal))
        encoded = self._unsigned(part)
        if encoded is None:
            return []
        return [{**encoded, **own_members(part, ISSUER), **self._signature(part)}]

    def _unsigned(self, part: Part) -> dict[str, Any] | None:
        """Return a part without its signature, ``None`` if it is left out."""
        if isinstance(part, Text):
            return {"text": part.text} if part.text or _is_google(part.seal) else None
        if isinstance(part, Media):
            return encode_media(part)
        if isinstance(part, ToolCall) and not part.server_side:
            return self._call(part)
        if isinstance(part, Reasoning) and _is_google(part.seal):
            return {"text": part.text, "thought": True}
        if isinstance(part, Refusal):
            return {"text": part.text} if part.text else None
        if isinstance(part, Data):
            return {"text": dumps(part.value).decode()}
        if isinstance(part, Extension) and part.issuer == ISSUER and isinstance(part.value, dict):
            return dict(part.value)
        self._adjust("dropped", type(part).__name__.lower(), "Google does not accept it from another provider")
        return None

    def _signature(self, part: Part) -> dict[str, Any]:
        if part.seal is None:
            return {}
        if _is_google(part.seal):
            return {} if part.seal.payload is None else {"thoughtSignature": part.seal.payload}
        self._adjust("dropped", "seal", f"only {part.seal.issuer}, which issued it, can read it")
        return {}

    def _with_signature(self, parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Add the placeholder signature to the first tool call if it has none and the model requires one."""
        first = next((part for part in parts if "functionCall" in part), None)
        if self._is_gemini_3 and first is not None and "thoughtSignature" not in first:
            first["thoughtSignature"] = PLACEHOLDER_SIGNATURE
            self._adjust("emulated", "thought signature", "another model made the call, or its signature was lost")
        return parts

    def _call(self, call: ToolCall) -> dict[str, Any]:
        arguments, notes = object_arguments(call, "Google", by=ISSUER)
        self.adjustments += notes
        self._calls[call.call_id] = name, google_id = _call_info(call)
        return {"functionCall": {"name": name, "args": arguments, **({"id": google_id} if google_id else {})}}

    def _result(self, result: ToolResult) -> list[dict[str, Any]]:
        name, google_id = self._calls.get(result.call_id, ("", None))
        if not (result.name or name):
            message = f"Google requires the name of the tool for the result {result.call_id!r}; give name=..."
            raise UnsupportedError(message)
        media = [encode_media(part) for part in result.content if isinstance(part, Media)]
        for part in result.content:
            if isinstance(part, Extension):
                self._adjust("dropped", "extension", "Google does not accept it in a tool result")
        reply: dict[str, Any] = {"name": result.name or name, "response": self._response(result, has_media=bool(media))}
        if google_id:
            reply["id"] = google_id
        if media and self._is_gemini_3:
            return [{"functionResponse": {**reply, "parts": media}}]
        if media:
            self._adjust(
                "emulated", "tool result", "the model does not accept media in tool results, so they follow it"
            )
        return [{"functionResponse": reply}, *media]

    def _response(self, result: ToolResult, *, has_media: bool) -> dict[str, Any]:
        response = _response(result, has_media=has_media)
        if self._is_gemini_3 and _has_reference(response):
            reason = "Gemini 3 reads $ref in a tool result as a reference to its own parts, so the result is text"
            self._adjust("emulated", "tool result", reason)
            return {"result" if result.outcome == Outcome.OK else "error": dumps(response).decode()}
        return response

    def _adjust(self, kind: str, feature: str, reason: str) -> None:
        self.adjustments.append(Adjustment(kind=kind, feature=feature, reason=reason, by=ISSUER))


def _check_system(message: Message) -> None:
    for part in message.parts:
        if not isinstance(part, Text | Data):
            text = f"Google accepts only text in a system message, not {type(part).__name__}"
            raise UnsupportedError(text)


def _call_info(call: ToolCall) -> _CallInfo:
    return call.name, call.id if call.id == call.call_id else None


def _is_google(seal: Seal | None) -> bool:
    return seal is not None and seal.issuer == ISSUER


def _own_seal(seal: Seal) -> Seal:
    """Return a signature of Google that came by another road as its own seal, any other seal as it is.

    https://ai.google.dev/gemini-api/docs/thought-signatures#openai
    """
    payload = fields(seal.payload)
    own = fields(fields(payload.get("extra_content")).get(ISSUER))
    signature = word(own.get(_SIGNATURE)) or word(payload.get(_SIGNATURE))
    return seal if signature is None else Seal(issuer=ISSUER, payload=signature)


def _response(result: ToolResult, *, has_media: bool) -> dict[str, Any]:
    """Return a tool result as an object: an object unchanged, anything else as ``result``, a failure as ``error``."""
    key = "result" if result.outcome == Outcome.OK else "error"
    content = [part for part in result.content if isinstance(part, Text | Data)]
    if len(content) == 1 and isinstance(content[0], Data):
        value = content[0].value
        return value if isinstance(value, dict) and key == "result" else {key: value}
    return {} if has_media and not content else {key: result.text}


def _has_reference(value: Any) -> bool:
    if isinstance(value, dict):
        return "$ref" in value or any(map(_has_reference, cast("dict[str, Any]", value).values()))
    return isinstance(value, list) and any(map(_has_reference, value))  # pyright: ignore[reportUnknownArgumentType]
