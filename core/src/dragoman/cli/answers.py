"""Asking a model and showing its answer, and what is said about the answer."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from attrs import frozen

from dragoman.cli.answer_view import AnswerView
from dragoman.cli.conversation_log import LogError
from dragoman.cli.dialogue import Dialogue
from dragoman.cli.error_messages import to_click_error
from dragoman.client.llm import LLM
from dragoman.spec.errors import DragomanError
from dragoman.spec.events import TextDelta
from dragoman.spec.message import Message
from dragoman.spec.response import FinishReason, Response

_CUTS = {
    FinishReason.LENGTH: "the answer was cut by a limit of tokens; -o max_tokens=N allows more",
    FinishReason.CONTENT_FILTER: "the answer was stopped by a filter of the provider",
    FinishReason.REFUSAL: "the model declined to answer",
    FinishReason.PAUSED: "the model paused; ask it to go on",
    FinishReason.TOOL_CALLS: "the model calls tools, which this command does not run",
    FinishReason.ERROR: "the provider ended the answer with an error",
    FinishReason.INTERRUPTED: "the answer was interrupted, and is incomplete",
}


@frozen(kw_only=True)
class Outcome:
    """What came of a question.

    Args:
        text: the text that arrived.
        seconds: how long it took.
        response: the whole answer, ``None`` if there is none.
        error: why there is none, ``None`` if the user stopped it.

    """

    text: str
    seconds: float
    response: Response | None = None
    error: DragomanError | None = None

    @property
    def answer(self) -> Message | None:
        """Return what a conversation keeps of the answer, ``None`` if nothing came."""
        if self.response is not None:
            return self.response.message
        return Message("assistant", self.text) if self.text else None


async def ask(llm: LLM, messages: list[Message], view: AnswerView, **arguments: Any) -> Outcome:
    """Ask a model and show its answer; a cancellation ends the answer, not the caller.

    Args:
        llm: the model.
        messages: the conversation.
        view: where the answer is shown.
        arguments: those of :meth:`~dragoman.LLM.stream`.

    """
    begun = time.perf_counter()
    pieces: list[str] = []
    response: Response | None = None
    error: DragomanError | None = None
    try:
        async with llm.stream(messages, **arguments) as stream:
            async for event in stream:
                view.show(event)
                if isinstance(event, TextDelta):
                    pieces.append(event.text)
            response = stream.response
    except asyncio.CancelledError:
        pass  # by Ctrl-C, which asyncio.Runner turns into a cancellation
    except DragomanError as raised:
        error = raised
    finally:
        view.finish()
    return Outcome(text="".join(pieces), seconds=time.perf_counter() - begun, response=response, error=error)


def keep(dialogue: Dialogue, question: Message, answer: Message) -> None:
    """Add a question and its answer to a conversation; a log that cannot be written is only reported."""
    try:
        dialogue.keep(question, answer)
    except LogError as error:
        to_click_error(error).show()


def cut_note(response: Response) -> str | None:
    """Return a sentence about an answer that is not whole, ``None`` for one that is."""
    return _CUTS.get(response.finish.reason)


def status_line(response: Response, seconds: float) -> str:
    """Return the model, the tokens and the seconds of an answer on one line.

    Args:
        response: the answer.
        seconds: how long it took.

    """
    usage, origin = response.usage, response.origin
    model = origin.served_model or origin.model
    name = origin.provider if model in {"", origin.provider} else f"{origin.provider}/{model}"
    counts = ((usage.input_tokens, "in"), (usage.cache_read_tokens, "from cache"), (usage.output_tokens, "out"))
    tokens = ", ".join(f"{count:,} {kind}" for count, kind in counts if count is not None)
    # A bar is in every encoding.
    return " | ".join([name, f"tokens: {tokens or 'not told'}", f"{seconds:.1f} s"])
