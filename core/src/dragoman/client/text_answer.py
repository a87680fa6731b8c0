"""The text of an answer, for the methods that only return text: an empty or truncated text raises an error."""

from __future__ import annotations

from dragoman.spec.errors import NoAnswerError, OutputError, RefusalError, TruncatedOutputError
from dragoman.spec.parts import ToolCall
from dragoman.spec.request import Settings
from dragoman.spec.response import FinishReason, Response

_DECLINED = {
    FinishReason.REFUSAL: "the model declined to answer",
    FinishReason.CONTENT_FILTER: "the answer was stopped by a content filter",
}


def text_of(response: Response, settings: Settings) -> str:
    """Return the text of an answer.

    Args:
        response: the answer.
        settings: those of its request; a text that is cut by a limit that the caller gave is returned.

    Raises:
        RefusalError: if the model declined, or a filter stopped it.
        TruncatedOutputError: if the answer was cut, but for a text by a limit that the caller gave.
        NoAnswerError: if there is no text.
        OutputError: if the answer calls tools.

    """
    check_text(response, settings)
    return response.text


def check_text(response: Response, settings: Settings) -> None:
    """Raise what :func:`text_of` raises."""
    reason, text = response.finish.reason, response.text
    if reason == FinishReason.STOP and text and not response.message.of_type(ToolCall):
        return
    if response.refusal is not None or reason in _DECLINED:
        said = f": {response.refusal}" if response.refusal else ""
        message = _DECLINED.get(reason, _DECLINED[FinishReason.REFUSAL]) + said
        raise RefusalError(_with_door(message), partial=response)
    if response.tool_calls:
        names = ", ".join(call.name for call in response.tool_calls)
        message = f"the model calls tools ({names}), which a method that returns text cannot return"
        raise OutputError(_with_door(message), partial=response)
    if reason == FinishReason.LENGTH and not (text and "max_tokens" in settings.explicit):
        limit = settings.max_tokens
        of = f" of {limit} tokens" if limit is not None else ""
        message = f"the answer was cut by the limit{of} on its length; give a greater max_tokens="
        raise TruncatedOutputError(_with_door(message), partial=response)
    if reason in {FinishReason.PAUSED, FinishReason.INTERRUPTED, FinishReason.ERROR}:
        message = f"the answer is not complete (its end is {response.finish.raw or str(reason)!r})"
        raise TruncatedOutputError(_with_door(message), partial=response)
    if not text:
        message = "the answer holds no text"
        raise NoAnswerError(_with_door(message), partial=response)


def _with_door(message: str) -> str:
    return f"{message}; error.partial holds what arrived, and generate() returns such answers"
