"""The conversation of ``dragoman chat`` in a terminal: read a message, show the answer, and again."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Any

import click
from attrs import evolve

from dragoman.cli.answer_view import AnswerView, is_rich_terminal, view_of_terminal
from dragoman.cli.answers import Outcome, ask, cut_note, keep, status_line
from dragoman.cli.dialogue import Dialogue
from dragoman.cli.error_messages import CONVERSATION, to_click_error
from dragoman.cli.line_editor import editing_reader, plain_reader
from dragoman.cli.model_lists import model_names
from dragoman.cli.slash_commands import COMMANDS, Reply, run_command
from dragoman.cli.terminal import complain
from dragoman.cli.waiting import left_at_signals, run, settle, unechoed
from dragoman.spec.config_loading import profiles
from dragoman.spec.errors import DragomanError
from dragoman.spec.message import Message
from dragoman.spec.run import Run
from dragoman.spec.user_folder import user_folder

_LEAVING = frozenset({"exit", "quit"})
"""What people type to leave any program that reads lines."""


def converse(dialogue: Dialogue, *, is_plain: bool) -> None:
    """Hold a conversation in the terminal until the user leaves.

    Args:
        dialogue: the conversation.
        is_plain: whether answers are shown as their source, and messages read line by line.

    """
    view = view_of_terminal(is_plain=is_plain)
    read = _reader(is_plain=is_plain, remembers=dialogue.is_logged)
    view.note(f"{dialogue.model}. /help lists the commands; Ctrl-D leaves.")
    with left_at_signals(), unechoed(), asyncio.Runner() as runner:
        try:
            while _goes_on(runner, dialogue, read, view):
                pass
        finally:
            run(dialogue.llm.aclose(), runner)


def _goes_on(runner: asyncio.Runner, dialogue: Dialogue, read: Callable[[], str], view: AnswerView) -> bool:
    """Read a line and do what it says; return whether another one is read after it. Ctrl-C ends none but this."""
    reply = Reply()
    try:
        line = _line(read, view)
        reply = Reply(ends=True) if line is None or line in _LEAVING else _reply(dialogue, line)
        if reply.note:
            view.note(reply.note)
        if reply.question is not None:
            _answer(runner, dialogue, reply.question, view)
    except KeyboardInterrupt:  # of one who does not wait for the end of an answer, or of a command
        settle(runner)
        view.note("stopped at once" + "; nothing of the answer is kept" * (reply.question is not None))
        return True
    return not reply.ends


def _reader(*, is_plain: bool, remembers: bool) -> Callable[[], str]:
    if is_plain or not is_rich_terminal():
        return plain_reader()
    folder = user_folder(os.environ) if remembers else None
    summaries = {name: command.summary for name, command in COMMANDS.items()}
    try:
        return editing_reader(
            summaries, [*profiles(os.environ), *model_names(os.environ)], folder and folder / "history"
        )
    except ModuleNotFoundError as error:
        complain(
            f"dragoman: {error.name} is missing, so messages are read line by line; run: pip install 'dragoman[cli]'"
        )
        return plain_reader()


def _line(read: Callable[[], str], view: AnswerView) -> str | None:
    """Return the next line that is not blank, ``None`` if the user leaves; Ctrl-C discards what is typed."""
    while True:
        try:
            if line := read().strip():
                return line
        except EOFError:
            return None
        except KeyboardInterrupt:
            view.note("Ctrl-D or /quit leaves")
        except click.UsageError as error:
            complain(f"dragoman: {error.message}")


def _reply(dialogue: Dialogue, line: str) -> Reply:
    """Return what a line leads to; an error is printed."""
    if not line.startswith("/") or line.startswith("//"):
        return Reply(question=dialogue.question(line.removeprefix("/")))
    try:
        return run_command(dialogue, line)
    except DragomanError as error:
        to_click_error(error, CONVERSATION).show()
    except click.UsageError as error:
        complain(f"dragoman: {error.message}")
    return Reply()


def _answer(runner: asyncio.Runner, dialogue: Dialogue, question: Message, view: AnswerView) -> None:
    """Ask a question, show the answer and what is said about it, and keep both."""
    outcome = _asked(runner, dialogue, dialogue.request(question), view)
    while outcome.response is not None and outcome.run is not None and outcome.run.pending:
        try:
            run = dialogue.toolbox.decided(outcome.run)
        except click.Abort:
            outcome = evolve(outcome, response=None)
            break
        following = _asked(runner, dialogue, run, view)
        outcome = evolve(following, seconds=outcome.seconds + following.seconds)
    replaces = dialogue.has(question)
    is_kept = bool(outcome.answers) and (outcome.response is not None or not replaces)
    _tell(outcome, view, "what came is kept" if is_kept else "the answer before is kept" if replaces else "")
    if is_kept:
        keep(dialogue, question, *outcome.answers)


def _asked(runner: asyncio.Runner, dialogue: Dialogue, messages: list[Message] | Run[Any], view: AnswerView) -> Outcome:
    return run(ask(dialogue.llm, messages, view, **dialogue.arguments()), runner)


def _tell(outcome: Outcome, view: AnswerView, kept: str) -> None:
    """Print what is said about an answer."""
    if outcome.error is not None:
        to_click_error(outcome.error, CONVERSATION).show()
        view.note("/retry asks again")
    elif outcome.response is None:
        view.note(f"stopped after {outcome.seconds:.1f} s" + f"; {kept}" * bool(kept))
    else:
        if cut := cut_note(outcome.response):
            view.note(cut)
        view.note(status_line(outcome, outcome.response))
