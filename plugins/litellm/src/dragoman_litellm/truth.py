"""Why an answer ended, in the provider's own word.

LiteLLM turns reasons it does not know, and several that it does, into ``stop``, and gives a stream that was cut a
``stop`` it never had. What the provider said stands in the reply itself, which LiteLLM shows to a ``logger_fn``, and in
the lines that its stream readers read.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, cast

from dragoman import FinishReason, ProtocolError
from dragoman.http import fields, loads, objects, word
from dragoman_openai_compatible.chat_parts import FINISH as OPENAI

FINISH: Mapping[str, FinishReason] = {
    **OPENAI,
    "end_turn": FinishReason.STOP,
    "stop_sequence": FinishReason.STOP,
    "STOP": FinishReason.STOP,
    "COMPLETE": FinishReason.STOP,
    "eos": FinishReason.STOP,
    "eos_token": FinishReason.STOP,
    "max_tokens": FinishReason.LENGTH,
    "MAX_TOKENS": FinishReason.LENGTH,
    "model_context_window_exceeded": FinishReason.LENGTH,
    "tool_use": FinishReason.TOOL_CALLS,
    "refusal": FinishReason.REFUSAL,
    "pause_turn": FinishReason.PAUSED,
    "compaction": FinishReason.PAUSED,
    **dict.fromkeys(
        ("SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "ERROR_TOXIC", "sensitive"),
        FinishReason.CONTENT_FILTER,
    ),
    **dict.fromkeys(
        ("IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "guardrail_intervened"),
        FinishReason.CONTENT_FILTER,
    ),
    **dict.fromkeys(
        ("MALFORMED_FUNCTION_CALL", "MALFORMED_RESPONSE", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS"),
        FinishReason.ERROR,
    ),
    **dict.fromkeys(("MISSING_THOUGHT_SIGNATURE", "ERROR", "network_error"), FinishReason.ERROR),
}
"""What the reasons of all providers stand for; every other one is ``other``."""


_SIGNS = ('"choices"', '"candidates"', '"message_start"')


def native_reason(body: Any) -> str | None:
    """Return the reason that a reply or an event of a provider states, in any of the dialects known here."""
    reply = fields(body)
    for choice in objects(reply.get("choices")) + objects(reply.get("candidates")):
        return word(choice.get("finish_reason")) or word(choice.get("finishReason"))
    if blocked := word(fields(reply.get("promptFeedback")).get("blockReason")):
        return blocked
    return word(reply.get("stop_reason")) or word(fields(reply.get("delta")).get("stop_reason"))


class Witness:
    """Remember what the provider itself said in one call.

    An object of this class is what LiteLLM gets as ``logger_fn``.

    Attributes:
        reason: the provider's own word for the end, once it was heard.
        understood: whether the stream was heard in a dialect known here, so that what was not heard was not said.

    """

    def __init__(self) -> None:
        self.reason: str | None = None
        self.understood = False

    def __call__(self, details: Mapping[str, Any]) -> None:
        """Take what LiteLLM logs about the call."""
        reply = details.get("original_response")
        if isinstance(reply, str):
            self._read(reply)

    def watch(self, source: Any) -> None:
        """Listen to the lines that a stream reader of LiteLLM reads, where it reads lines."""
        lines = getattr(source, "streaming_response", None)
        if hasattr(lines, "__aiter__"):
            source.streaming_response = _Lines(cast("AsyncIterator[Any]", lines), self)

    def hear(self, line: Any) -> None:
        """Take one line of an event stream."""
        text = line.decode("utf-8", "replace") if isinstance(line, bytes) else line
        if not isinstance(text, str):
            return
        self.understood = self.understood or any(sign in text for sign in _SIGNS)
        if "eason" in text:  # finish_reason, finishReason, stop_reason, blockReason
            self._read(text.partition("data:")[2] or text)

    def finish(self, mapped: Any, stated: Any = None) -> Any:
        """Return why an answer ended, given what LiteLLM makes of it."""
        if mapped is None or (self.understood and self.reason is None):
            return None
        return self.reason or stated or mapped

    def _read(self, text: str) -> None:
        try:
            reason = native_reason(loads(text.strip().encode("utf-8", "replace")))
        except ProtocolError:
            return
        self.reason = reason or self.reason


class _Lines:
    """Iterate over the lines of a reply and let a witness hear them."""

    def __init__(self, lines: AsyncIterator[Any], witness: Witness) -> None:
        self._source = lines
        self._lines = aiter(lines)
        self._witness = witness

    def __aiter__(self) -> _Lines:
        return self

    async def __anext__(self) -> Any:
        line = await anext(self._lines)
        self._witness.hear(line)
        return line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)
