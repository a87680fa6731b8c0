"""``dragoman new-provider``: begin a provider of one's own, complete and tested."""

from __future__ import annotations

from pathlib import Path

import click

from dragoman.scaffold import ProjectName, kind_of, kinds, write_project


class _NewProvider(click.Command):
    """List the kinds when help is asked for: installed distributions bring some."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # the signature of click
        with formatter.section("Kinds"):
            formatter.write_dl([(kind.name, kind.purpose) for kind in kinds().values()])


@click.command(cls=_NewProvider)
@click.argument("name")
@click.option("-k", "--kind", required=True, metavar="KIND", help="What it is like; the kinds are listed below.")
@click.option(
    "-o",
    "--output",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="The folder that gets the project's folder; by default, the one you are in.",
)
def new_provider(name: str, kind: str, output: Path) -> None:
    """Write the project of a new provider: ./dragoman-NAME, typed, tested and ready to be published."""
    chosen = kind_of(kind)
    target = write_project(ProjectName.of(name), chosen, output)
    place = target if target.is_absolute() else f"./{target}"
    click.echo(f"{target} is {chosen.purpose}, for you to change. Try it:")
    click.echo(f'  pip install --editable {place} "dragoman[testing]"\n  pytest {place}')
