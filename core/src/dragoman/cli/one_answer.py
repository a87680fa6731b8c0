"""One question and its answer, printed for a reader or for a program."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import click

from dragoman.cli import text_io
from dragoman.cli.answer_view import PlainView
from dragoman.cli.answers import Outcome, cut_note, keep, status_line
from dragoman.cli.code_block import first_code_block
from dragoman.cli.dialogue import Dialogue
from dragoman.cli.terminal import complain
from dragoman.cli.waiting import run
from dragoman.client.llm import LLM
from dragoman.client.text_answer import check_text
from dragoman.spec.message import Message
from dragoman.spec.response import Response

if TYPE_CHECKING:
    from dragoman.spec.run import Run
    from dragoman.spec.run_events import RunEvent

Form: TypeAlias = Literal["text", "whole", "code", "json", "events"]
"""How an answer is printed: while it arrives, when it is complete, only its first block of code, as one JSON object, or
as one for each event."""
_Print: TypeAlias = Callable[[LLM, list[Message], Mapping[str, Any]], Coroutine[Any, Any, Response]]


def answer(dialogue: Dialogue, text: str, form: Form, *, shows_usage: bool = False) -> None:
    """Ask one question, and print its answer.

    Args:
        dialogue: the conversation.
        text: the question.
        form: how the answer is printed.
        shows_usage: whether the model, the tokens, the cost and the seconds are told on standard error.

    Raises:
        click.Abort: if the user leaves instead of deciding whether a tool may run.
        DragomanError: if there is no answer.

    """
    question = dialogue.question(text)
    messages, arguments = dialogue.request(question), dialogue.arguments()
    begun, done = time.perf_counter(), None
    with asyncio.Runner() as runner:
        try:
            if "tools" in arguments:
                done = _answer_with_tools(runner, dialogue, messages, form)
                response, answers = done.response, done.messages[len(messages) :]
            else:
                response = run(_PRINTS[form](dialogue.llm, messages, arguments), runner)
                answers = (response.message,)
        finally:
            run(dialogue.llm.aclose(), runner)
    if cut := cut_note(response):
        complain(f"dragoman: {cut}")
    if shows_usage:
        outcome = Outcome(text="", seconds=time.perf_counter() - begun, response=response, run=done)
        complain(status_line(outcome, response))
    keep(dialogue, question, *answers)


async def _print(llm: LLM, messages: list[Message], arguments: Mapping[str, Any]) -> Response:
    view = PlainView()
    try:
        async with llm.stream(messages, **arguments) as stream:
            async for event in stream:
                view.show(event)
            check_text(stream.response, stream.settings)
            return stream.response
    finally:
        view.finish()


async def _print_whole(llm: LLM, messages: list[Message], arguments: Mapping[str, Any]) -> Response:
    response = await llm.generate(messages, **arguments)
    check_text(response, llm.config.settings())
    click.echo(response.text, color=True)
    return response


async def _print_code(llm: LLM, messages: list[Message], arguments: Mapping[str, Any]) -> Response:
    response = await llm.generate(messages, **arguments)
    check_text(response, llm.config.settings())
    click.echo(first_code_block(response.text), color=True)
    return response


async def _print_json(llm: LLM, messages: list[Message], arguments: Mapping[str, Any]) -> Response:
    response = await llm.generate(messages, **arguments)
    click.echo(text_io.as_json(without_raw(response)))
    return response


async def _print_events(llm: LLM, messages: list[Message], arguments: Mapping[str, Any]) -> Response:
    async with llm.stream(messages, **arguments) as stream:
        async for event in stream:
            _print_event(event)
        return stream.response


_PRINTS: Mapping[Form, _Print] = {
    "text": _print,
    "whole": _print_whole,
    "code": _print_code,
    "json": _print_json,
    "events": _print_events,
}


def _answer_with_tools(runner: asyncio.Runner, dialogue: Dialogue, messages: list[Message], form: Form) -> Run[Any]:
    """Ask a question and run the tools that the model calls, those that need it after the user was asked."""
    done = run(_print_run(dialogue.llm, messages, dialogue.arguments(), form), runner)
    while done.pending:
        done = run(_print_run(dialogue.llm, dialogue.toolbox.decided(done), dialogue.arguments(), form), runner)
    if form in {"whole", "code"}:
        click.echo(first_code_block(done.text) if form == "code" else done.text, color=True)
    elif form == "json":
        click.echo(text_io.as_json(done.to_dict()))
    return done


async def _print_run(
    llm: LLM, messages: list[Message] | Run[Any], arguments: Mapping[str, Any], form: Form
) -> Run[Any]:
    view = PlainView(has_notes_apart=True)
    try:
        async with llm.stream_run(messages, **arguments) as events:
            async for event in events:
                if form == "events":
                    _print_event(event)
                elif form == "text" or type(event).__name__ == "ToolFinished":
                    view.show(event)
            if form in {"text", "whole", "code"}:
                events.check_text()
            return events.run
    finally:
        view.finish()


def _print_event(event: RunEvent) -> None:
    from dragoman.spec.serialization import to_dict  # noqa: PLC0415  # needed by --events only

    told = {name: each for name, each in to_dict(event).items() if name not in {"error", "run"}}
    click.echo(text_io.as_json({"event": type(event).__name__, **told}, indent=None))


def without_raw(response: Response) -> dict[str, Any]:
    """Return a response as plain data, without the reply as its provider sent it."""
    from dragoman.spec.serialization import to_dict  # noqa: PLC0415  # needed by --json only

    data = to_dict(response)
    data.pop("raw", None)
    return data
