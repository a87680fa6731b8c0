"""The group of all commands: ours by name, those of plugins only when one is asked for."""

from __future__ import annotations

import importlib
from typing import Any

import click

from dragoman.cli.trouble import Trouble, one_line

_COMMANDS = {
    "chat": "dragoman.cli.chat:chat",
    "why": "dragoman.cli.inspect:why",
    "plugins": "dragoman.cli.inspect:plugins",
}


class LazyGroup(click.Group):
    """Import a command when it is run, and a plugin's command only if no other has its name."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return our own commands: help touches no plugin."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return a command by name."""
        target = _COMMANDS.get(cmd_name) or _of_plugins(cmd_name)
        return None if target is None else _load(target)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; whatever it raises of ours becomes one line and a hint."""
        from dragoman.errors import DragomanError  # noqa: PLC0415  # after --help

        try:
            return super().invoke(ctx)
        except DragomanError as error:
            raise Trouble(error) from None
        except KeyboardInterrupt:
            click.echo(err=True)
            ctx.exit(130)


def _of_plugins(name: str) -> str | None:
    from dragoman.plugins import installed  # noqa: PLC0415  # only for a name that is not ours

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


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dragoman")
def dragoman() -> None:
    """Talk to language models: one protocol, every provider a plugin."""
