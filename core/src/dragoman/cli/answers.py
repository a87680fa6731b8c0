"""Asking a model and showing its answer, and what is said about the answer."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from attrs import frozen

from dragoman.cli.answer_view import AnswerView
from dragoman.cli.conversation_log import LogError
from dragoman.cli.dialogue import Dialogue
from dragoman.cli.error_messages import one_line
from dragoman.cli.terminal import complain
from dragoman.client.llm import LLM
from dragoman.spec.errors import DragomanError
from dragoman.spec.events import StreamEnd, TextDelta
from dragoman.spec.message import Message
from dragoman.spec.response import FinishReason, Response, Usage

if TYPE_CHECKING:
    from dragoman.client.model_usage import ModelUsage
    from dragoman.spec.cost import Cost
    from dragoman.spec.run import Run
    from dragoman.spec.run_events import RunEvent

_CUTS = {
    FinishReason.LENGTH: "the answer was cut by a limit of tokens; -o max_tokens=N allows more",
    FinishReason.CONTENT_FILTER: "the answer was stopped by a filter of the provider",
    FinishReason.REFUSAL: "the model declined to answer",
    FinishReason.PAUSED: "the model paused; ask it to go on",
    FinishReason.TOOL_CALLS: "the model calls tools, of which none is given; -t gives some",
    FinishReason.ERROR: "the provider ended the answer with an error",
    FinishReason.INTERRUPTED: "the answer was interrupted, and is incomplete",
}


@frozen(kw_only=True)
class Outcome:
    """What came of a question.

    Args:
        text: the text that arrived of an answer that is not whole.
        seconds: how long it took.
        response: the last whole answer, ``None`` if there is none.
        run: what was done with tools, ``None`` without any.
        error: why there is no answer, ``None`` if the user stopped it.

    """

    text: str
    seconds: float
    response: Response | None = None
    run: Run[Any] | None = None
    error: DragomanError | None = None

    @property
    def answers(self) -> tuple[Message, ...]:
        """Return what a conversation keeps: answers and the results of their calls, as far as these are whole."""
        turns, text = (self.run.turns if self.run is not None else ()), self.text
        if turns and turns[-1].is_open:
            turns, text = turns[:-1], turns[-1].response.text
        whole = [message for turn in turns for message in turn.messages]
        if self.run is None and self.response is not None:
            whole = [self.response.message]
        return (*whole, *([Message("assistant", text)] if text else []))

    @property
    def usage(self) -> Usage:
        """Return the tokens of all answers together."""
        return self.run.usage if self.run is not None else self.response.usage if self.response else Usage()

    @property
    def cost(self) -> Cost | None:
        """Return what all answers cost together, ``None`` if that is not known."""
        return self.run.cost() if self.run is not None else self.response.cost() if self.response else None


async def ask(llm: LLM, messages: list[Message] | Run[Any], view: AnswerView, **arguments: Any) -> Outcome:
    """Ask a model and show its answer; a cancellation ends the answer, not the caller.

    Args:
        llm: the model.
        messages: the conversation, or a run that goes on.
        view: where the answer is shown.
        arguments: those of :meth:`~dragoman.LLM.stream`, or with ``tools`` of :meth:`~dragoman.LLM.stream_run`.

    """
    begun = time.perf_counter()
    pieces: list[str] = []
    response: Response | None = None
    run = None if isinstance(messages, list) else messages
    error: DragomanError | None = None
    try:
        if isinstance(messages, list) and "tools" not in arguments:
            async with llm.stream(messages, **arguments) as stream:
                async for event in stream:
                    _show(event, view, pieces)
                response = stream.response
        else:
            async with llm.stream_run(messages, **arguments) as going:
                try:
                    async for step in going:
                        _show(step, view, pieces)
                finally:
                    run = going.so_far
            response = run.response
    except asyncio.CancelledError:
        pass  # by Ctrl-C, which asyncio.Runner turns into a cancellation
    except DragomanError as raised:
        error = raised
    finally:
        view.finish()
    text = "" if response else "".join(pieces)
    return Outcome(text=text, seconds=time.perf_counter() - begun, response=response, run=run, error=error)


def _show(event: RunEvent, view: AnswerView, pieces: list[str]) -> None:
    """Show an event, and note the text of an answer until it is whole."""
    view.show(event)
    if isinstance(event, TextDelta):
        pieces.append(event.text)
    elif isinstance(event, StreamEnd):
        pieces.clear()


def keep(dialogue: Dialogue, question: Message, *answers: Message) -> None:
    """Add a question and what came of it to a conversation; a log that cannot be written is only reported, and once."""
    try:
        dialogue.keep(question, *answers)
    except LogError as error:
        if dialogue.trouble != str(error):
            complain(f"dragoman: what is said is not kept: {one_line(error)}")
        dialogue.trouble = str(error)


def cut_note(response: Response) -> str | None:
    """Return a sentence about an answer that is not whole, ``None`` for one that is."""
    return _CUTS.get(response.finish.reason)


def status_line(outcome: Outcome, response: Response) -> str:
    """Return the model, the tokens, the cost if it is known, and the seconds of an answer on one line.

    Args:
        outcome: what came of a question.
        response: the last answer.

    """
    origin = response.origin
    model = origin.served_model or origin.model
    name = origin.provider if model in {"", origin.provider} else f"{origin.provider}/{model}"
    counted = counts(outcome.usage) or "not told"
    cost = outcome.cost
    told = [name, f"tokens: {counted}", *([] if cost is None else [money(cost)]), f"{outcome.seconds:.1f} s"]
    return " | ".join(told)  # a bar is in every encoding


def counts(usage: Usage | ModelUsage) -> str:
    """Return the numbers of tokens that are known."""
    kinds = ((usage.input_tokens, "in"), (usage.cache_read_tokens, "from cache"), (usage.output_tokens, "out"))
    return ", ".join(f"{count:,} {kind}" for count, kind in kinds if count or (count == 0 and kind != "from cache"))


def money(cost: Cost) -> str:
    """Return a cost with its currency, to a millionth."""
    amount = f"{cost.amount:.6f}".rstrip("0").rstrip(".")
    shown = "<0.000001" if amount == "0" and cost.amount else amount
    return f"{shown} {cost.currency}"
