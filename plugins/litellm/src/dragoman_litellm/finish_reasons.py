"""The finish reasons that the providers themselves report.

LiteLLM replaces reasons that it does not know, and several that it knows, by ``stop``, and adds a ``stop`` to a stream
that was cut. The provider's own reason is in the reply itself, which LiteLLM passes to a ``logger_fn``, and in the
lines that its stream readers read.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, cast

from dragoman import FinishReason, ProtocolError
from dragoman.http import end_word, fields, loads, objects, word
from dragoman_openai_compatible import CHAT_FINISH_REASONS as OPENAI_FINISH

FINISH: Mapping[str, FinishReason] = {
    **OPENAI_FINISH,
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
        ("IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "IMAGE_OTHER", "guardrail_intervened"),
        FinishReason.CONTENT_FILTER,
    ),
    **dict.fromkeys(
        ("MALFORMED_FUNCTION_CALL", "MALFORMED_RESPONSE", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS"),
        FinishReason.ERROR,
    ),
    **dict.fromkeys(("MISSING_THOUGHT_SIGNATURE", "NO_IMAGE", "ERROR", "network_error"), FinishReason.ERROR),
}
"""The meaning of the reasons of all providers."""


_MARKERS = ('"choices"', '"candidates"', '"message_start"')


def native_reason(body: Any) -> str | None:
    """Return the reason in a reply or an event, in the format of OpenAI's, Google's or Anthropic's API."""
    reply = fields(body)
    for choice in objects(reply.get("choices")) + objects(reply.get("candidates")):
        return end_word(choice.get("finish_reason")) or end_word(choice.get("finishReason"))
    if blocked := word(fields(reply.get("promptFeedback")).get("blockReason")):
        return blocked
    return end_word(reply.get("stop_reason")) or end_word(fields(reply.get("delta")).get("stop_reason"))


class FinishReasonObserver:
    """Record the finish reason that the provider reports in one call.

    LiteLLM gets an object of this class as ``logger_fn``.

    Attributes:
        reason: the provider's own reason, once it has arrived.
        understood: whether the stream has a known format, so that a reason that was not seen was not sent.

    """

    def __init__(self) -> None:
        self.reason: str | None = None
        self.understood = False

    def __call__(self, details: Mapping[str, Any]) -> None:
        """Read what LiteLLM logs about the call."""
        reply = details.get("original_response")
        if isinstance(reply, str):
            self._read(reply)

    def observe(self, source: Any) -> None:
        """Observe the lines that a stream reader of LiteLLM reads, if it reads lines."""
        lines = getattr(source, "streaming_response", None)
        if hasattr(lines, "__aiter__"):
            source.streaming_response = _ObservedLines(cast("AsyncIterator[Any]", lines), self)

    def read_line(self, line: Any) -> None:
        """Read one line of an event stream."""
        text = line.decode("utf-8", "replace") if isinstance(line, bytes) else line
        if not isinstance(text, str):
            return
        self.understood = self.understood or any(marker in text for marker in _MARKERS)
        if "eason" in text:  # finish_reason, finishReason, stop_reason, blockReason
            self._read(text.partition("data:")[2] or text)

    def finish_reason(self, reported: Any, native: Any = None) -> Any:
        """Return the provider's own finish reason.

        Args:
            reported: the reason that LiteLLM reports.
            native: the provider's reason, where LiteLLM reports it in addition.

        """
        if end_word(reported) is None or (self.understood and self.reason is None):
            return None
        return self.reason or native or reported

    def _read(self, text: str) -> None:
        try:
            reason = native_reason(loads(text.strip().encode("utf-8", "replace")))
        except ProtocolError:
            return
        self.reason = reason or self.reason


class _ObservedLines:
    """Iterate over the lines of a reply, and pass each to an observer."""

    def __init__(self, lines: AsyncIterator[Any], observer: FinishReasonObserver) -> None:
        self._source = lines
        self._lines = aiter(lines)
        self._observer = observer

    def __aiter__(self) -> _ObservedLines:
        return self

    async def __anext__(self) -> Any:
        line = await anext(self._lines)
        self._observer.read_line(line)
        return line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)
