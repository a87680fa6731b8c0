"""``dragoman new-provider``: begin a provider of one's own, complete and tested."""

from __future__ import annotations

from pathlib import Path

import click

from dragoman.scaffold import KINDS, ProjectName, write_project

_KINDS = "; ".join(f"{kind}: {words}" for kind, words in KINDS.items())


@click.command()
@click.argument("name")
@click.option("-k", "--kind", type=click.Choice(list(KINDS)), required=True, help=f"What it is like. {_KINDS}.")
@click.option(
    "-o",
    "--output",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="The folder that gets the project's folder; by default, the one you are in.",
)
def new_provider(name: str, kind: str, output: Path) -> None:
    """Write the project of a new provider: ./dragoman-NAME, typed, tested and ready to be published."""
    target = write_project(ProjectName.of(name), kind, output)
    place = target if target.is_absolute() else f"./{target}"
    click.echo(f"{target} is {KINDS[kind]}, for you to change. Try it:")
    click.echo(f'  pip install --editable {place} "dragoman[testing]"\n  pytest {place}')
