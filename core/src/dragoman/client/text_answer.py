"""The text of an answer, for the methods that only return text: an empty or truncated text raises an error."""

from __future__ import annotations

from dragoman.spec.errors import NoAnswerError
from dragoman.spec.parts import ToolCall
from dragoman.spec.request import Settings
from dragoman.spec.response import FinishReason, Response


def text_of(response: Response, settings: Settings) -> str:
    """Return the text of an answer.

    Args:
        response: the answer.
        settings: those of its request; a text that is cut by a limit that the caller gave is returned.

    Raises:
        RefusalError: if the model declined, or a filter stopped it.
        TruncatedOutputError: if the answer was cut, but for a text by a limit that the caller gave, or if its provider
            gives a reason for its end that is unknown.
        NoAnswerError: if there is no text, or a blank one.
        OutputError: if the answer calls tools.

    """
    check_text(response, settings)
    return response.text


def check_text(response: Response, settings: Settings, *, may_call: bool = False) -> None:
    """Raise what :func:`text_of` raises.

    Args:
        response: the answer.
        settings: those of its request.
        may_call: whether the answer may call tools, because the caller holds all of it.

    """
    reason, text = response.finish.reason, response.text
    has_text = bool(text) and not text.isspace()
    if reason == FinishReason.STOP and has_text and not response.message.of_type(ToolCall):
        return
    from dragoman.spec.whole_answer import (  # noqa: PLC0415  # most answers are whole
        check_calls,
        check_complete,
        check_declined,
        check_known_end,
        fail,
        is_cut_by_other,
        refuse_cut,
    )

    check_declined(response)
    if not may_call:
        check_calls(response)
    is_wanted = has_text and _is_limited_by_caller(response, settings)
    if reason == FinishReason.LENGTH and (not is_wanted or is_cut_by_other(response)):
        refuse_cut(response, settings.max_tokens)
    check_complete(response)
    if not has_text and not response.tool_calls:
        fail(NoAnswerError, "the answer holds no text", response)
    check_known_end(response)


def _is_limited_by_caller(response: Response, settings: Settings) -> bool:
    """Return whether the limit on the tokens of an answer is the one that the caller gave, unchanged."""
    is_changed = any(note.feature == "max_tokens" for note in response.adjustments)
    return settings.is_given("max_tokens") and not is_changed
