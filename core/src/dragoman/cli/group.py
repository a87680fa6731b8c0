"""The group of all commands: ours by name, those of plugins only when one is asked for."""

from __future__ import annotations

import importlib
from typing import Any

import click

from dragoman.cli.screen import screen
from dragoman.cli.trouble import one_line, trouble
from dragoman.spec.errors import DragomanError

_COMMANDS = {
    "chat": ("dragoman.cli.chat:chat", "Ask a model and print its answer."),
    "why": ("dragoman.cli.inspect:why", "Show which provider serves MODEL, and why."),
    "plugins": ("dragoman.cli.inspect:plugins", "List the installed plugins, importing none."),
    "doctor": ("dragoman.cli.doctor:doctor", "Tell what is wrong with the installed plugins, and how to mend it."),
    "new-provider": ("dragoman.cli.scaffold:new_provider", "Write the project of a new provider."),
}
"""Our own commands: where they are, and what they do in one line, so that help imports none."""


class LazyGroup(click.Group):
    """Import a command when it is run, and a plugin's command only if no other has its name."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's
        """Return our own commands: help touches no plugin."""
        return list(_COMMANDS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's
        """Write the list of our own commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in _COMMANDS.items()])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's
        """Return a command by name."""
        target = _COMMANDS[cmd_name][0] if cmd_name in _COMMANDS else _of_plugins(cmd_name)
        return None if target is None else _load(target)

    def main(self, *args: Any, **settings: Any) -> Any:
        """Run the command line, all that it writes filtered for the terminal."""
        if not settings.get("standalone_mode", True):
            return super().main(*args, **settings)  # whoever asks for that shows the errors
        with screen():
            return super().main(*args, **settings)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; whatever it raises of ours becomes one line and a hint."""
        try:
            return super().invoke(ctx)
        except DragomanError as error:
            raise trouble(error) from None
        except KeyboardInterrupt:
            ctx.exit(130)


def _of_plugins(name: str) -> str | None:
    from dragoman.plugins.registry import installed  # noqa: PLC0415  # only for a name that is not ours

    return next((command.target for command in installed().commands() if command.name == name), None)


def _load(target: str) -> click.Command:
    module, _, attribute = target.partition(":")
    try:
        command = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        message = f"the command {target} cannot be loaded: {one_line(error)}"
        raise click.ClickException(message) from None
    if not isinstance(command, click.Command):
        message = f"the command {target} is {type(command).__name__}, no click command"
        raise click.ClickException(message)
    return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "color": False})
@click.version_option(package_name="dragoman")
def dragoman() -> None:
    """Talk to language models: one protocol, every provider a plugin."""
