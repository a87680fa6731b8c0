"""Errors for answers that a method which returns a text or a value cannot return: declined, cut, or calls of tools."""

from __future__ import annotations

import re
from typing import NoReturn

from dragoman.spec.errors import OutputError, RefusalError, TruncatedOutputError
from dragoman.spec.response import FinishReason, Response

_WINDOW = re.compile("model|context|window", re.IGNORECASE)
"""Words for an end that the size of the model's context window brought about, which no setting changes."""
_OTHER_LIMIT = re.compile("time|tool|call|turn|server", re.IGNORECASE)
"""Words for an end that another limit than that of the request on tokens brought about."""
_DECLINED = {
    FinishReason.REFUSAL: "the model declined to answer",
    FinishReason.CONTENT_FILTER: "the answer was stopped by a content filter",
}
_KNOWN = frozenset({FinishReason.STOP, FinishReason.LENGTH, FinishReason.TOOL_CALLS})
_INCOMPLETE = frozenset({FinishReason.PAUSED, FinishReason.INTERRUPTED, FinishReason.ERROR})


def fail(
    kind: type[OutputError], message: str, response: Response, doors: str = "generate() returns such answers"
) -> NoReturn:
    """Raise an error with the answer, which says where the caller finds it.

    Args:
        kind: the class of the error.
        message: what is wrong.
        response: the answer.
        doors: the methods that serve such answers, with what they do.

    """
    text = f"{message}; error.partial holds what arrived, and {doors}"
    origin = response.origin
    raise kind(text, partial=response, provider=origin.provider or None, model=origin.model or None)


def is_declined(response: Response) -> bool:
    """Tell whether the model declined, or a filter stopped the answer."""
    return response.refusal is not None or response.finish.reason in _DECLINED


def is_cut_by_other(response: Response) -> bool:
    """Tell whether another limit than that of the request on tokens cut an answer, as one of the model itself."""
    raw = response.finish.raw or ""
    return _WINDOW.search(raw) is not None or _OTHER_LIMIT.search(raw) is not None


def is_cut(response: Response) -> bool:
    """Tell whether an answer ended before it was complete."""
    return response.finish.reason == FinishReason.LENGTH or response.finish.reason in _INCOMPLETE


def check_declined(response: Response) -> None:
    """Refuse an answer in which the model declined, or that a filter stopped.

    Raises:
        RefusalError: for such an answer.

    """
    if not is_declined(response):
        return
    reason = response.finish.reason
    said = f": {response.refusal}" if response.refusal else ""
    fail(RefusalError, _DECLINED.get(reason, _DECLINED[FinishReason.REFUSAL]) + said, response)


def check_calls(response: Response) -> None:
    """Refuse an answer that calls tools of the caller.

    Raises:
        OutputError: for such an answer.

    """
    if response.tool_calls:
        names = ", ".join(call.name for call in response.tool_calls)
        message = f"the model calls tools ({names}) and waits for their results"
        fail(OutputError, message, response, "generate() returns such answers; run() also runs the tools")


def check_complete(response: Response) -> None:
    """Refuse an answer that paused, failed or was interrupted.

    Raises:
        TruncatedOutputError: for such an answer.

    """
    finish = response.finish
    if finish.reason in _INCOMPLETE:
        fail(
            TruncatedOutputError,
            f"the answer is not complete (its end is {finish.raw or str(finish.reason)!r})",
            response,
        )


def check_known_end(response: Response) -> None:
    """Refuse an answer whose provider gives a reason for its end that is unknown here, since it may be cut.

    Raises:
        TruncatedOutputError: for such an answer.

    """
    finish = response.finish
    if finish.reason not in _KNOWN and finish.raw is not None:
        fail(
            TruncatedOutputError,
            f"the answer may not be complete: its end is {finish.raw!r}, an unknown reason",
            response,
        )


def refuse_cut(response: Response, limit: int | None = None) -> NoReturn:
    """Refuse an answer that was cut by a limit.

    Args:
        response: the answer.
        limit: the limit that the caller knows of, in tokens.

    Raises:
        TruncatedOutputError: always.

    """
    raw = response.finish.raw or ""
    if _WINDOW.search(raw):
        message = (
            f"the answer was cut by the limit of the model's context window ({raw!r}), which it shares with the "
            "conversation; shorten the conversation, or use a model with a greater window"
        )
    elif _OTHER_LIMIT.search(raw):
        message = f"the answer was cut by the limit that the provider calls {raw!r}, which is not max_tokens="
    else:
        of = f" of {limit} tokens" if limit is not None else ""
        message = f"the answer was cut by the limit{of} on its length; give a greater max_tokens="
    fail(TruncatedOutputError, message, response)
