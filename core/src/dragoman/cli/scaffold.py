"""``dragoman new-provider``: create the project of a new provider from a template."""

from __future__ import annotations

from pathlib import Path

import click

from dragoman.cli.terminal import wrapped
from dragoman.scaffold import ProjectName, kind_of, kinds, write_project


class _NewProvider(click.Command):
    """List the kinds in the help text only, since finding them reads the installed distributions."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # signature defined by click
        with formatter.section("Kinds"):
            formatter.write_dl([(kind.name, kind.purpose) for kind in kinds().values()])
        with formatter.section("Example"):
            formatter.write_text("dragoman new-provider acme --kind dialect")


class _KindName(click.types.StringParamType):
    """List the kinds if none is given."""

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None = None) -> str:  # noqa: ARG002  # signature defined by click
        return f"The kinds are {', '.join(kinds())}."


@click.command(cls=_NewProvider)
@click.argument("name")
@click.option(
    "-k",
    "--kind",
    type=_KindName(),
    required=True,
    metavar="KIND",
    help="The template to start from, one of the kinds below.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="The folder to create the project in; default: the current folder.",
)
def new_provider(name: str, kind: str, output: Path) -> None:
    """Create the project of a new provider in ./dragoman-NAME: typed, tested and ready to publish."""
    chosen = kind_of(kind)
    target = write_project(ProjectName.of(name), chosen, output)
    path = target if target.is_absolute() else f"./{target}"
    click.echo(wrapped(f"Created {target}, a provider for {chosen.purpose}. Install and test it:", 0))
    click.echo(f'  pip install --editable {path} "dragoman[testing]"\n  pytest {path}')
