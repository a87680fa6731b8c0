"""Reading messages in a terminal: with history, several lines and completion, or plainly line by line."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dragoman.cli import text_io
from dragoman.cli.terminal import complain, unfiltered
from dragoman.cli.typed_ahead import typed_ahead
from dragoman.cli.waiting import echoed, read_line

if TYPE_CHECKING:
    from prompt_toolkit.completion import CompleteEvent, Completer, Completion
    from prompt_toolkit.document import Document
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

_PROMPT = "> "


def plain_reader() -> Callable[[], str]:
    """Return a reader of single lines, for terminals without control sequences, and without prompt_toolkit."""

    def read() -> str:
        click.echo(_PROMPT, nl=False)
        try:
            with echoed():
                return text_io.typed(text_io.decoded(read_line()))
        except (EOFError, KeyboardInterrupt):
            print()  # noqa: T201  # leaves the line of the prompt
            raise

    return read


def editing_reader(commands: Mapping[str, str], models: Iterable[str], history: Path | None) -> Callable[[], str]:
    """Return a reader with history, editing over several lines, and completion of commands.

    Args:
        commands: the commands with what each does.
        models: what ``/model`` is completed with.
        history: the file of the history; ``None`` to remember it in this process only.

    Raises:
        ModuleNotFoundError: if prompt_toolkit is not installed.

    """
    from prompt_toolkit import PromptSession  # noqa: PLC0415  # an optional dependency, only for conversations
    from prompt_toolkit.history import FileHistory, InMemoryHistory  # noqa: PLC0415  # the same
    from prompt_toolkit.input import create_input  # noqa: PLC0415  # the same
    from prompt_toolkit.input.typeahead import get_typeahead  # noqa: PLC0415  # the same
    from prompt_toolkit.output import create_output  # noqa: PLC0415  # the same
    from prompt_toolkit.validation import Validator  # noqa: PLC0415  # the same

    history = history if history is not None and _is_writable(history) else None
    text_io.accept_every_character()
    session: PromptSession[str] = PromptSession(
        multiline=True,
        prompt_continuation=". ",
        history=InMemoryHistory() if history is None else FileHistory(str(history)),
        completer=completer(commands, tuple(models)),
        complete_while_typing=True,
        key_bindings=_keys(),
        validator=Validator.from_callable(text_io.is_text, "this holds bytes that are not characters"),
        validate_while_typing=False,
        input=create_input(sys.stdin),
        output=create_output(stdout=unfiltered(sys.stdout)),
        enable_open_in_editor="EDITOR" in os.environ,
        enable_suspend=True,
        reserve_space_for_menu=6,
    )
    get_typeahead(session.input)  # of a conversation before this one in the same process

    def read() -> str:
        with typed_ahead(session.input):
            return session.prompt(_PROMPT)

    return read


def _is_writable(history: Path) -> bool:
    """Return whether the file of the history, which is made, can be used; it is reported if not."""
    try:
        history.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        history.touch(mode=0o600)
        history.open("ab").close()
    except OSError as error:
        complain(f"dragoman: what is typed is not remembered: {history} cannot be written: {error.strerror}")
        return False
    return True


def _keys() -> KeyBindings:
    """Return the keys: Enter sends; Alt-Enter, or Ctrl-J, begins a new line."""
    from prompt_toolkit.key_binding import KeyBindings  # noqa: PLC0415  # an optional dependency

    keys = KeyBindings()

    def send(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    def new_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    keys.add("enter")(send)
    keys.add("escape", "enter")(new_line)
    keys.add("c-j")(new_line)
    return keys


def completer(commands: Mapping[str, str], models: tuple[str, ...]) -> Completer:
    """Return what completes commands, names of models and paths.

    Args:
        commands: the commands with what each does.
        models: what ``/model`` is completed with.

    """
    from prompt_toolkit.completion import Completer, Completion, PathCompleter  # noqa: PLC0415  # an optional dependency
    from prompt_toolkit.document import Document  # noqa: PLC0415  # the same

    paths = PathCompleter(expanduser=True)

    class CommandCompleter(Completer):
        """Complete commands, and what follows them."""

        def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
            text = document.text_before_cursor
            command, space, argument = text.partition(" ")
            if not text.startswith("/") or "\n" in text:
                return
            if not space:
                for name, summary in commands.items():
                    if name.startswith(command):
                        yield Completion(name, -len(command), display_meta=summary)
            elif command == "/model":
                yield from (Completion(each, -len(argument)) for each in models if each.startswith(argument))
            elif command in {"/attach", "/save"}:
                yield from paths.get_completions(Document(argument), complete_event)

    return CommandCompleter()
