"""Groups of which one command is meant where none is named, so that what is done most often is short to type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class DefaultGroup(click.Group):
    """Run the command :attr:`default` where the first argument is an option of its own, or none is given."""

    default: str = ""
    runs_alone: bool = True
    """Whether the command runs without any arguments; the help is shown otherwise."""

    def meant(self, ctx: click.Context, args: Sequence[str]) -> str | None:
        """Return the command that *args* are for although they do not name it, ``None`` if they name one."""
        if not args:
            return self.default if self.runs_alone and not ctx.resilient_parsing else None
        own = {name for parameter in self.get_params(ctx) for name in (*parameter.opts, *parameter.secondary_opts)}
        return self.default if args[0].startswith("-") and args[0] not in own else None

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments, with the name of the command before them that they leave out."""
        meant = self.meant(ctx, args)
        return super().parse_args(ctx, args if meant is None else [meant, *args])

    def meant_by(self, ctx: click.Context, name: str) -> str:
        """Return what is said after the error for *name*, which is no command: a sentence with a space before it."""
        from dragoman.spec.nearest_name import suggestion  # noqa: PLC0415  # only errors need it

        near = suggestion(name, self.list_commands(ctx))
        return f" {near[:1].upper()}{near[1:]}" if near else ""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that *args* name; the error for an unknown one says which is meant."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            raise click.UsageError(error.message + self.meant_by(ctx, args[0]), ctx=error.ctx) from None

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the commands and options that begin with *incomplete*, those of the command that is meant too."""
        return [*super().shell_complete(ctx, incomplete), *self.options_meant(ctx, incomplete)]

    def options_meant(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the options of the command that is meant where none is named; its module is imported for them."""
        command = self.get_command(ctx, self.default) if incomplete.startswith("-") else None
        if command is None:
            return []
        own = {name for parameter in self.get_params(ctx) for name in (*parameter.opts, *parameter.secondary_opts)}
        inner = click.Context(command, parent=ctx, info_name=self.default, resilient_parsing=True)
        return [each for each in command.shell_complete(inner, incomplete) if each.value not in own]
