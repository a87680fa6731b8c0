"""The group of all commands. A module is imported only when its command is run."""

from __future__ import annotations

import importlib
import os
import stat
import sys
import warnings
from typing import TYPE_CHECKING, Any

import click
from click.exceptions import Exit

from dragoman.cli import INTERRUPTED, EndsAtInterrupt
from dragoman.cli.default_command import DefaultGroup
from dragoman.cli.error_messages import on_one_line, one_line, to_click_error
from dragoman.cli.terminal import columns, complain, terminal_output
from dragoman.spec.errors import DragomanError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from click.shell_completion import CompletionItem

_COMMANDS = {
    "chat": ("dragoman.cli.chat:chat", "Ask a model and print its answer, or converse with it."),
    "complete": ("dragoman.cli.complete:complete", "Let a model continue a text."),
    "embed": ("dragoman.cli.embed:embed", "Turn texts into vectors."),
    "models": ("dragoman.cli.models:models", "List the models of the installed providers."),
    "keys": ("dragoman.cli.keys:keys", "Keep keys in a file that only you can read."),
    "logs": ("dragoman.cli.logs:logs", "Look at the conversations that were held."),
    "config": ("dragoman.cli.config:config", "Show the configuration, and where each value comes from."),
    "why": ("dragoman.cli.inspect:why", "Show which provider serves a model, and why."),
    "plugins": ("dragoman.cli.inspect:plugins", "List the installed plugins without importing them."),
    "doctor": ("dragoman.cli.doctor:doctor", "Check the installed plugins, and suggest how to fix the problems."),
    "new-provider": ("dragoman.cli.scaffold:new_provider", "Create the project of a new provider."),
}
"""The built-in commands: the function and a one-line summary, so that ``--help`` imports none of them."""

_NARROW = 52
"""Columns of a terminal below which click would not fit the help to it."""
_EPILOG = """\b
Examples:
  dragoman "What is a dragoman?"
  dragoman chat
  dragoman COMMAND --help

Without a command, a text of several words, options, or what is piped are those of chat. 'dgm' is a short name of
'dragoman'.

Without a model, the embedded echo answers. Exit codes: 0 success, 1 a call failed, 2 a wrong use, 130 an interrupt.
"""


class LazyGroup(DefaultGroup):
    """Import a command when it is run. Built-in commands take precedence over commands of plugins."""

    default = "chat"
    runs_alone = False

    def meant(self, ctx: click.Context, args: Sequence[str]) -> str | None:
        """Return that a question is asked where the first argument is a text of several words, or one is piped."""
        if not args:
            return self.default if _is_piped() and not ctx.resilient_parsing else None
        return self.default if len(args[0].split()) > 1 else super().meant(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # signature defined by click
        """Return the built-in commands, without looking for plugins."""
        return list(_COMMANDS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # signature defined by click
        """Write the list of built-in commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in _COMMANDS.items()])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # signature defined by click
        """Return a command by name."""
        target = _COMMANDS[cmd_name][0] if cmd_name in _COMMANDS else _plugin_command(cmd_name)
        return None if target is None else _load(target)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the commands and options that begin with *incomplete*; only those of chat are imported for it."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415  # only a shell that completes needs it

        told = ((name, summary) for name, (_, summary) in _COMMANDS.items())
        found = [CompletionItem(name, help=summary) for name, summary in told if name.startswith(incomplete)]
        own = click.Command.shell_complete(self, ctx, incomplete)
        return [*found, *own, *self.options_meant(ctx, incomplete)]

    def meant_by(self, ctx: click.Context, name: str) -> str:
        """Return what is said of a command that is none: what is meant, or how it is asked as a question."""
        from dragoman.cli.names_elsewhere import COMMANDS, meant_by  # noqa: PLC0415  # only errors need it

        asked = f" '{ctx.info_name} chat {name}' asks a model." if name.isalnum() else ""
        return meant_by(name, COMMANDS) or super().meant_by(ctx, name) or asked

    def main(self, *args: Any, **settings: Any) -> Any:
        """Run the command line with its output filtered for the terminal."""
        if not settings.get("standalone_mode", True):
            return super().main(*args, **settings)  # the caller handles the errors
        with terminal_output():
            width = columns()
            if width is not None and width < _NARROW:
                settings.setdefault("terminal_width", width - 1)
            return super().main(*args, **settings)

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Read the arguments before the command; an error in them is shown as one line."""
        try:
            return super().make_context(*args, **extra)
        except click.ClickException as error:
            raise on_one_line(error) from None
        except KeyboardInterrupt:
            raise Exit(INTERRUPTED) from None

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; an exception or a warning of Dragoman is shown as one line."""
        try:
            with warnings.catch_warnings():
                warnings.showwarning = _show
                return super().invoke(ctx)
        except DragomanError as error:
            raise to_click_error(error, ctx.invoked_subcommand) from None
        except click.ClickException as error:
            raise on_one_line(error, f"{ctx.command_path} {ctx.invoked_subcommand}") from None
        except (KeyboardInterrupt, click.Abort):
            ctx.exit(INTERRUPTED)


def _is_piped() -> bool:
    """Return whether standard input is what a program wrote or a file holds: a device may never end."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (OSError, ValueError, AttributeError):  # it is closed, or no file
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode)


def _show(message: Warning | str, *_: Any, **__: Any) -> None:
    complain(f"dragoman: warning: {message}")


def _plugin_command(name: str) -> str | None:
    from dragoman.plugins.registry import installed  # noqa: PLC0415  # only needed for a command that is not built in

    return next((command.target for command in installed().commands() if command.name == name), None)


def _load(target: str) -> click.Command:
    module, _, attribute = target.partition(":")
    try:
        with EndsAtInterrupt():
            command = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        message = f"the command {target} cannot be loaded: {one_line(error)}"
        raise click.ClickException(message) from None
    if not isinstance(command, click.Command):
        message = f"the command {target} is a {type(command).__name__}, not a click command"
        raise click.ClickException(message)
    return command


@click.group(cls=LazyGroup, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "color": False})
@click.version_option(package_name="dragoman")
def dragoman() -> None:
    """Talk to language models: one protocol, every provider a plugin."""
